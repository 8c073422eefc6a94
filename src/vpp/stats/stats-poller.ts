/**
 * Owns the polling of VPP's counters for the life of the appliance: attaches, reads every interval, and every
 * second while someone watches or a worker seems to be stalled; attaches again after a failure, when the counters stop,
 * or on notice that VPP was restarted. Keeps the history of its reads.
 *
 * Invariants: at most one timer, one read and one attachment attempt at a time; a read leaves the event loop free; the
 * latest snapshot is always kept and always has its age, from a monotonic clock; nothing throws out
 * of a timer.
 */
import { StatsError } from './errors.ts';
import { StatsHistory } from './history.ts';
import { type FilterNames, ruleHits } from './rule-hits.ts';
import { makeSnapshot, type StatsSnapshot } from './snapshot.ts';
import { Standstill } from './standstill.ts';
import { type AttachOptions, StatsClient } from './stats-client.ts';
import { reasonOf } from '../../linux/mod.ts';

const ATTACH_TIMEOUT_MS = 2000;
/** Delay between two attempts to attach. */
const ATTACH_RETRY_MS = 1000;
/** Interval of the reads while someone watches. */
const WATCH_INTERVAL_MS = 1000;
/** Interval of the reads while VPP changes the structure. */
const UNSTABLE_RETRY_MS = 20;
/** Consecutive failed reads before the poller reattaches. */
const MAX_FAILURES = 5;
/**
 * VPP updates its heartbeat every 10 s by default (`statseg { update-interval }`): three missed ones mean it stopped.
 */
const FROZEN_AFTER_MS = 30_000;

/** The state of the poller, with a reason where it is not healthy. Times are Unix milliseconds. */
export type StatsStatus =
  | { readonly state: 'idle'; readonly reason: string }
  | {
      readonly state: 'attaching';
      readonly since: number;
      readonly attempts: number;
      readonly reason: string;
    }
  | {
      readonly state: 'fresh';
      readonly since: number;
      readonly ageSeconds: number;
      /** Worker threads that are stalled while they have queues to poll: `vpp_wk_0`. */
      readonly stalledWorkers: readonly string[];
    }
  | {
      /** Figures are old: VPP's counters stopped, or the last reads failed. */
      readonly state: 'stale';
      readonly since: number;
      readonly ageSeconds: number;
      readonly reason: string;
    };

/** Counts since the poller was made. */
export interface StatsReads {
  readonly polls: number;
  readonly failures: number;
  /** Reads repeated because VPP changed the structure meanwhile. */
  readonly retries: number;
  readonly attachments: number;
  /** Duration of the last successful read, including the event loop's turns in between, in milliseconds. */
  readonly lastReadMs?: number;
}

export interface LatestStats {
  readonly snapshot: StatsSnapshot;
  /** When it was read, Unix milliseconds. */
  readonly at: number;
  readonly ageSeconds: number;
}

/** Called with each snapshot; must not throw. */
export type SnapshotListener = (latest: LatestStats) => void;

export interface StatsPollerOptions {
  readonly socketPath: string;
  readonly intervalMs: number;
  /**
   * Names of interfaces by sw_if_index, where they are not VPP's own: the segment has the name that an interface was
   * made with (interface/stats.c). The same map for as long as they are the same.
   */
  readonly interfaceNames?: () => ReadonlyMap<number, string>;
  /** The filters of the configuration, by VPP's number. */
  readonly filterNames?: () => ReadonlyMap<number, FilterNames>;
  /** Called at every change of state (not for a growing age). */
  readonly onStatus?: (status: StatsStatus) => void;
  /** Time without a heartbeat after which the counters count as stopped. */
  readonly frozenAfterMs?: number;
  readonly attachRetryMs?: number;
}

type Phase =
  | { readonly state: 'idle'; readonly reason: string }
  | {
      readonly state: 'attaching';
      readonly since: number;
      readonly attempts: number;
      readonly reason: string;
      readonly abort: AbortController;
    }
  | {
      readonly state: 'attached';
      readonly since: number;
      readonly client: StatsClient;
      /** Whether this segment was read yet: before that, the figures are those of another one. */
      readonly wasRead: boolean;
      /** Consecutive failed reads, and the reason of the last one. */
      readonly failures: number;
      readonly reason: string;
      /** Retries of the client already counted. */
      readonly countedRetries: number;
    };

