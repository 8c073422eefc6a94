/**
 * One supervised program: its successive lives, last output, state and restarts.
 *
 * Invariants: at most one life at a time; `status` changes only here; after `stop()` has resolved, no known process of the
 * group is left. The same code runs as PID 1 and under `appliance run`.
 */
import type { RestartRule, SupervisorConfig } from '../config/types.ts';
import { type ProcessExit, reasonOf } from '../linux/mod.ts';
import type { Service as ServiceReport, ServiceStatus } from './status.ts';
import { LogRing, type LogSeverity, type ServiceCrash, type Logger } from '../log/mod.ts';
import { type Command, Life, type ProcessEnd } from './life.ts';
import { type LifeEnd, type NextStart, RestartPolicy } from './restart-policy.ts';

/** Lines of output in a status report; `log()` has the whole ring. */
const REPORTED_LINES = 20;
/** Lines of output kept as evidence of a crash. */
const EVIDENCE_LINES = 200;

export interface ServiceOptions {
  readonly name: string;
  readonly policy: SupervisorConfig;
  /** Default `always`. */
  readonly restart?: RestartRule;
  readonly logger: Logger;
  /**
   * Prepares one start and returns what to run; a rejection counts as a failed start with its message as the reason.
   * Reports what it waits for by `onWait`.
   */
  readonly prepare: (signal: AbortSignal, onWait: (reason: string) => void) => Promise<Command>;
  /** The child was started. The signal aborts at its end. */
  readonly onStarted?: (pid: number, life: AbortSignal) => void;
  /** The child has ended, or could not be started. Awaited before the next start. */
  readonly onEnded?: (exit: LifeEnd) => Promise<void> | void;
  /** `loopAfter` consecutive short lives: awaited, so that a fallback is up before the wait begins. */
  readonly onLooping?: (reason: string) => Promise<void> | void;
  /** Explains an end from its last lines; undefined when nothing is known. */
  readonly explainExit?: (end: {
    code: number | null;
    signal: string | null;
    lastLines: string[];
  }) => string | undefined;
  /** Called after each change of `status`. */
  readonly onStatus?: (status: ServiceStatus) => void;
  /** Wraps the synchronous call that spawns: sets what the child inherits (limits, namespaces). */
  readonly aroundSpawn?: <T>(spawn: () => T) => T;
  /** The process ended without a request. Not awaited: the next start does not wait for evidence. */
  readonly onCrash?: (crash: ServiceCrash) => Promise<unknown> | void;
  /**
   * A process survived SIGKILL: the kernel or the hardware hangs. Called once per process; `ended` resolves if it ends
   * after all.
   */
  readonly onUnkillable?: (pid: number, ended: Promise<void>) => void;
}

interface Ending extends LifeEnd {
  /** Anything but exit code 0. */
  readonly isFailure: boolean;
}

