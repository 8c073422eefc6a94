/**
 * The rest of the appliance's interface to its disk: a boot partition that is read-only except during a write, and a
 * data partition that is always writable. How each is backed is left open.
 */
import type { Discard } from './discard.ts';

/** The EFI system partition, shown by other computers as the drive APPLIANCE. */
export interface BootPartition {
  /** `/dev/nvme0n1p1`; the directory itself when there is no such device. */
  readonly device: string;
  /** Root directory of its files: `/boot`. */
  readonly root: string;
  /**
   * Makes it writable, runs `work` with its root, syncs the writes to the disk and makes it read-only again, also when
   * `work` rejects. Calls are serialised; a call from inside `work` joins the outer one.
   */
  writable<T>(work: (root: string) => Promise<T>): Promise<T>;
  /** Replaces a file atomically: after a power cut it is the old one or the new one. `name` is relative to the root. */
  writeFile(name: string, data: string | Uint8Array): Promise<void>;
  /** Removes a file; a missing one is no error. */
  removeFile(name: string): Promise<void>;
  /** Discards the free space; undefined when there is no disk. Never rejects. */
  discardFree(): Promise<Discard | undefined>;
}

/** A boot partition that can be read as blocks, for an installation. */
export interface CopyableBootPartition extends BootPartition {
  /** Runs `work` while it cannot become writable. Not from inside `writable`. */
  unchanged<T>(work: () => Promise<T>): Promise<T>;
}

/** The box's own files: last good configuration, inventory, password, certificates, logs. */
export interface DataPartition {
  /** `/data` */
  readonly root: string;
  /** False when its files are lost at a restart: no data partition, or one that could not be mounted. */
  readonly persistent: boolean;
  /** Replaces a file atomically: after a power cut it is the old one or the new one. `name` is relative to the root. */
  writeFile(name: string, data: string | Uint8Array): Promise<void>;
  /** A file's text; undefined when it does not exist. Throws when it cannot be read. */
  readFile(name: string): string | undefined;
  /** Discards the free space; undefined when there is no disk. Never rejects. */
  discardFree(): Promise<Discard | undefined>;
}
