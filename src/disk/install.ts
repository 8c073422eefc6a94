/**
 * Copies the running USB stick to another disk: a new table with fresh GUIDs, the boot partition block by block, a new
 * data partition with the identity of this box.
 *
 * Invariants: never writes to a disk that the box runs from, that is in use or unsuitable; until the last step the
 * target has no file system that firmware would boot; afterwards both disks boot, since all GUIDs differ.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { mount, MountFlag, readMounts, unmount, reasonOf } from '../linux/mod.ts';
import { type DevicePlaces, type Disk, listDisks } from './block-devices.ts';
import { makeExt4 } from './check-file-system.ts';
import { copyBlocks } from './copy-blocks.ts';
import { DiskError } from './errors.ts';
import { type BootDisk, bootDeviceOf } from './find-boot-disk.ts';
import { emptyGpt, type Gpt, type GptPartition, GptType, growGpt, PARTITION_ALIGNMENT_BYTES } from './gpt.ts';
import { BOOT_PARTITION_NAME, DATA_PARTITION_NAME } from './layout.ts';
import {
  geometryOf,
  ioError,
  openExclusively,
  refreshPartitions,
  writeExactly,
  writeTable,
} from './partition-table.ts';
import type { CopyableBootPartition, DataPartition } from './partitions.ts';
import { replaceFile } from './replace-file.ts';

/** A disk to install to, or the reason why not. */
export interface InstallTarget {
  /** `nvme0n1`: the argument of `install`. */
  readonly name: string;
  readonly device: string;
  readonly model?: string;
  readonly sizeBytes: number;
  readonly removable: boolean;
  /** Names of its partitions, which an installation erases. */
  readonly partitions: readonly string[];
  /** Why it is refused; absent when it is not. */
  readonly refusal?: string;
}

export interface InstallProgress {
  readonly step: 'table' | 'copy' | 'verify' | 'data' | 'done';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface InstallerOptions {
  readonly bootDisk: BootDisk;
  readonly boot: CopyableBootPartition;
  readonly data: DataPartition;
  readonly places?: DevicePlaces;
  /** Runs `work` with the directory where `device` is mounted; tests replace it. */
  readonly withMounted?: (device: string, work: (root: string) => Promise<void>) => Promise<void>;
}

/** Minimum space for logs and history beside the boot partition. */
const MIN_DATA_BYTES = 128 * 2 ** 20;
const MOUNT_POINT = '/run/appliance/install';

/**
 * Copied files: configuration, identity and history of this box. Not the random seed, which no two disks may share, and
 * not logs and crashes, which belong to the stick.
 */
const DATA_FILES = [
  'last-good.ini',
  'last-good.json',
  'password.json',
  'https.crt',
  'https.key',
  'inventory.json',
  'updates.json',
  'clock',
];

/** Installs from the disk that the box runs from. One installation at a time. */
export class Installer {
  readonly #options: InstallerOptions;
  readonly #places: DevicePlaces;
  #running: { readonly disk: string; readonly abort: AbortController } | undefined;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#places = options.places ?? {};
  }

  /** The disk that is being installed to. */
  get running(): string | undefined {
    return this.#running?.disk;
  }

  /** The box shuts down: a copy that is under way ends, and what it has written does not boot. */
  abort(): void {
    this.#running?.abort.abort();
  }

