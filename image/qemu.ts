/**
 * Owns a guest: one QEMU process from power-on to its end, with its console, its control connection and the port
 * of its status page.
 *
 * The process ends when its starter ends, in any way (the kernel sends the parent's death signal), and
 * when the guest is disposed.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleLog, type ConsoleLine } from './console-log.ts';
import { ImageError } from './errors.ts';
import { findFreePort } from './free-port.ts';
import {
  type BootSource,
  type DiskOptions,
  type NicModel,
  type NicOptions,
  qemuArguments,
} from './qemu-arguments.ts';
import { QmpClient, type QmpEvent } from './qmp.ts';
import { findTool } from './run-command.ts';

const QEMU = 'qemu-system-x86_64';
const QMP_CONNECT_TIMEOUT_MS = 20_000;
const DEFAULT_MEMORY_MIB = 3072;
const DEFAULT_CPUS = 2;
const DEFAULT_HTTP_PORT = 8080;
const DEFAULT_HTTPS_PORT = 8443;
const LAST_WORDS_BYTES = 4096;
const START_ATTEMPTS = 3;

/**
 * Both consoles get the kernel's messages; a panic reboots after 10 s, which ends QEMU. Mitigations for processors that
 * are not emulated only cost time. The kernel gives the timer ten ticks to show that it works, and panics otherwise
 * (arch/x86/kernel/apic/io_apic.c, check_timer): an emulated processor of a busy machine may be slower, and the kernel
 * leaves the check out for other hypervisors by itself.
 */
const KERNEL_ARGUMENTS =
  'console=tty0 console=ttyS0,115200 intel_iommu=on iommu=pt panic=10 loglevel=4 mitigations=off no_timer_check';

/** The boot source of a guest: a kernel that QEMU loads, or the first disk, found by firmware. */
export type GuestBoot =
  | { readonly kernel: string; readonly initramfs: string; readonly firmware?: undefined }
  | { readonly firmware: GuestFirmware; readonly kernel?: undefined; readonly initramfs?: undefined };

/** UEFI: its code, and the file of its variables, which the caller keeps between boots. */
export interface GuestFirmware {
  readonly code: string;
  readonly variables: string;
}

export interface GuestOptions {
  /** In order; the first is the boot disk. A path alone is a virtio disk. */
  readonly disks?: readonly (string | DiskOptions)[];
  /** Appended to the kernel's command line; only without firmware, where the image has it. */
  readonly appendExtra?: string;
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly managementModel?: NicModel;
  /** Two isolated virtio NICs by default. */
  readonly dataNics?: readonly NicOptions[];
  /** Wanted port of 127.0.0.1; another one is used when it is taken. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** QEMU and the console continue when the guest restarts; otherwise QEMU ends. False by default. */
  readonly restarts?: boolean;
  readonly iommu?: boolean;
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly extraArguments?: readonly string[];
}

/** How QEMU ended, and why, in QEMU's words. */
export interface GuestExit {
  /** `guest-shutdown`: powered itself off; `guest-reset`: rebooted; `guest-panic`: its kernel gave up. */
  readonly reason: 'guest-shutdown' | 'guest-reset' | 'guest-panic' | 'quit' | 'qemu-failed' | 'killed';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Since the start. */
  readonly ms: number;
  /** QEMU's last output on its standard error. */
  readonly detail: string;
}

export class Guest implements AsyncDisposable {
  readonly console = new ConsoleLog();
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `https://127.0.0.1:PORT` */
  readonly httpsUrl: string;
  readonly exited: Promise<GuestExit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #scratch: string;
  readonly #startedAt = performance.now();
  #qmp: QmpClient | undefined;
  #shutdownReason: string | undefined;
  #restarts = 0;
  #stderr = '';
  #exit: GuestExit | undefined;

