/**
 * What the rest of the appliance sees of its disk: a boot partition that is read-only but for the moment of one
 * write, and a data partition that is always writable. How each is backed is not said here.
 */
import type { Discard } from './discard.ts';

/** The EFI system partition, which another computer shows as the drive APPLIANCE. */
export interface BootPartition {
  /** `/dev/nvme0n1p1`; the directory itself when there is no such device. */
  readonly device: string;
  /** Where its files are: `/boot`. */
  readonly root: string;
  /**
   * Makes it writable, runs `work` with its root, puts what was written on the disk and makes it read-only again,
   * also when `work` rejects. Calls wait for each other; one from inside `work` joins the one it is in.
   */
  writable<T>(work: (root: string) => Promise<T>): Promise<T>;
  /** Replaces a file as a whole: after a power cut there is the old one or the new one. `name` is relative to the root. */
  writeFile(name: string, data: string | Uint8Array): Promise<void>;
  /** Removes a file; fine when there is none. */
  removeFile(name: string): Promise<void>;
  /** Asks the disk to discard what is free; undefined when there is no disk. Never rejects. */
  discardFree(): Promise<Discard | undefined>;
}

/** A boot partition that can be read as blocks: what an installation copies. */
export interface CopyableBootPartition extends BootPartition {
  /** Runs `work` while nobody can make it writable. Not from inside `writable`. */
  unchanged<T>(work: () => Promise<T>): Promise<T>;
}

/** What the box keeps for itself: last good configuration, inventory, password, certificates, logs. */
export interface DataPartition {
  /** `/data` */
  readonly root: string;
  /** False when its files are gone after a restart: no data partition, or one that could not be mounted. */
  readonly persistent: boolean;
  /** Replaces a file as a whole: after a power cut there is the old one or the new one. `name` is relative to the root. */
  writeFile(name: string, data: string | Uint8Array): Promise<void>;
  /** Its text; undefined when there is no such file. Throws when it cannot be read. */
  readFile(name: string): string | undefined;
  /** Asks the disk to discard what is free; undefined when there is no disk. Never rejects. */
  discardFree(): Promise<Discard | undefined>;
}
