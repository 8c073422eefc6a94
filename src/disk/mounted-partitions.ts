/**
 * The partitions as mounts: /boot, read-only except during a write, and /data.
 *
 * Invariants: /boot is read-only whenever no `writable` call runs; when the kernel refuses that (a file is still open
 * for writing), the problem is reported, retried until it succeeds, and cleared then. Writes are on the disk before
 * `writable` resolves.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, mount, MountFlag, reasonOf } from '../linux/mod.ts';
import { directoryDataPartition } from './directory-partitions.ts';
import { type Discard, discardFree } from './discard.ts';
import type { CopyableBootPartition, DataPartition } from './partitions.ts';
import { pathBelow, removeFile, replaceFile } from './replace-file.ts';
import { Serial } from './serial.ts';
import { syncTree } from './sync-tree.ts';

export const BOOT_MOUNT_POINT = '/boot';
export const DATA_MOUNT_POINT = '/data';

const { noSuid, noDev, noExec, noAtime, readOnly, remount } = MountFlag;
const SEALED = noSuid | noDev | noExec;
/** How often a busy file system is retried at once, and how long after that it is retried again. */
const READ_ONLY_TRIES = 5;
const READ_ONLY_PAUSE_MS = 200;
const READ_ONLY_LATER_MS = 5_000;

/** Switches a mounted file system's mode; tests replace it. */
export interface Remounter {
  /** Throws LinuxError: EBUSY while a file is open for writing … */
  setReadOnly(): void;
  setWritable(): void;
}

export interface MountedBootOptions {
  readonly device: string;
  readonly root: string;
  readonly remounter: Remounter;
  /** A condition: the reason while the partition cannot be made read-only again, undefined once it is. */
  readonly onProblem: (reason: string | undefined) => void;
}

/** A boot partition mounted read-only. */
export class MountedBootPartition implements CopyableBootPartition {
  readonly device: string;
  readonly root: string;
  readonly #serial = new Serial();
  readonly #remounter: Remounter;
  readonly #onProblem: MountedBootOptions['onProblem'];
  #problem = false;

  constructor(options: MountedBootOptions) {
    this.device = options.device;
    this.root = options.root;
    this.#remounter = options.remounter;
    this.#onProblem = options.onProblem;
  }

  writable<T>(work: (root: string) => Promise<T>): Promise<T> {
    // A call from inside another one must neither sync nor end the other's write access.
    if (this.#serial.joined) return work(this.root);
    return this.#serial.run(async () => {
      const startedAt = Date.now();
      this.#remounter.setWritable();
      try {
        const result = await work(this.root);
        await syncTree(this.root, startedAt, this.device);
        return result;
      } finally {
        await this.#makeReadOnly();
      }
    });
  }

  unchanged<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(work);
  }

  writeFile(name: string, data: string | Uint8Array): Promise<void> {
    return this.writable((root) => replaceFile(pathBelow(root, name), data));
  }

  removeFile(name: string): Promise<void> {
    return this.writable((root) => removeFile(pathBelow(root, name)));
  }

  discardFree(): Promise<Discard> {
    return this.#serial.run(() => discardFree(this.root));
  }

  async #makeReadOnly(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#remounter.setReadOnly();
        this.#report(undefined);
        return;
      } catch (error) {
        if (isErrno(error, 'EBUSY') && attempt < READ_ONLY_TRIES) {
          await sleep(READ_ONLY_PAUSE_MS);
          continue;
        }
        this.#report(`${this.root} stays writable: ${reasonOf(error)}`);
        setTimeout(() => void this.#retryReadOnly(), READ_ONLY_LATER_MS).unref();
        return;
      }
    }
  }

  /** Not during another write: the end of that write makes it read-only. */
  async #retryReadOnly(): Promise<void> {
    await this.#serial.run(async () => {
      if (this.#problem) await this.#makeReadOnly();
    });
  }

  #report(reason: string | undefined): void {
    if (reason === undefined && !this.#problem) return;
    this.#problem = reason !== undefined;
    this.#onProblem(reason);
  }
}

/** Mounts a checked FAT file system read-only at /boot. Throws LinuxError: EINVAL (not FAT), ENOENT … */
export function mountBoot(device: string, onProblem: MountedBootOptions['onProblem']): CopyableBootPartition {
  const root = BOOT_MOUNT_POINT;
  mkdirSync(root, { recursive: true });
  mount(device, root, 'vfat', SEALED | readOnly, 'utf8,errors=remount-ro');
  const remounter: Remounter = {
    setReadOnly: () => mount(device, root, 'vfat', SEALED | remount | readOnly),
    setWritable: () => mount(device, root, 'vfat', SEALED | remount),
  };
  return new MountedBootPartition({ device, root, remounter, onProblem });
}

/** Mounts a checked ext4 file system at /data. Throws LinuxError: EINVAL (not ext4), ENODEV (no driver) … */
export function mountData(device: string): DataPartition {
  mkdirSync(DATA_MOUNT_POINT, { recursive: true });
  mount(device, DATA_MOUNT_POINT, 'ext4', SEALED | noAtime, 'errors=remount-ro');
  return {
    ...directoryDataPartition(DATA_MOUNT_POINT, true),
    discardFree: () => discardFree(DATA_MOUNT_POINT),
  };
}
