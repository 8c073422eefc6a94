/**
 * The verdict on this run: assesses a snapshot each second until all conditions hold at once.
 *
 *   waiting → good     all conditions hold
 *   waiting → failed   on trial and the deadline passed
 *   good → waiting     `lookAgain` (the configuration was changed)
 *
 * Owns its timer. Time is monotonic: the wall clock jumps when the time server answers, during a trial.
 */
import type { UpdateConfig } from '../config/types.ts';
import { assess, evidenceOf, type TrialCondition, type TrialSnapshot } from './conditions.ts';
import type { Evidence } from './evidence.ts';
import { reasonOf } from '../linux/mod.ts';
import type { Timestamp } from '../report/mod.ts';

export type Verdict =
  | { readonly state: 'waiting'; readonly since: Timestamp; readonly conditions: readonly TrialCondition[] }
  | { readonly state: 'good'; readonly at: Timestamp; readonly conditions: readonly TrialCondition[] }
  | {
      readonly state: 'failed';
      readonly at: Timestamp;
      readonly reason: string;
      readonly conditions: readonly TrialCondition[];
    };

const INTERVAL_MS = 1_000;
/** After this long without a verdict, one check per LATER_INTERVAL_MS is enough. */
const IMPATIENCE_MS = 600_000;
const LATER_INTERVAL_MS = 10_000;

export interface VerdictOptions {
  readonly version: string;
  readonly onTrial: boolean;
  readonly evidence: Evidence | undefined;
  readonly settings: () => UpdateConfig;
  /** The appliance's current state; called each second, so cheap. An error it throws is a failed condition. */
  readonly snapshot: () => TrialSnapshot;
  /** The verdict was reached. Called once per verdict. */
  readonly onGood: (evidence: Evidence) => void;
}

export class VerdictWatch {
  readonly #options: VerdictOptions;
  #verdict: Verdict = { state: 'waiting', since: Date.now(), conditions: [] };
  #evidence: Evidence | undefined;
  #waitingSinceMs = performance.now();
  #stable: { readonly life: string; readonly sinceMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: VerdictOptions) {
    this.#options = options;
    this.#evidence = options.evidence;
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  start(): void {
    this.#look();
  }

  /** Starts over, for a changed configuration that is to be kept. No effect on a failed verdict. */
  lookAgain(): void {
    if (this.#verdict.state === 'failed') return;
    this.#verdict = { state: 'waiting', since: Date.now(), conditions: [] };
    this.#waitingSinceMs = performance.now();
    // It must be stable again: the change may break it.
    this.#stable = undefined;
    this.#look();
  }

  /** The deadline passed: returns what is missing; undefined when the verdict was already reached. */
  fail(timeoutSeconds: number): string | undefined {
    if (this.#verdict.state === 'good') return undefined;
    if (this.#verdict.state === 'failed') return this.#verdict.reason;
    const { conditions } = this.#verdict;
    const missing = conditions.filter(({ ok }) => !ok).map(({ name, words }) => `${name}: ${words}`);
    const why = missing.length === 0 ? 'no assessment yet' : missing.join('; ');
    const reason = `no verdict within ${timeoutSeconds} s: ${why}`;
    this.#verdict = { state: 'failed', at: Date.now(), reason, conditions };
    this[Symbol.dispose]();
    return reason;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#verdict.state !== 'waiting') return;
    const nowMs = performance.now();
    let snapshot: TrialSnapshot | undefined;
    let conditions: TrialCondition[];
    try {
      snapshot = this.#options.snapshot();
      conditions = assess({
        snapshot,
        evidence: this.#evidence,
        settings: this.#options.settings(),
        onTrial: this.#options.onTrial,
        stableMs: this.#stableFor(snapshot, nowMs),
      });
    } catch (error) {
      const words = `unknown: ${reasonOf(error)}`;
      conditions = [{ name: 'configuration', ok: false, words }];
    }
    if (snapshot !== undefined && conditions.every(({ ok }) => ok)) {
      this.#verdict = { state: 'good', at: Date.now(), conditions };
      this.#evidence = evidenceOf(snapshot, this.#options.version, Date.now());
      this.#options.onGood(this.#evidence);
      return;
    }
    this.#verdict = { ...this.#verdict, conditions };
    const isLate = nowMs - this.#waitingSinceMs > IMPATIENCE_MS;
    this.#timer = setTimeout(() => this.#look(), isLate ? LATER_INTERVAL_MS : INTERVAL_MS);
  }

  #stableFor({ vpp }: TrialSnapshot, nowMs: number): number {
    if (vpp.state === 'down') {
      this.#stable = undefined;
      return 0;
    }
    const life = vpp.state === 'connected' ? vpp.life : 'the kernel';
    if (this.#stable?.life !== life) this.#stable = { life, sinceMs: nowMs };
    return nowMs - this.#stable.sinceMs;
  }
}