export class Service {
  readonly name: string;
  readonly #options: ServiceOptions;
  readonly #ring = new LogRing();
  readonly #policy: RestartPolicy;
  #restart: RestartRule;
  #lastEnding: Ending | undefined;
  /** One series of lives: aborted by `pause` and `stop`. */
  #run = new AbortController();
  #isStopped = false;
  #status: ServiceStatus;
  #starts = 0;
  #lastExit: ProcessExit | undefined;
  /** The process, while it runs. */
  #life: Life | undefined;
  /** Why the process is being ended as a failure. */
  #abortReason: string | undefined;
  /** The series of lives, while it lasts. */
  #done: Promise<void> | undefined;
  /** The current attempt, including its preparation. */
  #attempt: Promise<unknown> | undefined;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#restart = options.restart ?? 'always';
    this.#status = { state: 'stopped', reason: 'not started yet', since: Date.now() };
    this.#policy = new RestartPolicy(options.policy, (end, next) => this.#awaitNext(end, next));
  }

  get status(): ServiceStatus {
    return this.#status;
  }

  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /** Number of starts after the first. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** All kept output, oldest first. */
  log(): { at: number; line: string }[] {
    return this.#ring.tail();
  }

  report(): ServiceReport {
    return {
      name: this.name,
      status: this.#status,
      restarts: this.restarts,
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
      lastOutput: this.#ring.tail(REPORTED_LINES),
    };
  }

  /** Begins to run and restart the process, also after a `pause`; returns at once. No effect after `stop`. */
  start(): void {
    if (this.#isStopped || this.#done !== undefined) return;
    this.#run = new AbortController();
    const { signal } = this.#run;
    const done = this.#policy
      .run(() => {
        const attempt = this.#live(signal);
        this.#attempt = attempt;
        return attempt;
      }, signal)
      .then(() => {
        // The last life is over: `start` may begin again.
        if (this.#done === done && !signal.aborted) this.#done = undefined;
      });
    this.#done = done;
  }

  /** Sets the restart times, in force from the next wait; a wait in progress is not changed. */
  setPolicy(policy: SupervisorConfig): void {
    this.#policy.config = policy;
  }

  /** Sets the restart rule; a service that has ended and would have been restarted by this rule is started. */
  setRestart(rule: RestartRule): void {
    if (rule === this.#restart) return;
    this.#restart = rule;
    const end = this.#lastEnding;
    if (end !== undefined && this.#done === undefined && !this.#isLast(end)) this.start();
  }

  /** Starts a looping service at once. */
  retryNow(): void {
    this.#policy.retryNow();
  }

  /**
   * Ends a hung process as a failure with this reason: by SIGABRT, then by SIGKILL when it has not ended in time.
   * No effect on a process that is being ended.
   */
  async abort(reason: string): Promise<void> {
    const life = this.#life;
    if (life === undefined || this.#status.state !== 'running') return;
    this.#abortReason = reason;
    this.#setStatus({ state: 'stopping', pid: life.pid, since: Date.now(), reason });
    await life.abort();
  }

  /** Ends the process and all restarts for good: SIGTERM repeated, SIGKILL after 5 s. Resolves when it has ended. */
  async stop(reason = 'stopped on request'): Promise<void> {
    this.#isStopped = true;
    await this.#halt(reason);
  }

  /** As `stop`, but `start` may be called again. Resolves when a running preparation has ended as well. */
  async pause(reason: string): Promise<void> {
    await this.#halt(reason);
    // It rejects or resolves at its end.
    await Promise.allSettled([this.#attempt]);
    this.#done = undefined;
  }

  async #halt(reason: string): Promise<void> {
    const life = this.#life;
    if (life !== undefined) this.#setStatus({ state: 'stopping', pid: life.pid, since: Date.now(), reason });
    this.#run.abort(new Error(reason));
    await life?.terminate();
    await this.#done;
    this.#setStatus({ state: 'stopped', reason, since: Date.now() });
  }

  async #awaitNext({ reason }: LifeEnd, { failures, delayMs, isLooping }: NextStart): Promise<void> {
    const { logger, onLooping } = this.#options;
    const since = Date.now();
    const state = isLooping ? 'looping' : 'backoff';
    this.#setStatus({ state, reason, since, nextTryAt: since + delayMs, failures });
    const delay = `${delayMs / 1000} s`;
    if (!isLooping) {
      logger.warning(this.name, `${reason}; next start in ${delay}`);
      return;
    }
    const stable = `${this.#policy.config.stableMs / 1000} s`;
    logger.error(
      this.name,
      `looping: ${failures} starts in a row lasted less than ${stable} (${reason}); retried every ${delay}`,
    );
    await onLooping?.(reason);
  }

  #setStatus(status: ServiceStatus): void {
    this.#status = status;
    this.#options.onStatus?.(status);
  }

  async #live(signal: AbortSignal): Promise<LifeEnd> {
    this.#starts += 1;
    const since = Date.now();
    this.#setStatus({ state: 'starting', since });
    let end: Ending;
    try {
      const command = await this.#options.prepare(signal, (reason) =>
        this.#setStatus({ state: 'starting', since, reason }),
      );
      signal.throwIfAborted();
      end = await this.#runChild(command);
    } catch (error) {
      end = { reason: reasonOf(error), livedMs: 0, isFailure: true };
      if (!signal.aborted) this.#note('error', `could not be started: ${end.reason}`);
    }
    try {
      await this.#options.onEnded?.(end);
    } catch (error) {
      this.#options.logger.error(this.name, `cannot clean up after its end: ${String(error)}`);
    }
    this.#lastEnding = end;
    if (signal.aborted || !this.#isLast(end)) return end;
    const reason = `${end.reason}; not restarted (restart = ${this.#restart})`;
    this.#setStatus({ state: 'stopped', reason, since: Date.now() });
    this.#options.logger[end.isFailure ? 'warning' : 'info'](this.name, reason);
    return { ...end, isLast: true };
  }

  #isLast({ isFailure }: Ending): boolean {
    return this.#restart === 'never' || (this.#restart === 'on-failure' && !isFailure);
  }

  async #runChild(command: Command): Promise<Ending> {
    const { name } = this;
    const { logger, aroundSpawn, onStarted, onUnkillable } = this.#options;
    this.#abortReason = undefined;
    const life = await Life.spawn(command, {
      aroundSpawn,
      onOutput: (text) => {
        for (const line of this.#ring.write(text)) this.#output(line);
      },
      onStubborn: (severity, words) => logger[severity](name, words),
      onUnkillable: (pid, ended) => onUnkillable?.(pid, ended),
    });
    const { pid } = life;
    this.#life = life;
    const isOver = new AbortController();
    this.#setStatus({ state: 'running', pid, since: Date.now() });
    logger.info(name, `started ${command.file} as pid ${pid}`);
    logger.note?.(name, 'info', `started as pid ${pid}`);
    onStarted?.(pid, isOver.signal);
    const end = await life.ended;
    isOver.abort();
    this.#life = undefined;
    return this.#account(pid, end);
  }

  /** Records the exit of a life, and its evidence when the end was not requested. */
  #account(pid: number, { code, signal, livedMs }: ProcessEnd): Ending {
    const rest = this.#ring.flush();
    if (rest !== undefined) this.#output(rest);
    const how = signal === null ? `exited with code ${code ?? 0}` : `killed by ${signal}`;
    const lastLines = this.#ring.tail(REPORTED_LINES).map(({ line }) => line);
    const why = this.#abortReason ?? this.#options.explainExit?.({ code, signal, lastLines });
    const reason = `${how} after ${(livedMs / 1000).toFixed(1)} s${why === undefined ? '' : `: ${why}`}`;
    const evidence = this.#ring.tail(EVIDENCE_LINES);
    const wasAsked = this.#run.signal.aborted;
    this.#note(wasAsked ? 'info' : 'error', reason);
    this.#lastExit = {
      at: Date.now(),
      pid,
      ...(signal === null ? { code: code ?? 0 } : { signal }),
      lifeMs: Math.round(livedMs),
      reason,
    };
    if (!wasAsked) this.#reportCrash(this.#lastExit, evidence);
    return { reason, livedMs, isFailure: code !== 0 };
  }

  /** Logs a line that the process wrote. */
  #output(line: string): void {
    const { logger } = this.#options;
    if (logger.output === undefined) logger.info(this.name, line);
    else logger.output(this.name, line);
  }

  /** Logs a line about the process, among its own lines. */
  #note(severity: LogSeverity, line: string): void {
    this.#ring.push(line);
    this.#options.logger.note?.(this.name, severity, line);
  }

  #reportCrash(exit: ProcessExit, lastLines: ServiceCrash['lastLines']): void {
    // Started in a promise, so that a synchronous throw of the callback is caught as well.
    Promise.resolve({ service: this.name, exit, lastLines })
      .then((crash) => this.#options.onCrash?.(crash))
      .catch((error: unknown) =>
        this.#options.logger.error(this.name, `cannot keep the evidence of its crash: ${String(error)}`),
      );
  }
}
