/**
 * Boxes for the end-to-end tests that have a disk: firmware, the boot loader, the image as it is flashed, and what the
 * box itself has written since. The disk outlives the guest: it is powered on and off, cut, and its boot partition is
 * read and edited in between, as on another computer.
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuiltImage } from '../../image/build-image.ts';
import { BOOT_MIB, BOOT_OFFSET_BYTES, DATA_OFFSET_BYTES } from '../../image/disk-image.ts';
import { ImageError } from '../../image/errors.ts';
import { prepareFirmware, whyNoFirmware } from './firmware.ts';
import { Guest, type GuestExit, type GuestOptions } from '../../image/qemu.ts';
import type { DiskBus } from '../../image/qemu-arguments.ts';
import { findTool, runCommand } from '../../image/run-command.ts';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { whyNoGuest } from './harness.ts';
import { LOST_TIMER_ERROR, LOST_TIMER_LINE } from './lost-timer.ts';
import { askMachine, machinePortArguments } from './machine-port.ts';
import { testImage, type TestImageOptions } from './test-image.ts';

export {
  ADDED,
  BUILT_AT,
  TEST_KEY,
  TEST_PUBLIC_KEY,
  testImage,
  type TestImageOptions,
} from './test-image.ts';

const MIB = 1 << 20;
const DEFAULT_DISK_MIB = 1024;
const DEFAULT_MEMORY_MIB = 2048;
const POWER_OFF_MS = 60_000;
/** Of the disk at a time. */
const SEARCH_BYTES = 16 * MIB;
const POLL_MS = 250;
const ANSWER_MS = 20_000;
/** QEMU takes a connection before the guest is up, and then nobody answers it: better to ask anew soon. */
const POLL_ANSWER_MS = 4_000;
const TOOLS = ['objcopy', 'mke2fs', 'e2fsck', 'fsck.fat', 'sgdisk', 'mdel', 'mdir', 'mmd', 'objdump'];

/** Why no box can be booted here, or undefined. */
export function whyNoDiskGuest(): string | undefined {
  const missing = TOOLS.filter((tool) => findTool(tool) === undefined);
  const tools =
    missing.length === 0 ? undefined : `no disk image can be made: ${missing.join(', ')} not installed`;
  return whyNoGuest() ?? whyNoFirmware() ?? tools;
}

export interface DiskGuestOptions {
  readonly image?: TestImageOptions;
  /** NVMe by default. */
  readonly bus?: DiskBus;
  /** Of the disk that the image was written to: larger than the image, as real ones are. */
  readonly diskMiB?: number;
  /** Replaces the appliance.ini of the image. */
  readonly ini?: string;
  readonly guest?: Partial<GuestOptions>;
}

/** A box with its disk; powered off at first. */
export class DiskGuest implements AsyncDisposable {
  readonly image: BuiltImage;
  /** The disk's file. */
  readonly disk: string;
  readonly #options: DiskGuestOptions;
  readonly #scratch: string;
  #guest: Guest | undefined;

  private constructor(options: DiskGuestOptions, image: BuiltImage, scratch: string) {
    this.#options = options;
    this.image = image;
    this.#scratch = scratch;
    this.disk = join(scratch, 'disk.img');
  }

  /** Writes an image to a new disk, as dd does. */
  static async create(options: DiskGuestOptions = {}): Promise<DiskGuest> {
    const image = await testImage(options.image);
    const box = new DiskGuest(options, image, mkdtempSync(join(tmpdir(), 'appliance-box-')));
    await runCommand('cp', ['--sparse=always', '--reflink=auto', image.image, box.disk]);
    const bytes = (options.diskMiB ?? DEFAULT_DISK_MIB) * MIB;
    if (bytes < statSync(box.disk).size)
      throw new Error(`a disk of ${options.diskMiB} MiB is smaller than the image`);
    truncateSync(box.disk, bytes);
    if (options.ini !== undefined) await box.writeBootFile('appliance.ini', options.ini);
    return box;
  }

