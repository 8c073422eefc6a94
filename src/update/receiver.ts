/**
 * Receives one image at a time and places it on trial.
 *
 * Invariants: everything that can be checked without the body is checked before a byte of it is read; until the
 * complete image is on the disk as signed, it has a name that no loader boots; after any failure it is removed.
 */
import { readFile, stat, statfs } from 'node:fs/promises';
import type { UpdateConfig } from '../config/types.ts';
import { type BootPartition, UNFINISHED_SUFFIX } from '../disk/mod.ts';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { checkAge, type RunningImage } from './admission.ts';
import type { BootEntries } from './boot-entries.ts';
import { formatEntryName } from './entries.ts';
import { UpdateError } from './errors.ts';
import { type UpdateManifest, verifyManifest } from './manifest.ts';
import { planPlacing, planRoom } from './plan.ts';
import { endPending } from './record.ts';
import type { RecordFile } from './record-file.ts';
import type { UpdateStatus } from './status.ts';
import { asUpdateError, writeImage } from './write-image.ts';

/** Larger images are refused: the boot partition must hold more than one. */
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
/** Kept free beside a new image, for the file system itself and for writing a configuration. */
const SPARE_BYTES = 2 * 1024 * 1024;
/** The user's key on the boot partition, which replaces the image's. */
const KEY_FILE = 'update.pub';
const MAX_KEY_BYTES = 16 * 1024;

export interface ReceiverOptions {
  readonly entries: BootEntries;
  readonly record: RecordFile;
  /** The running image, from image.json. */
  readonly image: RunningImage;
  /** The `[update]` section in force; not called before `watch` or `receive`. */
  readonly settings: () => UpdateConfig;
  /** The image's own public key: `/etc/appliance/update.pub`. */
  readonly keyPath: string;
  readonly log: (words: string) => void;
  /** Free bytes of the boot partition; statfs by default. */
  readonly freeBytes?: ((root: string) => Promise<number>) | undefined;
  /** Longest silence of an image's sender, ms. */
  readonly stallMs?: number | undefined;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  #isBusy = false;
  #progress: UpdateStatus['receiving'];

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get progress(): UpdateStatus['receiving'] {
    return this.#progress;
  }

  /** As `UpdateService.receive`. */
  async receive(
    text: string,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ readonly version: string; readonly file: string }> {
    if (this.#isBusy) throw new UpdateError('busy', 'receive an image: another image is being received');
    this.#isBusy = true;
    try {
      const manifest = await this.#check(text);
      await this.#makeRoom(manifest);
      const { version, size } = manifest;
      const unfinished = `${formatEntryName({ version, counter: undefined })}${UNFINISHED_SUFFIX}`;
      const onProgress = (receivedBytes: number): void => {
        this.#progress = { version, receivedBytes, sizeBytes: size };
      };
      onProgress(0);
      const { entries, stallMs } = this.#options;
      await writeImage({ boot: entries.boot, file: unfinished, manifest, body, signal, onProgress, stallMs });
      return { version, file: await this.#place(version, unfinished) };
    } catch (error) {
      throw asUpdateError(error, 'receive an image');
    } finally {
      this.#progress = undefined;
      this.#isBusy = false;
    }
  }

  async #check(text: string): Promise<UpdateManifest> {
    const { image, entries } = this.#options;
    const { running } = entries;
    if (running.state === 'trial') {
      throw new UpdateError(
        'on-trial',
        `receive an image: version ${image.version} is still on trial, wait for its verdict`,
      );
    }
    const manifest = verifyManifest(text, await this.#keys(entries.boot));
    const { version, architecture, size } = manifest;
    const attempted = `receive version ${version}`;
    if (architecture !== image.architecture) {
      throw new UpdateError(
        'wrong-architecture',
        `${attempted}: it is for ${architecture}, this machine is ${image.architecture}`,
      );
    }
    if (version === image.version || version === running.entry?.version) {
      throw new UpdateError('same-version', `${attempted}: this version is already running`);
    }
    checkAge(manifest, image, this.#options.settings());
    if (size > MAX_IMAGE_BYTES) {
      throw new UpdateError(
        'too-large',
        `${attempted}: it has ${size} bytes, the maximum is ${MAX_IMAGE_BYTES}`,
      );
    }
    return manifest;
  }

  async #keys(boot: BootPartition): Promise<string[]> {
    const own = `${boot.root}/${KEY_FILE}`;
    try {
      const { size } = await stat(own);
      // Too long for a key: it still replaces the image's, so no key is trusted.
      return size > MAX_KEY_BYTES ? [] : [await readFile(own, 'utf8')];
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw asUpdateError(error, `read the key ${own}`);
    }
    try {
      return [await readFile(this.#options.keyPath, 'utf8')];
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return []; // an image without a key trusts no one; verifyManifest reports it
      throw asUpdateError(error, `read the key ${this.#options.keyPath}`);
    }
  }

  async #makeRoom({ version, size }: UpdateManifest): Promise<void> {
    const { entries, log } = this.#options;
    await entries.refresh();
    const free = await (this.#options.freeBytes ?? freeBytesOf)(entries.boot.root);
    const needed = size + SPARE_BYTES;
    const steps = planRoom(entries.all, entries.running, version, needed, free);
    if (steps === undefined) {
      throw new UpdateError(
        'no-space',
        `receive version ${version}: it needs ${needed} bytes, the boot partition has ${free} free ` +
          'and too little can be removed',
      );
    }
    for (const step of steps) {
      if (step.kind === 'remove') log(`removing ${step.file} to make room for version ${version}`);
    }
    await entries.apply(steps);
  }

  async #place(version: string, unfinished: string): Promise<string> {
    const { entries, record, image } = this.#options;
    await entries.refresh();
    const { steps, file, isDowngrade } = planPlacing(entries.all, entries.running.entry, version, unfinished);
    const reason = `replaced by version ${version} before its first boot`;
    // Before the first rename: after a power cut in between, the next boot knows what was in progress.
    await record.save({
      ...endPending(record.current, 'replaced', reason, Date.now()),
      pending: { version, from: image.version, at: Date.now(), isDowngrade, attempts: [] },
    });
    try {
      await entries.apply(steps);
    } catch (error) {
      const undo = [unfinished, file].map((name) => ({ kind: 'remove', file: name }) as const);
      await entries.apply(undo).catch(() => {}); // the partition fails: the next boot cleans up
      await record.save(endPending(record.current, 'interrupted', reasonOf(error), Date.now()));
      throw error;
    }
    return file;
  }
}

async function freeBytesOf(root: string): Promise<number> {
  const { bavail, bsize } = await statfs(root);
  return bavail * bsize;
}
