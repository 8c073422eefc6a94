/**
 * Updates of this box: receives images, awaits the verdict on the running one, records the results.
 *
 * Owns changes to `EFI/Linux` and `updates.json`. Only a version on trial is ever restarted for its verdict.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import { BootEntries } from './boot-entries.ts';
import { type Entry, entryState } from './entries.ts';
import { UpdateError } from './errors.ts';
import type { Evidence } from './evidence.ts';
import { planFailed, planGood } from './plan.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';
import { addAttempt, endPending, settle } from './record.ts';
import { RecordFile } from './record-file.ts';
import { countedBoots, findRunning, type LoaderVariables, type Running } from './running.ts';
import type { EntryStatus, UpdateStatus } from './status.ts';
import type { TrialDeadline } from './trial-deadline.ts';
import { type VerdictOptions, VerdictWatch } from './verdict.ts';
import { reasonOf } from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';

/** How long writing the reason for a restart may take, ms. */
const RECORDING_MS = 10_000;

export interface UpdaterOptions
  extends Pick<ReceiverOptions, 'image' | 'settings' | 'keyPath' | 'freeBytes' | 'stallMs'> {
  /** Undefined: booted without a boot partition; updates are refused. */
  readonly boot: BootPartition | undefined;
  readonly data: DataPartition;
  readonly loader: LoaderVariables;
  /** The reason of the last end from pstore. */
  readonly crashReason?: string | undefined;
  readonly deadline: TrialDeadline;
  /** Restarts the machine cleanly: a trial failed. */
  readonly restart: (reason: string) => void;
  readonly logger: Logger;
}

export interface WatchOptions extends Pick<VerdictOptions, 'snapshot' | 'evidence'> {
  /** The verdict was reached: the configuration in force is now the last good one. */
  readonly onGood: (evidence: Evidence) => Promise<void> | void;
}

export interface UpdateService {
  status(): UpdateStatus;
  /**
   * Checks everything possible without the body, writes the body to the boot partition and places it, on trial from the
   * next boot. A refused body is ended as `for await` does. Rejects with UpdateError.
   */
  receive(
    manifest: string,
    body: AsyncIterable<Uint8Array>,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly version: string; readonly file: string }>;
}

export class Updater implements UpdateService {
  readonly #options: UpdaterOptions;
  readonly #record: RecordFile;
  #opened: Promise<void> = Promise.resolve();
  #entries: BootEntries | undefined;
  #receiver: Receiver | undefined;
  #watch: VerdictWatch | undefined;

