/**
 * PID 1's disk: the phases that find, prepare, check and mount it, the resulting partitions (`boot`, `data`), the
 * configuration read from it, and what it keeps for the next boot (clock, random seed, location of the NICs).
 *
 * Invariant: `boot` and `data` are always writable. A fault of the disk is a condition; without a disk they are
 * directories in memory, and the box continues.
 */
import { mkdirSync } from 'node:fs';
import {
  BOOT_MOUNT_POINT,
  type BootDisk,
  type CopyableBootPartition,
  DATA_MOUNT_POINT,
  type DataPartition,
  describeReset,
  directoryBootPartition,
  directoryDataPartition,
  type DiskReporter,
  findBootDisk,
  findTwin,
  finishFactoryReset,
  Installer,
  openBoot,
  openData,
  readLastGood,
  type ResetPlace,
  settleBootDisk,
  updateInventory,
} from '../disk/mod.ts';
import { takeInventory } from '../dpdk/mod.ts';
import type { ModuleLoader } from '../linux/mod.ts';
import { isEntryPath } from '../update/mod.ts';
import {
  advanceClock,
  keepTime,
  keepTimeHourly,
  mountOptional,
  keepSeed,
  renewSeed,
  type ShutdownStep,
} from '../machine/mod.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { CONFIG_NAME, type LoadedConfig, loadConfig, writeErrorReport } from '../live/mod.ts';
import type { Phase } from './phases.ts';
import { reasonOf } from '../linux/mod.ts';

/**
 * Modules that no modalias names: the loader's variables, the data partition's file system (resize2fs is fast only when
 * the kernel has it), and pstore. A kernel may have them built in, a guest of the tests none.
 */
const MODULES = ['efivarfs', 'ext4', 'efi_pstore'];
/** By then every disk has appeared: with a slower copy of this one, the boot disk would be a matter of chance. */
const TWIN_CHECK_MS = 30_000;

export interface BootMediaOptions {
  readonly logger: Logger;
  readonly conditions: Conditions;
  readonly modules: () => ModuleLoader;
  /** Version of the running image. */
  readonly version: string;
}

export class BootMedia {
  readonly #logger: Logger;
  readonly #conditions: Conditions;
  readonly #report: DiskReporter;
  readonly #modules: () => ModuleLoader;
  readonly #version: string;
  #bootDisk: BootDisk | undefined;
  #boot: CopyableBootPartition | undefined;
  #data: DataPartition | undefined;
  #hourly: Disposable | undefined;
  #installer: Installer | undefined;