  /** A copy of the disk as it is now, in a box of its own: what a test prepares once, others start from. */
  async fork(): Promise<DiskGuest> {
    this.#requireOff('copy its disk');
    const box = new DiskGuest(this.#options, this.image, mkdtempSync(join(tmpdir(), 'appliance-box-')));
    await runCommand('cp', ['--sparse=always', '--reflink=auto', this.disk, box.disk]);
    if (existsSync(this.#variables)) await runCommand('cp', [this.#variables, box.#variables]);
    return box;
  }

  /** The guest that runs, or that ran last. */
  get guest(): Guest {
    if (this.#guest === undefined) throw new Error('the box was never powered on');
    return this.#guest;
  }

  get isOn(): boolean {
    return this.#guest !== undefined && this.#guest.exit === undefined;
  }

  get #variables(): string {
    return join(this.#scratch, 'efi-variables.fd');
  }

  /** Where the boot partition is, as mtools wants it. */
  get #drive(): string {
    return `${this.disk}@@${BOOT_OFFSET_BYTES}`;
  }

  get #machinePort(): string {
    return join(this.#scratch, 'machine.sock');
  }

  async powerOn(): Promise<Guest> {
    this.#requireOff('power it on');
    this.#guest = await Guest.start({
      memoryMiB: DEFAULT_MEMORY_MIB,
      httpPort: 18_080,
      httpsPort: 18_443,
      // An update, a watchdog and a panic restart the box.
      restarts: true,
      ...this.#options.guest,
      extraArguments: [
        ...(this.#options.guest?.extraArguments ?? []),
        ...machinePortArguments(this.#machinePort),
      ],
      firmware: prepareFirmware(this.#variables),
      disks: [{ path: this.disk, bus: this.#options.bus ?? 'nvme' }],
    });
    return this.#guest;
  }

  /** Presses the power button and waits; pulls the plug when that takes too long. */
  async powerOff(timeoutMs = POWER_OFF_MS): Promise<GuestExit> {
    return this.guest.powerOff(timeoutMs);
  }

  /** A power cut: QEMU is killed, and the disk is what it was at that moment. */
  async cut(): Promise<GuestExit> {
    return this.guest.quit();
  }

  /** The body of a path; undefined while nobody answers, or with an error. */
  async get(path: string, timeoutMs = ANSWER_MS): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.guest.url}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      // It boots, or it ends.
      return undefined;
    }
  }

  /** One of the emulator's own commands for tests (test/emulator/machine-commands.ts). */
  machine(command: string): Promise<string> {
    return askMachine(this.#machinePort, command);
  }

  async status(timeoutMs = ANSWER_MS): Promise<ApplianceStatus | undefined> {
    const text = await this.get('/status', timeoutMs);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests are about what it holds
    return text === undefined ? undefined : (JSON.parse(text) as ApplianceStatus);
  }

  /** Polls /status until `check` holds; throws with what it said last and the console's end when it does not. */
  async until(
    what: string,
    check: (status: ApplianceStatus) => boolean,
    timeoutMs = 240_000,
  ): Promise<ApplianceStatus> {
    const deadline = performance.now() + timeoutMs;
    let last: ApplianceStatus | undefined;
    while (performance.now() < deadline && this.isOn) {
      last = (await this.status(POLL_ANSWER_MS)) ?? last;
      if (last !== undefined && check(last)) return last;
      await sleep(POLL_MS);
    }
    const seen =
      last === undefined ? 'HTTP never answered' : JSON.stringify({ ...last, boot: undefined }, undefined, 1);
    const end =
      this.guest.exit === undefined
        ? ''
        : ` (QEMU ended: ${this.guest.exit.reason} ${this.guest.exit.detail})`;
    const { lines } = this.guest.console;
    const console = lines.slice(-60).map(({ text }) => text);
    const words = `not within ${timeoutMs / 1000} s: ${what}${end}\n${seen}\n${console.join('\n')}`;
    if (!lines.some(({ text }) => LOST_TIMER_LINE.test(text))) throw new Error(words);
    // For the second try.
    await this.cut();
    await this.powerOn();
    throw new Error(`${LOST_TIMER_ERROR}: ${words}`);
  }

  /** The bytes of a file of the boot partition; undefined when there is none. Only while it is off. */
  async readBootFile(path: string): Promise<Buffer | undefined> {
    this.#requireOff(`read ${path}`);
    const copy = join(this.#scratch, 'read');
    rmSync(copy, { force: true });
    try {
      await this.#mtools('mcopy', ['-n', `::/${path}`, copy]);
    } catch (error) {
      if (error instanceof ImageError && /not found/.test(error.message)) return undefined;
      throw error;
    }
    return readFileSync(copy);
  }

  /** Writes a file of the boot partition as another computer does. Only while it is off. */
  async writeBootFile(path: string, data: string | Uint8Array): Promise<void> {
    this.#requireOff(`write ${path}`);
    const copy = join(this.#scratch, 'write');
    writeFileSync(copy, data);
    await this.#mtools('mcopy', ['-o', copy, `::/${path}`]);
  }

  /** Removes a file of the boot partition. Only while it is off. */
  async removeBootFile(path: string): Promise<void> {
    this.#requireOff(`remove ${path}`);
    await this.#mtools('mdel', [`::/${path}`]);
  }

  /** The paths of all files of the boot partition, sorted. Only while it is off. */
  async listBootFiles(): Promise<string[]> {
    this.#requireOff('list its files');
    const listing = await this.#mtools('mdir', ['-/', '-b', '-a', '::/']);
    const paths = listing.split('\n').map((line) => line.trim().replace(/^::\//, ''));
    return paths.filter((path) => path !== '' && !path.endsWith('/')).sort();
  }

  /** Where the boot partition has these bytes, as offsets in the disk; also while it is on, as the disk has them then. */
  async findOnDisk(bytes: Buffer): Promise<number[]> {
    const found: number[] = [];
    await using disk = await open(this.disk, 'r');
    const window = Buffer.alloc(SEARCH_BYTES + bytes.length - 1);
    const end = DATA_OFFSET_BYTES;
    for (let position = BOOT_OFFSET_BYTES; position < end; position += SEARCH_BYTES) {
      const { bytesRead } = await disk.read(window, 0, Math.min(window.length, end - position), position);
      const read = window.subarray(0, bytesRead);
      for (let at = read.indexOf(bytes); at >= 0; at = read.indexOf(bytes, at + 1)) found.push(position + at);
    }
    return found;
  }

  /** Flips a bit of the disk, also while it is on: what a disk does that is not sound. */
  async spoilDisk(at: number): Promise<void> {
    await using disk = await open(this.disk, 'r+');
    const { buffer } = await disk.read(Buffer.alloc(1), 0, 1, at);
    await disk.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
  }

  /**
   * What is wrong with the disk as sgdisk, fsck.fat and e2fsck see it; empty when nothing is. After a power cut the
   * box may still have to repair something: ask after the next boot. Only while it is off.
   */
  async findFaults(): Promise<string[]> {
    this.#requireOff('check it');
    const faults: string[] = [];
    const run = async (name: string, args: readonly string[], bad: RegExp) => {
      const said = await runCommand(name, args).catch((error: unknown) => `failed: ${String(error)}`);
      if (bad.test(said)) faults.push(`${name}: ${said.trim()}`);
    };
    const boot = join(this.#scratch, 'boot.fat');
    const window = ['bs=1M', 'conv=sparse', `skip=${BOOT_OFFSET_BYTES / MIB}`, `count=${BOOT_MIB}`];
    await runCommand('dd', [`if=${this.disk}`, `of=${boot}`, ...window, 'status=none']);
    await run('sgdisk', ['-v', this.disk], /failed:|Problem:|Caution|corrupt|[1-9]\d* problems?!?/i);
    await run('fsck.fat', ['-n', boot], /failed:|differ|dirty|orphan|error/i);
    await run('e2fsck', ['-f', '-n', `${this.disk}?offset=${DATA_OFFSET_BYTES}`], /failed:|\? no$/m);
    rmSync(boot);
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guest?.[Symbol.asyncDispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #mtools(name: string, args: readonly string[]): Promise<string> {
    return runCommand(name, ['-i', this.#drive, ...args], { env: { MTOOLSRC: '/dev/null' } });
  }

  #requireOff(what: string): void {
    if (this.isOn) throw new Error(`${what}: the box is on, its disk is in use`);
  }
}