  /** All disks except the one the box runs from, refused ones with the reason. */
  async targets(): Promise<InstallTarget[]> {
    const own = this.#ownDisk();
    const disks = listDisks(this.#places).filter(({ name }) => name !== own);
    return Promise.all(disks.map((disk) => this.#describe(disk)));
  }

  /**
   * Erases `disk` (`nvme0n1` or `/dev/nvme0n1`) and installs to it. Rejects with a DiskError: `not-found`, `refused`,
   * `busy`, `aborted`, `verification`, `io`.
   */
  async install(disk: string, onProgress: (progress: InstallProgress) => void = () => {}): Promise<void> {
    if (this.#running !== undefined) {
      throw new DiskError('busy', `an installation to ${this.#running.disk} is under way`);
    }
    const abort = new AbortController();
    this.#running = { disk, abort };
    try {
      await this.#install(await this.#choose(disk), abort.signal, onProgress);
    } catch (error) {
      throw ioError(`install to ${disk}`, error);
    } finally {
      this.#running = undefined;
    }
  }

  async #choose(wanted: string): Promise<Disk> {
    const disk = listDisks(this.#places).find(({ name, device }) => wanted === name || wanted === device);
    if (disk === undefined) {
      const all = (await this.targets()).map(({ name }) => name).join(', ') || 'none';
      throw new DiskError('not-found', `no disk "${wanted}": expected one of ${all}`);
    }
    if (disk.name === this.#ownDisk()) {
      throw new DiskError('refused', `${disk.name}: the box runs from this disk`);
    }
    const refusal = await this.#refusal(disk);
    if (refusal !== undefined) throw new DiskError('refused', `${disk.name}: ${refusal}`);
    return disk;
  }

  async #install(
    disk: Disk,
    signal: AbortSignal,
    onProgress: (progress: InstallProgress) => void,
  ): Promise<void> {
    const source = this.#source();
    const { sizeBytes: bootBytes } = await geometryOf(source);
    const report = (step: InstallProgress['step'], doneBytes = 0): void =>
      onProgress({ step, doneBytes, totalBytes: bootBytes });

    report('table');
    // An old boot partition on this disk must not be found behind the new table.
    await eraseStart(disk);
    const gpt = planTarget(bootBytes, await geometryOf(disk.device));
    await writeTable(disk.device, gpt);
    const { partitions } = await refreshPartitions(disk.device, gpt, this.#places);
    const [boot, data] = [1, 2].map((number) => partitions.find((each) => each.number === number)?.device);
    if (boot === undefined || data === undefined) {
      throw new DiskError('io', `${disk.name}: the two partitions did not appear`);
    }

    report('data');
    await makeExt4(data);
    await (this.#options.withMounted ?? withMounted)(data, (root) => this.#copyData(root));

    await this.#options.boot.unchanged(() =>
      copyBlocks(source, boot, { lengthBytes: bootBytes, onProgress, signal }),
    );
    report('done', bootBytes);
  }

  async #copyData(root: string): Promise<void> {
    const from = this.#options.data.root;
    const present = new Set(await readdir(from));
    for (const name of DATA_FILES.filter((each) => present.has(each))) {
      await replaceFile(`${root}/${name}`, await readFile(`${from}/${name}`));
    }
  }

  async #describe(disk: Disk): Promise<InstallTarget> {
    const { name, device, model, sizeBytes, removable } = disk;
    const refusal = await this.#refusal(disk);
    return {
      name,
      device,
      ...(model === undefined ? {} : { model }),
      sizeBytes,
      removable,
      partitions: disk.partitions.map((partition) => partition.name),
      ...(refusal === undefined ? {} : { refusal }),
    };
  }

  /** Why a disk other than our own is unsuitable. */
  async #refusal(disk: Disk): Promise<string | undefined> {
    const devices = [disk.device, ...disk.partitions.map(({ device }) => device)];
    const inUse = readMounts().find(({ source }) => devices.includes(source));
    if (inUse !== undefined) return `${inUse.source} is mounted at ${inUse.target}`;
    try {
      const own = await geometryOf(this.#source());
      const { sectorBytes, sizeBytes } = await geometryOf(disk.device);
      if (sectorBytes !== own.sectorBytes) {
        return `its sectors have ${sectorBytes} bytes, the boot partition needs ${own.sectorBytes}`;
      }
      const needed = own.sizeBytes + MIN_DATA_BYTES + 2 * PARTITION_ALIGNMENT_BYTES;
      if (sizeBytes < needed) {
        return `too small: ${megabytes(sizeBytes)} MB, needs at least ${megabytes(needed)} MB`;
      }
    } catch (error) {
      return reasonOf(error);
    }
    return undefined;
  }

  /** Device of the boot partition to copy. */
  #source(): string {
    const device = bootDeviceOf(this.#options.bootDisk);
    if (device === undefined) throw new DiskError('io', 'the boot partition has no device');
    return device;
  }

  #ownDisk(): string | undefined {
    const { bootDisk } = this.#options;
    if (bootDisk.kind === 'table') return bootDisk.disk.name;
    return listDisks(this.#places).find(({ device, partitions }) =>
      [device, ...partitions.map((partition) => partition.device)].includes(bootDisk.device),
    )?.name;
  }
}

/** The table of a new disk: the boot partition as large as the copied one, then data to the end. Pure. */
export function planTarget(
  bootBytes: number,
  { sizeBytes, sectorBytes }: { readonly sizeBytes: number; readonly sectorBytes: number },
  makeGuid: () => string = randomUUID,
): Gpt {
  const aligned = PARTITION_ALIGNMENT_BYTES / sectorBytes;
  const dataLba = Math.ceil((aligned + bootBytes / sectorBytes) / aligned) * aligned;
  const diskSectors = Math.floor(sizeBytes / sectorBytes);
  const boot: GptPartition = {
    number: 1,
    typeGuid: GptType.efiSystem,
    guid: makeGuid(),
    firstLba: aligned,
    lastLba: aligned + bootBytes / sectorBytes - 1,
    attributes: 0n,
    name: BOOT_PARTITION_NAME,
  };
  const data: GptPartition = {
    number: 2,
    typeGuid: GptType.linuxFilesystem,
    guid: makeGuid(),
    firstLba: dataLba,
    lastLba: dataLba + aligned - 1,
    attributes: 0n,
    name: DATA_PARTITION_NAME,
  };
  const empty = emptyGpt(sectorBytes, diskSectors, makeGuid());
  return growGpt({ ...empty, partitions: [boot, data] }, diskSectors);
}

/** Zeroes the table and the first MiB after it, where an old boot partition would start. */
async function eraseStart(disk: Disk): Promise<void> {
  await using file = await openExclusively(disk.device);
  await writeExactly(file, Buffer.alloc(2 * PARTITION_ALIGNMENT_BYTES), 0);
  await file.sync();
}

async function withMounted(device: string, work: (root: string) => Promise<void>): Promise<void> {
  await mkdir(MOUNT_POINT, { recursive: true });
  const { noSuid, noDev, noExec } = MountFlag;
  mount(device, MOUNT_POINT, 'ext4', noSuid | noDev | noExec);
  try {
    await work(MOUNT_POINT);
  } finally {
    unmount(MOUNT_POINT);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
