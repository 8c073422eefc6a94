/** Owns the counters of requests to VPP, over all connections: their round trips and timeouts. */

/** Upper bounds of the buckets: from a request to an idle VPP to the longest usual timeout. */
const BOUNDS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Round trips by bucket, the last for those above every bound. */
export interface ApiTraffic {
  readonly boundsSeconds: readonly number[];
  readonly counts: readonly number[];
  readonly sumSeconds: number;
  readonly timeouts: number;
  /** Requests pending now, including those of bulk channels. */
  readonly inFlight: number;
}

export class TrafficCounter {
  readonly #counts = new Float64Array(BOUNDS_SECONDS.length + 1);
  #sumSeconds = 0;
  #timeouts = 0;

  countAnswer(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < BOUNDS_SECONDS.length && seconds > (BOUNDS_SECONDS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  countTimeout(): void {
    this.#timeouts++;
  }

  read(inFlight: number): ApiTraffic {
    return {
      boundsSeconds: BOUNDS_SECONDS,
      counts: Array.from(this.#counts),
      sumSeconds: this.#sumSeconds,
      timeouts: this.#timeouts,
      inFlight,
    };
  }
}
