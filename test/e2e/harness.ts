/**
 * Guests for the end-to-end tests: the executable as PID 1, the emulator as its VPP, a boot disk with the test's
 * appliance.ini, asked over HTTP and read on the serial console.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BootDiskOptions, writeBootDisk } from '../../image/boot-disk.ts';
import { assembleGuest, type GuestArtefacts } from '../../image/guest.ts';
import { Guest, type GuestOptions } from '../../image/qemu.ts';
import { findTool } from '../../image/run-command.ts';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { askMachine, machinePortArguments } from './machine-port.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface BootOptions {
  readonly ini: string | undefined;
  readonly layout?: BootDiskOptions['layout'];
  /** False: a machine without any boot partition. */
  readonly bootDisk?: boolean;
  /** A real VPP: an installed tree or a folder of packages; the emulator by default. */
  readonly vpp?: string;
  readonly guest?: Partial<GuestOptions>;
}

/** Why no guest can be booted here, or undefined. */
export function whyNoGuest(): string | undefined {
  const missing = ['qemu-system-x86_64', 'mcopy', 'mkfs.fat', 'setpriv', 'dpkg-deb', 'xz'].filter(
    (tool) => findTool(tool) === undefined,
  );
  return missing.length === 0 ? undefined : `no guest can be booted: ${missing.join(', ')} not installed`;
}

/** Assembling looks at every input, which takes two seconds even when nothing changed: once per test file. */
const assemblies = new Map<string | undefined, Promise<GuestArtefacts>>();

function assembled(vpp: string | undefined): Promise<GuestArtefacts> {
  const known = assemblies.get(vpp) ?? oneAtATime('build', () => assembleGuest({ vpp }));
  assemblies.set(vpp, known);
  return known;
}

/** A running guest, and what a test asks of it. */
export class TestGuest implements AsyncDisposable {
  readonly guest: Guest;
  readonly #scratch: string;

  private constructor(guest: Guest, scratch: string) {
    this.guest = guest;
    this.#scratch = scratch;
  }

  static async boot(options: BootOptions): Promise<TestGuest> {
    const { kernel, initramfs } = await assembled(options.vpp);
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-e2e-'));
    const disk = join(scratch, 'boot.img');
    if (options.bootDisk !== false) {
      await writeBootDisk(disk, {
        ini: options.ini,
        ...(options.layout === undefined ? {} : { layout: options.layout }),
      });
    }
    const guest = await Guest.start({
      kernel,
      initramfs,
      disks: options.bootDisk === false ? [] : [disk],
      httpPort: 18_080,
      ...options.guest,
      extraArguments: [
        ...(options.guest?.extraArguments ?? []),
        ...machinePortArguments(machinePort(scratch)),
      ],
    });
    return new TestGuest(guest, scratch);
  }

  /** The body of a path; undefined while nobody answers. */
  async get(path: string, timeoutMs = 20_000): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.guest.url}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      // It boots, or it ends.
      return undefined;
    }
  }

  async status(timeoutMs = 20_000): Promise<ApplianceStatus | undefined> {
    const text = await this.get('/status', timeoutMs);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests are about what it holds
    return text === undefined ? undefined : (JSON.parse(text) as ApplianceStatus);
  }

  /** Polls /status until `check` holds; throws with the last conditions and the console's end when it does not. */
  async until(
    what: string,
    check: (status: ApplianceStatus) => boolean,
    timeoutMs = 90_000,
  ): Promise<ApplianceStatus> {
    const deadline = performance.now() + timeoutMs;
    let last: ApplianceStatus | undefined;
    while (performance.now() < deadline && this.guest.exit === undefined) {
      // QEMU takes the connection before the guest is up, and then says nothing: to be asked again soon.
      last = (await this.status(4_000)) ?? last;
      if (last !== undefined && check(last)) return last;
      await sleep(250);
    }
    const seen =
      last === undefined ? 'HTTP never answered' : JSON.stringify({ ...last, boot: undefined }, undefined, 1);
    const console = this.guest.console.lines.slice(-40).map(({ text }) => text);
    throw new Error(`not within ${timeoutMs / 1000} s: ${what}\n${seen}\n${console.join('\n')}`);
  }

  /** One of the emulator's own commands for tests (test/emulator/machine-commands.ts). */
  async machine(command: string): Promise<string> {
    return (await askMachine(machinePort(this.#scratch), command)).trimEnd();
  }

  /**
   * Has the emulator killed. On a busy machine it may be gone before its answer was read, so that says nothing: whoever
   * calls this looks for what the kill does.
   */
  async killVpp(): Promise<void> {
    await this.machine('kill').catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guest[Symbol.asyncDispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function machinePort(scratch: string): string {
  return join(scratch, 'machine.sock');
}
