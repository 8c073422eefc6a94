/**
 * The trial of the running version: the deadline armed in the first lines of PID 1, the updates of the box, and the
 * verdict that makes a version and its configuration the last good ones.
 */
import { createHash } from 'node:crypto';
import {
  type BootPartition,
  type DataPartition,
  DiskError,
  readLastGood,
  readLoaderVariable,
  saveLastGood,
} from '../disk/mod.ts';
import {
  armTrialDeadline,
  isTrialBoot,
  type LoaderVariables,
  parseEvidence,
  type RunningImage,
  snapshotOf,
  type StatusPart,
  type TrialDeadline,
  Updater,
  type UpdateService,
  type UpdateStatus,
} from '../update/mod.ts';
import { defaultConfig } from '../config/mod.ts';
import type { UpdateConfig } from '../config/types.ts';
import type { Logger } from '../log/mod.ts';
import type { Appliance } from './appliance.ts';
import { UPDATE_KEY_FILE, type Watchdog } from '../machine/mod.ts';

/**
 * How long a trial without a working VPP is fed after its deadline. At the deadline the trial ends in order; this is for
 * one that cannot.
 */
const GRACE_MS = 120_000;

export class Trial {
  readonly #logger: Logger;
  readonly #image: RunningImage;
  readonly #restart: (why: string) => void;
  readonly #deadline: TrialDeadline;
  #data: DataPartition | undefined;
  #updater: Updater | undefined;
  /** `[update]` as it is in force; the defaults until the configuration is. */
  #settings = (): UpdateConfig => defaultConfig().update;
  #vppAwaySince = performance.now();

  /** @param restart ends the machine in order, so that the loader counts the next try */
  constructor(logger: Logger, image: RunningImage, restart: (why: string) => void) {
    this.#logger = logger;
    this.#image = image;
    this.#restart = restart;
    this.#deadline = armTrialDeadline({ isTrial: () => isTrialBoot(loaderVariables()), restart });
  }

  /**
   * Reads the entries and completes what the last boot left; returns which version runs.
   *
   * @param boot undefined without a boot disk
   * @param crashReason why the previous kernel panicked
   */
  async open(
    boot: BootPartition | undefined,
    data: DataPartition,
    crashReason: string | undefined,
  ): Promise<string> {
    this.#data = data;
    this.#updater = await Updater.open({
      boot,
      data,
      image: this.#image,
      settings: () => this.#settings(),
      loader: loaderVariables(),
      keyPath: UPDATE_KEY_FILE,
      crashReason,
      deadline: this.#deadline,
      restart: this.#restart,
      logger: this.#logger,
    });
    const { running } = this.#updater.status();
    return `version ${running.version}, ${running.state}`;
  }

  /** Begins to watch for the verdict; during a trial the watchdog requires a healthy VPP too. */
  watch(watchdog: Watchdog, appliance: Appliance): void {
    // Most of it has no part that acts on a change: it is read when an image comes.
    this.#settings = () => appliance.config.update;
    const updater = this.#updater;
    const data = this.#data;
    if (updater === undefined || data === undefined) return;
    const last = readLastGood(data);
    updater.watch({
      snapshot: () =>
        snapshotOf(statusForVerdict(appliance), appliance.config, {
          configSha256: sha256(appliance.live.current()),
          http: { listening: appliance.web.isListening },
        }),
      evidence:
        last === undefined ? undefined : parseEvidence({ ...last.evidence, configSha256: sha256(last.text) }),
      onGood: (evidence) => saveLastGood(data, appliance.live.current(), { ...evidence }),
    });
    if (updater.status().trial === undefined || !appliance.config.vpp.enabled) return;
    this.#vppAwaySince = performance.now();
    watchdog.feedOnlyWhile(
      () => updater.status().trial === undefined || this.#isVppHealthy(appliance),
      'version on trial: VPP does not answer, and the trial did not end at its deadline',
    );
  }

  /** Called when a changed configuration becomes permanent: it has to be proven good too. */
  lookAgain(): void {
    this.#updater?.lookAgain();
  }

  setTimeout(seconds: number): void {
    this.#deadline.set(seconds);
  }

  receive: UpdateService['receive'] = async (manifest, body, how) => {
    if (this.#updater === undefined)
      throw new DiskError('busy', 'cannot receive an image: the boot is not complete');
    return this.#updater.receive(manifest, body, how);
  };

  status(): UpdateStatus {
    return (
      this.#updater?.status() ?? {
        running: { version: this.#image.version, state: 'unknown' },
        entries: [],
        history: [],
      }
    );
  }

  /** Records why the machine ends, for the next boot. */
  async end(why: string): Promise<void> {
    await this.#updater?.noteEnd(why);
    this.#updater?.[Symbol.dispose]();
  }

  #isVppHealthy(appliance: Appliance): boolean {
    const now = performance.now();
    if (appliance.dataPlane.vpp.status.api.state === 'connected') this.#vppAwaySince = now;
    return now - this.#vppAwaySince < GRACE_MS + this.#settings().trialTimeoutSeconds * 1000;
  }
}

/** A configuration that waits for its confirmation is not used by the next boot: no verdict on it. */
function statusForVerdict(appliance: Appliance): StatusPart {
  const status = appliance.status();
  if (status.change?.state !== 'waiting') return status;
  return { ...status, config: { state: 'missing', reason: 'a new one waits for its confirmation' } };
}

/** The boot loader's variables; a damaged one counts as not set, and so does each before efivarfs is mounted. */
function loaderVariables(): LoaderVariables {
  const read = (name: 'LoaderBootCountPath' | 'LoaderEntrySelected'): string | undefined => {
    try {
      return readLoaderVariable(name);
    } catch {
      return undefined; // not written by a loader
    }
  };
  return { bootCountPath: read('LoaderBootCountPath'), entrySelected: read('LoaderEntrySelected') };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