  constructor({ logger, conditions, modules, version }: BootMediaOptions) {
    this.#logger = logger;
    this.#modules = modules;
    this.#conditions = conditions;
    this.#version = version;
    this.#report = {
      info: (line) => logger.info('disk', line),
      problem(subject, reason) {
        if (reason === undefined) conditions.clear(subject);
        else conditions.set(subject === 'data-partition' ? 'warning' : 'error', subject, reason);
      },
    };
  }

  get boot(): CopyableBootPartition {
    if (this.#boot === undefined) {
      mkdirSync(BOOT_MOUNT_POINT, { recursive: true });
      this.#boot = directoryBootPartition(BOOT_MOUNT_POINT);
    }
    return this.#boot;
  }

  get data(): DataPartition {
    this.#data ??= directoryDataPartition(DATA_MOUNT_POINT, false);
    return this.#data;
  }

  /** Undefined without a boot disk to install from. */
  get installer(): Installer | undefined {
    if (this.#bootDisk === undefined) return undefined;
    this.#installer ??= new Installer({ bootDisk: this.#bootDisk, boot: this.boot, data: this.data });
    return this.#installer;
  }

  /** What a factory reset erases. */
  get resetPlace(): ResetPlace {
    return { boot: this.boot, data: this.data, version: this.#version, isImage: isEntryPath };
  }

  /** Run after the modules, before the configuration. */
  phases(): Phase[] {
    return [
      { name: 'boot-disk', run: () => this.#findDisk() },
      { name: 'boot-partition', run: () => this.#openBoot() },
      {
        name: 'data-partition',
        run: async () => {
          this.#data = await openData(this.#bootDisk, this.#report);
          await this.#finishReset();
          return this.#data.persistent ? this.#data.root : `${this.#data.root} in memory`;
        },
      },
      { name: 'clock', run: () => this.#startClock() },
      {
        name: 'inventory',
        run: async () => {
          // Before VPP takes its NICs: without a kernel interface they have no MAC address that identifies them.
          const lines = await updateInventory(this.data, takeInventory().nics);
          for (const line of lines) this.#logger.warning('nic', line);
          return lines.length === 0 ? 'unchanged since the last boot' : `${lines.length} changes`;
        },
      },
    ];
  }

  /** Loads the configuration in force; mistakes in the file are written beside it. */
  async loadConfiguration(): Promise<LoadedConfig> {
    const loaded = loadConfig(`${this.boot.root}/${CONFIG_NAME}`, readLastGood(this.data)?.text);
    try {
      const outcome = await writeErrorReport(this.boot, loaded.status);
      if (outcome !== undefined) this.#logger.info('config', outcome);
    } catch (error) {
      const reason = reasonOf(error);
      this.#logger.error('config', `cannot write the mistakes to the boot partition: ${reason}`);
    }
    return loaded;
  }

  /** Run after the services, before the file systems are unmounted. */
  shutdownSteps(): ShutdownStep[] {
    return [
      {
        name: 'clock and seed saved',
        timeoutMs: 3_000,
        run: async () => {
          this.#hourly?.[Symbol.dispose]();
          if (this.#data?.persistent !== true) return 'no data partition';
          await keepTime(this.#data);
          await keepSeed(this.#data);
          return undefined;
        },
      },
    ];
  }

  async #findDisk(): Promise<string> {
    this.#loadModules();
    // e2fsck distrusts a file system that was last used in the future.
    this.#advanceClock(undefined);
    const found = await findBootDisk();
    this.#bootDisk = await settleBootDisk(found, this.#report);
    setTimeout(() => void this.#checkTwin(), TWIN_CHECK_MS).unref();
    return found.kind === 'plain' ? found.device : `${found.disk.device}, found by ${found.foundBy}`;
  }

  #loadModules(): void {
    try {
      for (const name of MODULES) {
        const { result, error } = this.#modules().load(name);
        // This machine has no such firmware.
        if (result === 'failed' && error?.includes('ENODEV') === true) continue;
        if (result === 'failed') this.#logger.warning('modules', `${name}: ${error ?? 'failed'}`);
      }
      mountOptional();
    } catch (error) {
      this.#logger.warning('disk', reasonOf(error));
    }
  }

  async #openBoot(): Promise<string> {
    if (this.#bootDisk === undefined) return `none: ${this.boot.root} is in memory`;
    this.#boot = await openBoot(this.#bootDisk, this.#report);
    return this.#boot.device;
  }

  /** Runs before anything else reads what the reset erases. */
  async #finishReset(): Promise<void> {
    const subject = 'factory-reset';
    try {
      const report = await finishFactoryReset(this.resetPlace);
      if (report === undefined) return;
      this.#logger.info(subject, 'finished');
      for (const line of describeReset(report)) this.#logger.info(subject, line);
      const [first, ...others] = report.notErased;
      if (first === undefined) return;
      const more = others.length === 0 ? '' : `, and ${others.length} more`;
      const words = `${first.path}: ${first.reason}${more}`;
      this.#conditions.set(
        'warning',
        subject,
        `the factory reset is incomplete, repeat it: cannot erase ${words}`,
      );
    } catch (error) {
      const reason = `cannot finish the factory reset, the next boot retries it: ${reasonOf(error)}`;
      this.#conditions.set('error', subject, reason);
    }
  }

  async #startClock(): Promise<string> {
    this.#advanceClock(this.data);
    this.#hourly = keepTimeHourly(this.data, (error) => this.#logger.warning('clock', String(error)));
    return `${new Date().toISOString()}; ${await renewSeed(this.data)}`;
  }

  #advanceClock(data: DataPartition | undefined): void {
    try {
      const outcome = advanceClock(data);
      if (outcome !== undefined) this.#logger.info('clock', outcome);
    } catch (error) {
      this.#logger.error('clock', reasonOf(error));
    }
  }

  async #checkTwin(): Promise<void> {
    try {
      const twin = await findTwin();
      if (twin !== undefined) this.#conditions.set('error', 'boot-disk', twin);
    } catch (error) {
      this.#logger.warning('disk', `cannot look for copies of the boot disk: ${String(error)}`);
    }
  }
}