  private constructor(options: GuestBoot & GuestOptions, httpPort: number, httpsPort: number) {
    this.#scratch = mkdtempSync(join(tmpdir(), 'appliance-guest-'));
    if (options.onConsoleLine !== undefined) this.console.onLine(options.onConsoleLine);
    this.url = `http://127.0.0.1:${httpPort}`;
    this.httpsUrl = `https://127.0.0.1:${httpsPort}`;
    const args = qemuArguments({
      boot: bootSource(options),
      disks: (options.disks ?? []).map((disk) => (typeof disk === 'string' ? { path: disk } : disk)),
      memoryMiB: options.memoryMiB ?? DEFAULT_MEMORY_MIB,
      cpus: options.cpus ?? DEFAULT_CPUS,
      managementModel: options.managementModel ?? 'virtio',
      httpPort,
      httpsPort,
      dataNics: options.dataNics ?? [{}, {}],
      iommu: options.iommu ?? true,
      restarts: options.restarts ?? false,
      qmpSocket: join(this.#scratch, 'qmp'),
      extraArguments: options.extraArguments ?? [],
    });
    // setpriv becomes QEMU: the parent's death signal stays, the pid is QEMU's.
    const command = ['--pdeathsig', 'KILL', '--', toolPath(QEMU), ...args];
    // A process group of its own: Ctrl-C at the terminal reaches us, who power the guest off, and not QEMU.
    this.#child = spawn(toolPath('setpriv'), command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.console.append(chunk));
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-LAST_WORDS_BYTES);
    });
    this.exited = this.#watchExit();
  }

  /**
   * Powers a guest on.
   *
   * @throws ImageError `missing-tool`, `guest-exited` with QEMU's message when it refuses its arguments
   */
  static async start(options: GuestBoot & GuestOptions): Promise<Guest> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await Guest.#startOnce(options);
      } catch (error) {
        // Another process took the port between our check and QEMU's.
        const portTaken = error instanceof Error && error.message.includes('host forwarding rule');
        if (!portTaken || attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  static async #startOnce(options: GuestBoot & GuestOptions): Promise<Guest> {
    const httpPort = await findFreePort(options.httpPort ?? DEFAULT_HTTP_PORT);
    const httpsPort = await findFreePort(options.httpsPort ?? DEFAULT_HTTPS_PORT);
    const guest = new Guest(options, httpPort, httpsPort);
    const ended = new AbortController();
    void guest.exited.then((exit) => ended.abort(exit));
    try {
      guest.#qmp = await QmpClient.connect(join(guest.#scratch, 'qmp'), {
        timeoutMs: QMP_CONNECT_TIMEOUT_MS,
        signal: ended.signal,
        onEvent: (event) => guest.#onEvent(event),
      });
    } catch (cause) {
      await guest[Symbol.asyncDispose]();
      const exit = await guest.exited;
      throw new ImageError('guest-exited', `QEMU did not start: ${exit.detail || exit.reason}`, { cause });
    }
    return guest;
  }

  /** How often it has restarted without ending QEMU: by itself, by a panic, by its watchdog. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Undefined while it runs. */
  get exit(): GuestExit | undefined {
    return this.#exit;
  }

  /** Presses the power button. */
  async pressPowerButton(): Promise<void> {
    await this.command('system_powerdown');
  }

  /** Any QMP command. @throws ImageError `qmp` */
  async command(name: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#qmp === undefined) throw new ImageError('qmp', `${name}: QEMU is not connected`);
    return this.#qmp.execute(name, args);
  }

  /** Waits for the guest to end by itself. @returns undefined at the timeout */
  async waitForExit(timeoutMs: number): Promise<GuestExit | undefined> {
    const controller = new AbortController();
    try {
      return await Promise.race([this.exited, sleep(timeoutMs, undefined, { signal: controller.signal })]);
    } finally {
      controller.abort();
    }
  }

  /** Presses the power button, waits, and ends QEMU when the guest does not end. */
  async powerOff(timeoutMs: number): Promise<GuestExit> {
    await this.pressPowerButton().catch(() => undefined);
    return (await this.waitForExit(timeoutMs)) ?? this.quit();
  }

  /** Pulls the plug. */
  async quit(): Promise<GuestExit> {
    if (this.#exit === undefined) this.#child.kill('SIGKILL');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit();
  }

  #onEvent(event: QmpEvent): void {
    // With -no-reboot a reset arrives as a shutdown with this reason.
    if (event.event === 'SHUTDOWN') this.#shutdownReason = String(event.data?.['reason']);
    if (event.event === 'RESET' && event.data?.['guest'] === true) this.#restarts += 1;
    if (event.event === 'GUEST_PANICKED') this.#shutdownReason = 'guest-panic';
  }

  async #watchExit(): Promise<GuestExit> {
    const { promise, resolve } = Promise.withResolvers<[number | null, NodeJS.Signals | null]>();
    this.#child.once('error', () => resolve([null, null]));
    this.#child.once('close', (code, signal) => resolve([code, signal]));
    const [code, signal] = await promise;
    this.#qmp?.[Symbol.dispose]();
    this.console[Symbol.dispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
    const ms = performance.now() - this.#startedAt;
    // An unconnected wire is intended.
    const said = this.#stderr
      .split('\n')
      .filter((line) => !line.endsWith('is not connected to host network'));
    const detail = said.join('\n').trim();
    this.#exit = { reason: this.#exitReason(code, signal), code, signal, ms, detail };
    return this.#exit;
  }

  #exitReason(code: number | null, signal: NodeJS.Signals | null): GuestExit['reason'] {
    if (signal !== null) return 'killed';
    // A guest that restarts may have panicked long before.
    if (this.#shutdownReason === 'guest-shutdown') return 'guest-shutdown';
    const panicked = this.console.lines.some((line) => line.text.includes('Kernel panic - not syncing'));
    if (panicked || this.#shutdownReason === 'guest-panic') return 'guest-panic';
    if (this.#shutdownReason === 'guest-reset') return 'guest-reset';
    return code === 0 ? 'quit' : 'qemu-failed';
  }
}

function bootSource(options: GuestBoot & GuestOptions): BootSource {
  if (options.firmware !== undefined) return { kind: 'firmware', ...options.firmware };
  const append = `${KERNEL_ARGUMENTS} ${options.appendExtra ?? ''}`.trim();
  return { kind: 'kernel', kernel: options.kernel, initramfs: options.initramfs, append };
}

function toolPath(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new ImageError('missing-tool', `${name} is not installed`);
  return path;
}