export class StatsPoller implements Disposable {
  /** Rates of the last minutes. */
  readonly history: StatsHistory;
  readonly #options: StatsPollerOptions;
  readonly #watchers = new Set<{ readonly listener: SnapshotListener | undefined }>();
  #isReading = false;
  #lastReadMs: number | undefined;
  #intervalMs: number;
  #phase: Phase = { state: 'idle', reason: 'not started' };
  #timer: NodeJS.Timeout | undefined;
  #replacing: AbortController | undefined;
  #latest: { readonly snapshot: StatsSnapshot; readonly at: number; readonly clockMs: number } | undefined;
  #pulse = { heartbeat: -1, bootTime: -1, movedAtMs: 0 };
  #standstill = new Standstill();
  #reads = { polls: 0, failures: 0, retries: 0, attachments: 0 };
  /** Kept, since those who write figures keep what they made of the names. */
  #renamed:
    | {
        readonly names: readonly string[];
        readonly given: ReadonlyMap<number, string>;
        readonly renamed: readonly string[];
      }
    | undefined;
  #reported = '';
  #disposed = false;

  constructor(options: StatsPollerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
    this.history = new StatsHistory(options.intervalMs);
  }

  /** Begins to attach and poll; without effect when already started. */
  start(): void {
    if (this.#phase.state === 'idle') this.reattach();
  }

  /** Drops the segment and reattaches at once: VPP was (re)started. */
  reattach(): void {
    if (this.#disposed) return;
    this.#leave();
    this.#pulse = { heartbeat: -1, bootTime: -1, movedAtMs: performance.now() };
    this.#standstill = new Standstill();
    this.#beginAttaching('connecting for the first time since VPP started');
  }

  /** Drops the segment until `reattach` or `start`: VPP is not running. The latest figures stay, with their age. */
  detach(reason: string): void {
    if (this.#disposed) return;
    this.#leave();
    this.#enter({ state: 'idle', reason });
  }

  /** Reads now instead of at the end of the interval, when a segment is attached. */
  pollNow(): void {
    if (this.#phase.state === 'attached') void this.#poll();
  }

  /**
   * Reads every second, beginning now, until the returned object is disposed: someone watches. `listener` gets each
   * snapshot as it is read.
   */
  watch(listener?: SnapshotListener): Disposable {
    const watcher = { listener };
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1 && this.#intervalMs > WATCH_INTERVAL_MS) this.pollNow();
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /** Changes the interval: reads now when a segment is attached, and then every `intervalMs`. */
  setInterval(intervalMs: number): void {
    if (this.#intervalMs === intervalMs) return;
    this.#intervalMs = intervalMs;
    this.history.setCoarseInterval(intervalMs);
    this.pollNow();
  }

  /** The last snapshot read, of any age. */
  get latest(): LatestStats | undefined {
    const latest = this.#latest;
    return latest && { snapshot: latest.snapshot, at: latest.at, ageSeconds: ageSeconds(latest.clockMs) };
  }

  get reads(): StatsReads {
    return {
      ...this.#reads,
      ...(this.#lastReadMs === undefined ? {} : { lastReadMs: this.#lastReadMs }),
    };
  }

  get status(): StatsStatus {
    const phase = this.#phase;
    switch (phase.state) {
      case 'idle':
        return { state: 'idle', reason: phase.reason };
      case 'attaching':
        return { state: 'attaching', since: phase.since, attempts: phase.attempts, reason: phase.reason };
      case 'attached': {
        const { since } = phase;
        const age = this.#latest ? ageSeconds(this.#latest.clockMs) : 0;
        if (phase.failures > 0) {
          return { state: 'stale', since, ageSeconds: age, reason: `the last read failed: ${phase.reason}` };
        }
        if (!phase.wasRead) {
          return { state: 'attaching', since, attempts: 0, reason: 'reading for the first time' };
        }
        if (this.#isFrozen()) {
          const still = Math.round(ageSeconds(this.#pulse.movedAtMs));
          const reason = `VPP has not updated its counters for ${still} s`;
          return { state: 'stale', since, ageSeconds: still, reason };
        }
        const stalledWorkers = this.#standstill.workers.map((worker) => `vpp_wk_${worker}`);
        return { state: 'fresh', since, ageSeconds: age, stalledWorkers };
      }
    }
  }

  /** Stops everything; idempotent. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#leave();
    this.#phase = { state: 'idle', reason: 'stopped' };
    this.#disposed = true;
  }

  #beginAttaching(reason: string): void {
    const since = Date.now();
    this.#enter({ state: 'attaching', since, attempts: 0, reason, abort: new AbortController() });
    void this.#attach();
  }

  /** One attempt; schedules the next when it fails. Never rejects. */
  async #attach(): Promise<void> {
    const phase = this.#phase;
    if (phase.state !== 'attaching') return;
    const { signal } = phase.abort;
    const options: AttachOptions = { timeoutMs: ATTACH_TIMEOUT_MS, signal };
    try {
      const client = await StatsClient.attach(this.#options.socketPath, options);
      if (signal.aborted) {
        client[Symbol.dispose]();
        return;
      }
      this.#reads.attachments++;
      // not reported: the first read shows whether it is fresh
      this.#phase = {
        state: 'attached',
        since: Date.now(),
        client,
        wasRead: false,
        failures: 0,
        reason: '',
        countedRetries: 0,
      };
      void this.#poll();
    } catch (error) {
      if (signal.aborted) return;
      const reason = reasonOf(error);
      this.#enter({ ...phase, attempts: phase.attempts + 1, reason });
      this.#schedule(this.#options.attachRetryMs ?? ATTACH_RETRY_MS, () => void this.#attach());
    }
  }

  /** One read; schedules the next. Never rejects. */
  async #poll(): Promise<void> {
    const began = this.#phase;
    if (began.state !== 'attached' || this.#isReading) return;
    const { client } = began;
    this.#reads.polls++;
    this.#isReading = true;
    const beganMs = performance.now();
    const outcome = await client.readSnapshotInSlices().then(
      (snapshot) => ({ snapshot }),
      (error: unknown) => ({ error }),
    );
    this.#isReading = false;
    const phase = this.#phase;
    if (phase.state !== 'attached') return;
    if (phase.client !== client) {
      // reattached meanwhile, and this read made the new attachment's first read fail as busy
      this.#schedule(0, () => void this.#poll());
      return;
    }
    if ('snapshot' in outcome) {
      this.#lastReadMs = performance.now() - beganMs;
      this.#take(this.#rename(outcome.snapshot), phase);
    } else this.#fail(outcome.error, phase);
  }

  #take(snapshot: StatsSnapshot, phase: Phase & { state: 'attached' }): void {
    const at = Date.now();
    this.#latest = { snapshot, at, clockMs: performance.now() };
    this.#checkHeartbeat(snapshot);
    this.#standstill.observe(snapshot.system, performance.now());
    this.history.record(snapshot, at);
    const countedRetries = this.#countRetries(phase);
    this.#enter({ ...phase, wasRead: true, failures: 0, reason: '', countedRetries });
    for (const { listener } of this.#watchers) listener?.({ snapshot, at, ageSeconds: 0 });
    if (this.#isFrozen()) void this.#replace();
    else this.#scheduleNext();
  }

  /** Gives interfaces and filters the names that they have in the configuration. */
  #rename(snapshot: StatsSnapshot): StatsSnapshot {
    const given = this.#options.interfaceNames?.();
    const filters = this.#options.filterNames?.();
    const { epoch, nodeTable, errorTable, system, bufferPools, memory, acls, natSessions } = snapshot;
    return makeSnapshot({
      ...{ epoch, nodeTable, errorTable, system, bufferPools, memory, acls, natSessions },
      interfaceTable: this.#renameInterfaces(snapshot, given),
      ruleHits: filters === undefined ? [] : ruleHits(acls, filters),
    });
  }

  #renameInterfaces(
    { interfaceTable }: StatsSnapshot,
    given: ReadonlyMap<number, string> | undefined,
  ): StatsSnapshot['interfaceTable'] {
    if (given === undefined || given.size === 0) return interfaceTable;
    const { names, indexes } = interfaceTable;
    const last = this.#renamed;
    if (last?.names !== names || last.given !== given) {
      const renamed = names.map((name, row) => given.get(indexes[row] ?? -1) ?? name);
      this.#renamed = { names, given, renamed };
    }
    return { ...interfaceTable, names: this.#renamed?.renamed ?? names };
  }

  #fail(error: unknown, phase: Phase & { state: 'attached' }): void {
    this.#reads.failures++;
    const failures = phase.failures + 1;
    const reason = reasonOf(error);
    this.#enter({ ...phase, failures, reason, countedRetries: this.#countRetries(phase) });
    const isPassing = error instanceof StatsError && error.code === 'unstable';
    if (failures >= MAX_FAILURES) {
      this.#leave();
      this.#beginAttaching(`attaching again after ${failures} failed reads: ${reason}`);
    } else {
      const soon = Math.min(ATTACH_RETRY_MS, this.#intervalMs);
      this.#schedule(isPassing ? UNSTABLE_RETRY_MS * failures : soon, () => void this.#poll());
    }
  }

  /** The counters stopped: another VPP may listen on the socket by now. Then continues polling. Never rejects. */
  async #replace(): Promise<void> {
    if (this.#replacing) return;
    const abort = new AbortController();
    this.#replacing = abort;
    clearTimeout(this.#timer);
    try {
      const options = { timeoutMs: ATTACH_TIMEOUT_MS, signal: abort.signal };
      const client = await StatsClient.attach(this.#options.socketPath, options);
      const phase = this.#phase;
      if (abort.signal.aborted || phase.state !== 'attached') {
        client[Symbol.dispose]();
        return;
      }
      phase.client[Symbol.dispose]();
      this.#reads.attachments++;
      this.#phase = { ...phase, client, countedRetries: 0 };
    } catch {
      // nothing listens: the status already reports the stopped counters, and the next poll tries again
    }
    if (abort.signal.aborted) return;
    this.#replacing = undefined;
    this.#scheduleNext();
  }

  #checkHeartbeat(snapshot: StatsSnapshot): void {
    const { heartbeat, bootTime } = snapshot.system;
    if (heartbeat === this.#pulse.heartbeat && bootTime === this.#pulse.bootTime) return;
    this.#pulse = { heartbeat, bootTime, movedAtMs: performance.now() };
  }

  #isFrozen(): boolean {
    const limit = this.#options.frozenAfterMs ?? FROZEN_AFTER_MS;
    return this.#pulse.heartbeat >= 0 && performance.now() - this.#pulse.movedAtMs > limit;
  }

  #countRetries(phase: Phase & { state: 'attached' }): number {
    this.#reads.retries += phase.client.retries - phase.countedRetries;
    return phase.client.retries;
  }

  #scheduleNext(): void {
    const isSoon = this.#watchers.size > 0 || this.#standstill.isSuspected;
    const delayMs = isSoon ? Math.min(WATCH_INTERVAL_MS, this.#intervalMs) : this.#intervalMs;
    this.#schedule(delayMs, () => void this.#poll());
  }

  #schedule(delayMs: number, task: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(task, delayMs);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#replacing?.abort();
    this.#replacing = undefined;
    if (this.#phase.state === 'attaching') this.#phase.abort.abort();
    if (this.#phase.state === 'attached') this.#phase.client[Symbol.dispose]();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    const { status } = this;
    const detail = status.state === 'fresh' ? status.stalledWorkers.join(' ') : status.reason;
    const text = `${status.state} ${status.state === 'stale' ? '' : detail}`;
    if (text === this.#reported) return;
    this.#reported = text;
    this.#options.onStatus?.(status);
  }
}

function ageSeconds(clockMs: number): number {
  return Math.max(0, (performance.now() - clockMs) / 1000);
}
