/**
 * A disk backed by a file, on a loop device and mounted: its content can be read in the file, and changed there
 * behind the kernel's back. FAT where this machine's kernel supports it, as on the box; ext4 otherwise.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1 << 20;
const TOOLS = '/usr/sbin:/usr/bin:/sbin:/bin';

type FileSystem = 'vfat' | 'ext4';

const MAKERS: Readonly<Record<FileSystem, readonly [string, ...string[]]>> = {
  vfat: ['mkfs.fat', '-F', '32'],
  ext4: ['mke2fs', '-q', '-F', '-t', 'ext4', '-m', '0'],
};

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', env: { PATH: TOOLS } }).trim();
}

/** Why this machine cannot have one, or undefined. */
export function whyNoLoopDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'a loop device needs root';
  try {
    using _disk = new LoopDisk();
    return undefined;
  } catch (error) {
    return `no loop device: ${String(error).slice(0, 200)}`;
  }
}

export class LoopDisk implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'appliance-loop-'));
  readonly fileSystem: FileSystem;
  /** The backing file. */
  readonly image = join(this.#directory, 'disk.img');
  /** `/dev/loop3` */
  readonly device: string = '';
  /** Mount point. */
  readonly root = join(this.#directory, 'root');

  /** `mounted` false: only the device. */
  constructor({ sizeMib = 64, mounted = true } = {}) {
    this.fileSystem = readFileSync('/proc/filesystems', 'utf8').includes('vfat') ? 'vfat' : 'ext4';
    mkdirSync(this.root);
    writeFileSync(this.image, '');
    truncateSync(this.image, sizeMib * MIB);
    const [maker, ...options] = MAKERS[this.fileSystem];
    try {
      run(maker, ...options, this.image);
      this.device = run('losetup', '--find', '--show', this.image);
      if (mounted) run('mount', '-t', this.fileSystem, this.device, this.root);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether the disk contains these bytes anywhere. */
  holds(bytes: string | Buffer): boolean {
    return readFileSync(this.image).includes(bytes);
  }

  /** Flips a bit at the first occurrence of these bytes on the disk, bypassing the kernel's caches. */
  spoil(bytes: Buffer): void {
    const at = readFileSync(this.image).indexOf(bytes);
    if (at < 0) throw new Error('the disk does not contain the bytes to corrupt');
    const image = openSync(this.image, 'r+');
    try {
      writeSync(image, Buffer.of((bytes[0] ?? 0) ^ 1), 0, 1, at);
    } finally {
      closeSync(image);
    }
  }

  [Symbol.dispose](): void {
    for (const undo of [() => run('umount', this.root), () => run('losetup', '--detach', this.device)]) {
      try {
        undo();
      } catch {
        // It was not mounted, or not attached: the constructor failed.
      }
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