  private constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#record = new RecordFile(options.data, (words) => this.#warn(words));
  }

  /** Reads the entries and settles what the last boot left, once /boot and /data are mounted. Never rejects. */
  static async open(options: UpdaterOptions): Promise<Updater> {
    const updater = new Updater(options);
    options.deadline.onExpired(() => updater.#onDeadline());
    if (options.boot !== undefined) {
      updater.#opened = updater.#start(options.boot).catch((error: unknown) => {
        options.logger.error('update', `read the entries of the boot partition: ${reasonOf(error)}`);
      });
    }
    await updater.#opened;
    return updater;
  }

  async #start(boot: BootPartition): Promise<void> {
    const { image, loader, crashReason, logger } = this.#options;
    const entries = await BootEntries.read(boot, loader, image.version);
    this.#entries = entries;
    const log = (words: string): void => logger.info('update', words);
    this.#receiver = new Receiver({ ...this.#options, entries, record: this.#record, log });
    const before = this.#record.current;
    const { all, running } = entries;
    const now = Date.now();
    const { record, steps } = settle({ record: before, entries: all, running, crashReason, now });
    const [ended] = record.history;
    if (ended !== undefined && ended !== before.history[0]) {
      const text = `version ${ended.version} ${ended.result}`;
      logger.warning('update', ended.reason === undefined ? text : `${text}: ${ended.reason}`);
    }
    await this.#record.save(record);
    await entries.apply(steps).catch((error: unknown) => this.#warn(reasonOf(error)));
  }

  /** Starts watching for the verdict. Called once, after the configuration is read. */
  watch(options: WatchOptions): void {
    const { deadline, image, settings } = this.#options;
    deadline.set(settings().trialTimeoutSeconds);
    this.#watch = new VerdictWatch({
      version: image.version,
      onTrial: this.#running.state === 'trial',
      settings,
      ...options,
      onGood: (evidence) => {
        deadline[Symbol.dispose]();
        this.#onGood(evidence, options.onGood).catch((error: unknown) => this.#warn(reasonOf(error)));
      },
    });
    this.#watch.start();
  }

  /** A changed configuration is to be kept: it must prove itself as at boot. */
  lookAgain(): void {
    this.#watch?.lookAgain();
  }

  /** Records why the machine ends before the verdict, so that the next boot does not guess. Never rejects. */
  async noteEnd(reason: string): Promise<void> {
    if (this.#isOnTrial) await this.#noteAttempt(`the boot ended without a verdict: ${reason}`);
  }

  /** Stops watching and disarms the deadline. */
  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#options.deadline[Symbol.dispose]();
  }

  status(): UpdateStatus {
    const verdict = this.#watch?.verdict;
    const { history, pending } = this.#record.current;
    const lastFailure = history.find(({ result }) => result === 'failed');
    const { entry, state } = this.#running;
    const receiving = this.#receiver?.progress;
    const file = entry === undefined ? {} : { file: entry.file };
    const deadline = this.#options.deadline.at;
    return {
      running: { version: this.#options.image.version, ...file, state },
      ...(this.#isOnTrial ? { trial: { deadline, conditions: verdict?.conditions ?? [] } } : {}),
      ...(verdict === undefined ? {} : { verdict }),
      entries: (this.#entries?.all ?? []).map((one, at) => this.#entryStatus(one, at === 0)),
      ...(receiving === undefined ? {} : { receiving }),
      ...(pending === undefined ? {} : { pending: { version: pending.version, at: pending.at } }),
      history,
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  }

  async receive(
    manifest: string,
    body: AsyncIterable<Uint8Array>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ readonly version: string; readonly file: string }> {
    try {
      if (this.#receiver === undefined) {
        throw new UpdateError('io', 'receive an image: this machine has no boot partition');
      }
      const { version, file } = await this.#receiver.receive(manifest, body, signal);
      this.#options.logger.info(
        'update',
        `version ${version} is in place as ${file}, on trial from the next boot`,
      );
      return { version, file };
    } catch (error) {
      this.#warn(`refused an image: ${reasonOf(error)}`);
      throw error;
    }
  }

  get #running(): Running {
    const { loader, image } = this.#options;
    return this.#entries?.running ?? findRunning([], loader, image.version);
  }

  get #isOnTrial(): boolean {
    return this.#running.state === 'trial' && this.#watch?.verdict.state !== 'good';
  }

  async #onGood(evidence: Evidence, onGood: WatchOptions['onGood']): Promise<void> {
    const { logger, image } = this.#options;
    // Independent of the entry: the configuration proved good.
    const saved = Promise.resolve(onGood(evidence)).catch((error: unknown) => {
      this.#warn(`save the last good configuration: ${reasonOf(error)}`);
    });
    const entries = this.#entries;
    const { entry, state } = this.#running;
    // While an image is being received, its placement does this.
    if (entries !== undefined && entry !== undefined && state !== 'unknown' && !this.#receiver?.isBusy) {
      await entries.apply(planGood(entries.all, entry));
      entries.setGood();
      if (state !== 'good') logger.info('update', `version ${image.version} is good`);
      if (this.#record.current.pending?.version === entry.version) {
        await this.#record.save(endPending(this.#record.current, 'good', undefined, Date.now()));
      }
    }
    await saved;
  }

  #onDeadline(): void {
    const { deadline, logger, image, restart } = this.#options;
    if (this.#running.state !== 'trial') return;
    const seconds = deadline.timeoutSeconds;
    const reason =
      this.#watch === undefined
        ? `no verdict within ${seconds} s: the boot did not reach the configuration`
        : this.#watch.fail(seconds);
    if (reason === undefined) return;
    logger.error('update', `version ${image.version} failed its trial: ${reason}`);
    // An unresponsive disk must not keep a failed version running.
    Promise.race([this.#failTrial(reason), sleep(RECORDING_MS, undefined, { ref: false })])
      .catch((error: unknown) => this.#warn(reasonOf(error)))
      .finally(() => restart(`the trial of version ${image.version} failed: ${reason}`));
  }

  async #failTrial(reason: string): Promise<void> {
    await this.#opened;
    await this.#noteAttempt(reason);
    const { entry, counted } = this.#running;
    // The loader could not count, so the boots would never run out.
    if (entry !== undefined && !counted) await this.#entries?.apply(planFailed(entry));
  }

  #noteAttempt(reason: string): Promise<void> {
    const number = Math.max(1, countedBoots(this.#options.loader));
    return this.#record.save(addAttempt(this.#record.current, { number, at: Date.now(), reason }));
  }

  #warn(text: string): void {
    this.#options.logger.warning('update', text);
  }

  #entryStatus(entry: Entry, next: boolean): EntryStatus {
    const state = entryState(entry);
    const failure = this.#record.current.history.find(
      ({ version, result }) => version === entry.version && result === 'failed',
    );
    return {
      file: entry.file,
      version: entry.version,
      sizeBytes: entry.sizeBytes,
      state,
      ...(entry.counter === undefined ? {} : { left: entry.counter.left }),
      running: entry.file === this.#running.entry?.file,
      next,
      ...(state === 'failed' ? { reason: failure?.reason ?? 'no reason recorded' } : {}),
    };
  }
}
