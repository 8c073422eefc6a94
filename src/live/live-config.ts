/**
 * The configuration while the appliance runs: changed over HTTP, confirmed, reverted, reloaded from its file.
 *
 * Invariants: one change at a time; the file is written at a confirmation only, so that a power cut or a restart
 * before it comes up with the previous configuration; when a configuration that was put is not confirmed in time, the
 * last confirmed one is restored; what one part refuses is undone in all parts. `running` is what is really in force of
 * each configuration: all of it but what waits for a restart of VPP.
 */
import {
  type ChangePlan,
  type ConfigChange,
  formatPlan,
  type VppStep,
  formatProblem,
  inForceAfter,
  isEmptyPlan,
  type MachineFacts,
  machineProblems,
  parseConfig,
  planChange,
} from '../config/mod.ts';
import type { Config, ConfigProblem } from '../config/types.ts';
import { type Appliers, ConfigApplier } from './change-appliers.ts';
import type { ConfigChangeStatus } from './status.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { plural } from '../report/mod.ts';
import { CodedError, reasonOf } from '../linux/mod.ts';

export type { Appliers } from './change-appliers.ts';

/** The same limit as in `readConfigFile`. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Subject of the boot's condition for a rejected file. */
const FILE_SUBJECT = 'config';
const SUBJECT = 'config-change';
const PENDING_SUBJECT = 'config-pending';

export type LiveConfigErrorCode =
  /** Another change is in progress. */
  | 'busy'
  /** A part refused the change, which was reverted. */
  | 'failed'
  /** Nothing to confirm: it was reverted already. */
  | 'not-waiting'
  /** The file could not be written. */
  | 'io'
  /** The appliance is shutting down. */
  | 'stopped';

export class LiveConfigError extends CodedError<LiveConfigErrorCode> {
  override readonly name = 'LiveConfigError';
}

export interface ChangeOptions {
  /** Only returns what would change. */
  readonly dryRun: boolean;
  /** Restarts VPP when the change needs it. */
  readonly restartVpp: boolean;
}

export interface LiveConfigOptions {
  /** The text in force at the start. Empty: the defaults. */
  readonly text: string;
  readonly config: Config;
  /** Whether `text` is the file's; false when the file was rejected and another configuration is in force. */
  readonly isFile: boolean;
  /** Name of the file in messages. */
  readonly path: string;
  /** Reads the current file; throws with the reason. */
  readonly readFile: () => Uint8Array;
  /** Replaces the file as a whole. */
  readonly writeFile: (text: string) => Promise<void>;
  readonly appliers: Appliers;
  readonly logger: Logger;
  readonly conditions: Conditions;
  /** The steps of VPP to another configuration; undefined while it is not connected. */
  readonly preview?: (next: Config) => Promise<readonly VppStep[] | undefined>;
  /** Facts of this machine, for warnings. */
  readonly facts?: () => MachineFacts;
  /** Called when another configuration is in force, with its effective part and its warnings. */
  readonly onInForce?: (running: Config, warnings: readonly ConfigProblem[]) => void;
}

/** A configuration as read, and its effective part. */
interface Version {
  readonly text: string;
  readonly config: Config;
  readonly running: Config;
  /** What waits for a restart of VPP, one line a step. */
  readonly pending: readonly string[];
  readonly warnings: readonly ConfigProblem[];
}

/** A text that was parsed and validated. */
type Read = Pick<Version, 'text' | 'config' | 'warnings'>;
type Rejected = Extract<ConfigChange, { result: 'rejected' }>;

type State =
  | { readonly state: 'confirmed' }
  | {
      readonly state: 'waiting';
      readonly confirmBefore: number;
      readonly seconds: number;
      readonly plan: ChangePlan;
      readonly timer: NodeJS.Timeout;
    }
  | { readonly state: 'reverted'; readonly at: number; readonly reason: string }
  | { readonly state: 'stopped' };

