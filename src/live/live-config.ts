/**
 * The configuration while the appliance runs: put over HTTP, confirmed, taken back, read again from its file.
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
  formatProblem,
  inForceAfter,
  isEmptyPlan,
  type MachineFacts,
  machineProblems,
  parseConfig,
  planChange,
} from '../config/mod.ts';
import type { Config, ConfigProblem } from '../config/types.ts';
import { type Appliers, Mover } from './change-appliers.ts';
import type { ConfigChangeStatus } from './status.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { reasonOf } from '../linux/mod.ts';

export type { Appliers } from './change-appliers.ts';

/** As `readConfigFile` bounds the file. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** As the boot states a file that was refused. */
const FILE_SUBJECT = 'config';
const SUBJECT = 'config-change';
const PENDING_SUBJECT = 'config-pending';

export type LiveConfigErrorCode =
  /** Another change is under way. */
  | 'busy'
  /** A part refused the change, which was taken back. */
  | 'failed'
  /** There is nothing to confirm: it was taken back already. */
  | 'not-waiting'
  /** The file could not be written. */
  | 'io'
  /** The appliance stops. */
  | 'stopped';

export class LiveConfigError extends Error {
  readonly code: LiveConfigErrorCode;

  constructor(code: LiveConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LiveConfigError';
    this.code = code;
  }
}

export interface ChangeOptions {
  /** Only says what would change. */
  readonly dryRun: boolean;
  /** VPP is restarted when something of the change needs it. */
  readonly restartVpp: boolean;
}

export interface LiveConfigOptions {
  /** What is in force at the start. Empty text: the defaults. */
  readonly text: string;
  readonly config: Config;
  /** Whether `text` is what the file has; not so when the file was refused and another one is in force. */
  readonly isFile: boolean;
  /** Name of the file in messages. */
  readonly path: string;
  /** The file as it is now; throws with the reason. */
  readonly readFile: () => Uint8Array;
  /** Replaces the file as a whole. */
  readonly writeFile: (text: string) => Promise<void>;
  readonly appliers: Appliers;
  readonly logger: Logger;
  readonly conditions: Conditions;
  /** This machine's, for warnings. */
  readonly facts?: () => MachineFacts;
  /** Another configuration is in force: what runs of it, and the warnings about it. */
  readonly onInForce?: (running: Config, warnings: readonly ConfigProblem[]) => void;
}

/** A configuration as it was read, and what of it is in force. */
interface Version {
  readonly text: string;
  readonly config: Config;
  readonly running: Config;
  /** What waits for a restart of VPP, one line a step. */
  readonly pending: readonly string[];
  readonly warnings: readonly ConfigProblem[];
}

