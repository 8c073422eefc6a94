/** Owns the counts of what the HTTP server did, kept without the metrics library. */

export class HttpCounters {
  /** Answers by status code. */
  readonly requests = new Map<number, number>();
  /** Connections refused because there were too many, in all or from one peer. */
  refused = 0;
  /** Responses cut off because the client was too slow, or gone. */
  aborted = 0;

  countRequest(code: number): void {
    this.requests.set(code, (this.requests.get(code) ?? 0) + 1);
  }
}