export class LiveConfig implements Disposable {
  readonly #options: LiveConfigOptions;
  #now: Version;
  /** The version restored when a change is not confirmed. */
  #confirmed: Version;
  #isFile: boolean;
  readonly #applier: ConfigApplier;
  #state: State = { state: 'confirmed' };
  #working: { readonly what: string; readonly done: Promise<unknown> } | undefined;

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#applier = new ConfigApplier(options.appliers);
    const { text, config, isFile } = options;
    this.#now = { text, config, running: config, pending: [], warnings: [] };
    this.#confirmed = this.#now;
    this.#isFile = isFile;
  }

  /** The text in force. */
  current(): string {
    return this.#now.text;
  }

  get status(): ConfigChangeStatus {
    const { pending } = this.#now;
    const state = this.#state;
    switch (state.state) {
      case 'waiting': {
        const { confirmBefore, plan } = state;
        return { state: 'waiting', confirmBefore, plan, pending };
      }
      case 'reverted':
        return { ...state, pending };
      case 'confirmed':
      case 'stopped':
        return { state: 'confirmed', pending };
    }
  }

  /**
   * Applies a text, which is reverted unless it is confirmed within `update.confirm-timeout` of the new configuration.
   * Replaces another one that waits; a revert restores the last confirmed one in any case. Rejects with LiveConfigError
   * `busy`, `failed`, `stopped`.
   */
  async put(text: string, { dryRun, restartVpp }: ChangeOptions): Promise<ConfigChange> {
    if (dryRun) return this.#plan(text);
    return this.#exclusive('a new configuration', async () => {
      const next = this.#read(text);
      if ('result' in next) return next;
      const before = this.#now;
      const done = await this.#take(next, restartVpp);
      if (done.result === 'unchanged') return done;
      const isFirst = before === this.#confirmed;
      const isTaken = isFirst ? stepsOf(done.plan) > this.#now.pending.length : this.#isMoved();
      if (this.#isFile && this.#now.text === this.#confirmed.text && !isTaken) {
        this.#settle();
        return done;
      }
      // Against the version to restore, not against an unconfirmed one that was replaced.
      const whole = isFirst ? done.plan : planChange(this.#confirmed.running, this.#now.config);
      return { ...done, confirmBefore: this.#wait(isEmptyPlan(whole) ? done.plan : whole) };
    });
  }

  /** Saves the configuration in force to the file. Rejects with LiveConfigError `busy`, `io`, `not-waiting`, `stopped`. */
  async confirm(): Promise<ConfigChange> {
    return this.#exclusive('a confirmation', async () => {
      const state = this.#state;
      if (state.state === 'reverted') {
        throw new LiveConfigError('not-waiting', `cannot confirm the configuration: ${state.reason}`);
      }
      if (state.state !== 'waiting') return { result: 'unchanged' };
      try {
        await this.#options.writeFile(this.#now.text);
      } catch (error) {
        const left = Math.max(0, Math.round((state.confirmBefore - Date.now()) / 1000));
        const words = `cannot save the configuration: ${reasonOf(error)}; it stays in force for ${left} s`;
        throw new LiveConfigError('io', words, { cause: error });
      }
      this.#isFile = true;
      this.#settle();
      this.#options.logger.info('config', `confirmed: ${this.#options.path} was written`);
      return { result: 'applied', plan: state.plan, pendingRestart: this.#now.pending.length > 0 };
    });
  }

  /**
   * Applies the current file without a confirmation, since its author requests it. Discards a change that waits for its
   * confirmation. Rejects with LiveConfigError `busy`, `failed`, `stopped`.
   */
  async reload({ dryRun, restartVpp }: ChangeOptions): Promise<ConfigChange> {
    const { path, readFile } = this.#options;
    let file: Uint8Array;
    try {
      file = readFile();
    } catch (error) {
      const refusal = rejected(`cannot read ${path}: ${reasonOf(error)}`);
      if (!dryRun) this.#reportRejection(refusal.problems);
      return refusal;
    }
    if (dryRun) return this.#plan(file);
    return this.#exclusive('a reload', async () => {
      const next = this.#read(file);
      if ('result' in next) {
        this.#reportRejection(next.problems);
        return next;
      }
      const done = await this.#take(next, restartVpp);
      this.#isFile = true;
      this.#settle();
      return done;
    });
  }

  /** Accepts no further change and reverts none: an unconfirmed change ends with this process. */
  [Symbol.dispose](): void {
    if (this.#state.state === 'waiting') clearTimeout(this.#state.timer);
    this.#state = { state: 'stopped' };
  }

  async #plan(source: string | Uint8Array): Promise<ConfigChange> {
    const next = this.#read(source);
    if ('result' in next) return next;
    const plan = planChange(this.#now.running, next.config);
    if (next.text === this.#now.text && isEmptyPlan(plan)) return { result: 'unchanged' };
    // What needs a restart of VPP is not among its steps.
    const running = inForceAfter(this.#now.running, next.config, { restartVpp: false });
    const steps = running.vpp.enabled ? await this.#options.preview?.(running).catch(() => undefined) : [];
    const vpp = steps ?? 'not connected';
    return { result: 'planned', plan, vpp, ...withWarnings(next.warnings) };
  }

  /** Parses and validates a text. */
  #read(source: string | Uint8Array): Read | Rejected {
    const { path, facts } = this.#options;
    const bytes = Buffer.byteLength(source);
    if (bytes > MAX_TEXT_BYTES) {
      return rejected(`the configuration has ${bytes} bytes: expected at most ${MAX_TEXT_BYTES}`);
    }
    const parsed = parseConfig(source, path);
    if (!parsed.ok) return { result: 'rejected', problems: parsed.problems };
    const machine = facts === undefined ? [] : machineProblems(parsed.config, facts());
    // As at the boot: a byte order mark is not part of the text.
    const text =
      typeof source === 'string' ? source.replace(/^\ufeff/, '') : new TextDecoder().decode(source);
    return { text, config: parsed.config, warnings: [...parsed.warnings, ...machine] };
  }

  /** Reports a rejected file in the log and as a condition, since a signal has no reply. */
  #reportRejection(problems: readonly ConfigProblem[]): void {
    const { path, logger, conditions } = this.#options;
    for (const problem of problems) logger.error('config', formatProblem(path, problem));
    const errors = problems.filter(({ severity }) => severity === 'error');
    const first = errors[0] === undefined ? '' : `, the first: ${formatProblem(path, errors[0])}`;
    const count = plural(errors.length, 'mistake');
    conditions.set(
      'error',
      FILE_SUBJECT,
      `${path} has ${count}${first}; the previous configuration stays in force`,
    );
  }

  /** Applies a version to all parts and puts it in force; a failure restores the previous version. */
  async #take(
    next: Read,
    restartVpp: boolean,
  ): Promise<Extract<ConfigChange, { result: 'unchanged' | 'applied' }>> {
    const before = this.#now;
    const plan = planChange(before.running, next.config);
    if (next.text === before.text && isEmptyPlan(plan) && this.#isFile) return { result: 'unchanged' };
    const running = inForceAfter(before.running, next.config, { restartVpp });
    for (const line of formatPlan(plan)) this.#options.logger.info('config', line);
    const failure = await this.#applier.change({ plan, restartVpp, from: before.running, to: running });
    if (failure !== undefined) {
      throw new LiveConfigError('failed', `cannot change the configuration: ${failure}`);
    }
    const pending = restartVpp ? [] : formatPlan({ ...plan, steps: [] });
    this.#enter({ ...next, running, pending });
    return { result: 'applied', plan, pendingRestart: pending.length > 0, ...withWarnings(next.warnings) };
  }

  /** Whether the configuration in force differs from the one a restart would use. */
  #isMoved(): boolean {
    return !isEmptyPlan(planChange(this.#confirmed.running, this.#now.running));
  }

  #enter(version: Version): void {
    this.#now = version;
    const { conditions, onInForce } = this.#options;
    onInForce?.(version.running, version.warnings);
    if (version.pending.length === 0) conditions.clear(PENDING_SUBJECT);
    else conditions.set('info', PENDING_SUBJECT, version.pending.join('; '));
  }

  /** Begins to wait for the confirmation; returns the deadline. */
  #wait(plan: ChangePlan): number {
    if (this.#state.state === 'stopped') throw stopped();
    if (this.#state.state === 'waiting') clearTimeout(this.#state.timer);
    const seconds = this.#now.config.update.confirmTimeoutSeconds;
    const confirmBefore = Date.now() + seconds * 1000;
    const timer = setTimeout(() => void this.#revert(), seconds * 1000);
    timer.unref();
    this.#state = { state: 'waiting', confirmBefore, seconds, plan, timer };
    const words = `a new configuration is in force: unless it is confirmed within ${seconds} s, the previous one is restored`;
    this.#options.conditions.set('warning', SUBJECT, words);
    return confirmBefore;
  }

  /** Makes the version in force the confirmed one. */
  #settle(): void {
    if (this.#state.state === 'stopped') return;
    if (this.#state.state === 'waiting') clearTimeout(this.#state.timer);
    this.#confirmed = this.#now;
    this.#state = { state: 'confirmed' };
    for (const subject of [SUBJECT, FILE_SUBJECT]) this.#options.conditions.clear(subject);
  }

  /** Reverts a change that was not confirmed in time. Never rejects. */
  async #revert(): Promise<void> {
    // A confirmation that is being written counts; a change made meanwhile has its own deadline.
    const due = this.#state;
    while (this.#working !== undefined) await this.#working.done.catch(() => {});
    if (due.state !== 'waiting' || this.#state !== due) return;
    const { conditions } = this.#options;
    try {
      await this.#exclusive('a revert', async () => {
        const [from, to] = [this.#now.running, this.#confirmed.running];
        const plan = planChange(from, to);
        const failure = await this.#applier.restore({ plan, restartVpp: true, from, to });
        const words = `the new configuration was not confirmed within ${due.seconds} s`;
        const reason =
          failure === undefined
            ? `${words}: the previous configuration was restored`
            : `${words}, and the previous configuration was not restored completely: ${failure}`;
        if (this.#state !== due) return;
        this.#state = { state: 'reverted', at: Date.now(), reason };
        conditions.set(failure === undefined ? 'warning' : 'error', SUBJECT, reason);
        this.#enter(this.#confirmed);
      });
    } catch (error) {
      conditions.set(
        'error',
        SUBJECT,
        `cannot revert to the last confirmed configuration: ${reasonOf(error)}`,
      );
    }
  }

  async #exclusive<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#state.state === 'stopped') throw stopped();
    if (this.#working !== undefined) {
      const words = `cannot begin ${what}: ${this.#working.what} is in progress`;
      throw new LiveConfigError('busy', words);
    }
    const done = work();
    const working = { what, done };
    this.#working = working;
    try {
      return await done;
    } finally {
      if (this.#working === working) this.#working = undefined;
    }
  }
}

function rejected(message: string): Rejected {
  return { result: 'rejected', problems: [{ severity: 'error', line: 0, leaf: 'file', message }] };
}

function stepsOf({ steps, restart }: ChangePlan): number {
  return steps.length + restart.length;
}

function withWarnings(warnings: readonly ConfigProblem[]): { warnings?: readonly ConfigProblem[] } {
  return warnings.length === 0 ? {} : { warnings };
}

function stopped(): LiveConfigError {
  return new LiveConfigError('stopped', 'cannot change the configuration: the appliance is shutting down');
}