/** A text that was read and judged. */
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
  /** What a change that is not confirmed goes back to. */
  #confirmed: Version;
  #isFile: boolean;
  readonly #mover: Mover;
  #state: State = { state: 'confirmed' };
  #working: { readonly what: string; readonly done: Promise<unknown> } | undefined;

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#mover = new Mover(options.appliers);
    const { text, config, isFile } = options;
    this.#now = { text, config, running: config, pending: [], warnings: [] };
    this.#confirmed = this.#now;
    this.#isFile = isFile;
  }

  /** The text in force. */
  current(): string {
    return this.#now.text;
  }

  /** The last text that was confirmed or read from the file: what a restart comes up with. */
  confirmed(): string {
    return this.#confirmed.text;
  }

  /** Unix milliseconds before which the configuration in force wants its confirmation; undefined: it needs none. */
  confirmBefore(): number | undefined {
    return this.#state.state === 'waiting' ? this.#state.confirmBefore : undefined;
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
   * Takes a text into force until it is confirmed, or else for `update.confirm-timeout` of the new configuration.
   * Another one that waits is replaced; the way back leads to the last confirmed one all the same. Rejects with
   * LiveConfigError `busy`, `failed`, `stopped`.
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
      // Against what it would go back to, not against one that waited before and was replaced.
      const whole = isFirst ? done.plan : planChange(this.#confirmed.running, this.#now.config);
      return { ...done, confirmBefore: this.#wait(isEmptyPlan(whole) ? done.plan : whole) };
    });
  }

  /** Keeps what is in force: writes it to the file. Rejects with LiveConfigError `busy`, `io`, `not-waiting`, `stopped`. */
  async confirm(): Promise<ConfigChange> {
    return this.#exclusive('a confirmation', async () => {
      const state = this.#state;
      if (state.state === 'reverted') {
        throw new LiveConfigError('not-waiting', `could not confirm the configuration: ${state.reason}`);
      }
      if (state.state !== 'waiting') return { result: 'unchanged' };
      try {
        await this.#options.writeFile(this.#now.text);
      } catch (error) {
        const left = Math.max(0, Math.round((state.confirmBefore - Date.now()) / 1000));
        const words = `could not keep the configuration: ${reasonOf(error)}; it is in force for ${left} s more`;
        throw new LiveConfigError('io', words, { cause: error });
      }
      this.#isFile = true;
      this.#settle();
      this.#options.logger.info('config', `confirmed: ${this.#options.path} was written`);
      return { result: 'applied', plan: state.plan, pendingRestart: this.#now.pending.length > 0 };
    });
  }

  /**
   * Takes the file into force as it is now, without a confirmation: its author asks for it. One that waits for a
   * confirmation is given up. Rejects with LiveConfigError `busy`, `failed`, `stopped`.
   */
  async reload({ dryRun, restartVpp }: ChangeOptions): Promise<ConfigChange> {
    const { path, readFile } = this.#options;
    let file: Uint8Array;
    try {
      file = readFile();
    } catch (error) {
      const refusal = rejected(`could not read ${path}: ${reasonOf(error)}`);
      if (!dryRun) this.#stateRefusal(refusal.problems);
      return refusal;
    }
    if (dryRun) return this.#plan(file);
    return this.#exclusive('a reload', async () => {
      const next = this.#read(file);
      if ('result' in next) {
        this.#stateRefusal(next.problems);
        return next;
      }
      const done = await this.#take(next, restartVpp);
      this.#isFile = true;
      this.#settle();
      return done;
    });
  }

  /** Takes no change any more, and takes none back: what waits is gone with the end of this process. */
  [Symbol.dispose](): void {
    if (this.#state.state === 'waiting') clearTimeout(this.#state.timer);
    this.#state = { state: 'stopped' };
  }

  #plan(source: string | Uint8Array): ConfigChange {
    const next = this.#read(source);
    if ('result' in next) return next;
    const plan = planChange(this.#now.running, next.config);
    if (next.text === this.#now.text && isEmptyPlan(plan)) return { result: 'unchanged' };
    return { result: 'planned', plan, ...withWarnings(next.warnings) };
  }

  /** Reads and judges a text. */
  #read(source: string | Uint8Array): Read | Rejected {
    const { path, facts } = this.#options;
    const bytes = Buffer.byteLength(source);
    if (bytes > MAX_TEXT_BYTES) {
      return rejected(`${bytes} bytes: a configuration has at most ${MAX_TEXT_BYTES}`);
    }
    const parsed = parseConfig(source, path);
    if (!parsed.ok) return { result: 'rejected', problems: parsed.problems };
    const machine = facts === undefined ? [] : machineProblems(parsed.config, facts());
    // As the file is read at the boot: a byte order mark is no part of the text.
    const text =
      typeof source === 'string' ? source.replace(/^\ufeff/, '') : new TextDecoder().decode(source);
    return { text, config: parsed.config, warnings: [...parsed.warnings, ...machine] };
  }

  /** The file is wrong: reported where its author looks, since a signal has no answer. */
  #stateRefusal(problems: readonly ConfigProblem[]): void {
    const { path, logger, conditions } = this.#options;
    for (const problem of problems) logger.error('config', formatProblem(path, problem));
    const errors = problems.filter(({ severity }) => severity === 'error');
    const first = errors[0] === undefined ? '' : `, the first: ${formatProblem(path, errors[0])}`;
    const count = `${errors.length} mistake${errors.length === 1 ? '' : 's'}`;
    conditions.set(
      'error',
      FILE_SUBJECT,
      `${path} has ${count}${first}; the previous configuration stays in force`,
    );
  }

  /** Brings all parts to a version and takes it as the one in force; one that fails leaves everything as it was. */
  async #take(
    next: Read,
    restartVpp: boolean,
  ): Promise<Extract<ConfigChange, { result: 'unchanged' | 'applied' }>> {
    const before = this.#now;
    const plan = planChange(before.running, next.config);
    if (next.text === before.text && isEmptyPlan(plan) && this.#isFile) return { result: 'unchanged' };
    const running = inForceAfter(before.running, next.config, { restartVpp });
    for (const line of formatPlan(plan)) this.#options.logger.info('config', line);
    const failure = await this.#mover.change({ plan, restartVpp, from: before.running, to: running });
    if (failure !== undefined) {
      throw new LiveConfigError('failed', `could not change the configuration: ${failure}`);
    }
    const pending = restartVpp ? [] : formatPlan({ ...plan, steps: [] });
    this.#enter({ ...next, running, pending });
    return { result: 'applied', plan, pendingRestart: pending.length > 0, ...withWarnings(next.warnings) };
  }

  /** Whether something else is in force than what a restart would come up with. */
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

  /** Begins to wait for the confirmation; returns until when. */
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

  /** What is in force is the one to go back to. */
  #settle(): void {
    if (this.#state.state === 'stopped') return;
    if (this.#state.state === 'waiting') clearTimeout(this.#state.timer);
    this.#confirmed = this.#now;
    this.#state = { state: 'confirmed' };
    for (const subject of [SUBJECT, FILE_SUBJECT]) this.#options.conditions.clear(subject);
  }

  /** The time for a confirmation is over. Never rejects. */
  async #revert(): Promise<void> {
    // A confirmation that is being written counts; what was put meanwhile has a time of its own.
    const due = this.#state;
    while (this.#working !== undefined) await this.#working.done.catch(() => {});
    if (due.state !== 'waiting' || this.#state !== due) return;
    const { conditions, path } = this.#options;
    try {
      await this.#exclusive('the way back', async () => {
        const [from, to] = [this.#now.running, this.#confirmed.running];
        const plan = planChange(from, to);
        const failure = await this.#mover.restore({ plan, restartVpp: true, from, to });
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
      conditions.set('error', SUBJECT, `could not go back to ${path}: ${reasonOf(error)}`);
    }
  }

  async #exclusive<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#state.state === 'stopped') throw stopped();
    if (this.#working !== undefined) {
      const words = `could not begin ${what}: ${this.#working.what} is in progress`;
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
  return new LiveConfigError('stopped', 'could not change the configuration: the appliance is stopping');
}
