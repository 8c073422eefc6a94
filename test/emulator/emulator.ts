/**
 * The emulator as a process of a test: its directory, startup.conf, sockets and control.
 *
 *   await using emulator = await EmulatorProcess.start();
 *   const client = await VppApiClient.connect(emulator.apiSocket);
 *   await emulator.control({ command: 'late', message: 'show_version', ms: 500 });
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ControlAnswer, ControlCommand } from './control.ts';
import type { StartFaults } from './faults.ts';
import type { ReportedRoute } from './fib-report.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const READY_MS = 20_000;
const STOP_MS = 3_000;
const POLL_MS = 10;

export interface EmulatorOptions {
  /** Replaces the usual text; `${dir}` is replaced by the emulator's directory. */
  readonly startupConf?: string;
  /** Added to the usual text: `dpdk { … }`, for example. */
  readonly extraConf?: string;
  readonly faults?: StartFaults;
  /** Wait for the API socket (default) or return at once. */
  readonly waitForSocket?: boolean;
}

/** A startup.conf for tests: no hugepages, no NICs, its own directory. */
export function testStartupConf(dir: string, extra = ''): string {
  return [
    `unix { nodaemon nosyslog cli-listen ${dir}/cli.sock runtime-dir ${dir} }`,
    `api-segment { prefix ${dir.replace(/[^A-Za-z0-9]/g, '').slice(-16)} }`,
    `socksvr { socket-name ${dir}/api.sock }`,
    `statseg { socket-name ${dir}/stats.sock size 64M per-node-counters on update-interval 1 }`,
    'memory { main-heap-size 512M }',
    'buffers { buffers-per-numa 4096 page-size default }',
    'cpu { main-core 0 }',
    extra.includes('plugins {')
      ? ''
      : 'plugins { plugin default { disable } plugin linux_cp_plugin.so { enable } }',
    extra,
    '',
  ].join('\n');
}

/**
 * Writes an executable `vpp` into `dir` that runs the emulator under its own pid, for use as `vpp.binary`.
 *
 * @param faults its faults and its version, for every start
 */
export function writeEmulatorBinary(dir: string, faults?: StartFaults): string {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'vpp');
  const quoted = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN].map((word) => `'${word}'`);
  const environment =
    faults === undefined ? '' : `export EMULATOR_FAULTS='${JSON.stringify(faults).replaceAll("'", '')}'\n`;
  writeFileSync(path, `#!/bin/sh\n${environment}exec ${quoted.join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

export class EmulatorProcess implements AsyncDisposable {
  readonly dir: string;
  readonly apiSocket: string;
  readonly statsSocket: string;
  readonly cliSocket: string;
  readonly controlSocket: string;
  readonly confFile: string;
  /** Its output on both streams. */
  output = '';
  #child: ChildProcess | undefined;
  #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined;
  readonly #options: EmulatorOptions;

  private constructor(options: EmulatorOptions) {
    this.#options = options;
    this.dir = mkdtempSync(join(tmpdir(), 'vpp-emulator-'));
    this.apiSocket = join(this.dir, 'api.sock');
    this.statsSocket = join(this.dir, 'stats.sock');
    this.cliSocket = join(this.dir, 'cli.sock');
    this.controlSocket = join(this.dir, 'control.sock');
    this.confFile = join(this.dir, 'startup.conf');
    const conf =
      options.startupConf?.replaceAll('${dir}', this.dir) ?? testStartupConf(this.dir, options.extraConf);
    writeFileSync(this.confFile, conf);
  }

  /** Starts an emulator in its own directory and waits until it answers. */
  static async start(options: EmulatorOptions = {}): Promise<EmulatorProcess> {
    const emulator = new EmulatorProcess(options);
    try {
      await emulator.spawn();
    } catch (error) {
      await emulator[Symbol.asyncDispose]();
      throw error;
    }
    return emulator;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when the process has ended. */
  get exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#exited ?? Promise.reject(new Error('the emulator was not started'));
  }

  /** Starts the process (again): same directory, same sockets. */
  async spawn(faults: StartFaults | undefined = this.#options.faults): Promise<void> {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, '-c', this.confFile],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          EMULATOR_CONTROL: this.controlSocket,
          EMULATOR_FAULTS: JSON.stringify({ startMs: 0, ...faults }),
        },
      },
    );
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<{
      code: number | null;
      signal: NodeJS.Signals | null;
    }>();
    this.#exited = promise;
    let hasExited = false;
    child.once('exit', (code, signal) => {
      hasExited = true;
      resolve({ code, signal });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
    if (this.#options.waitForSocket === false) return;
    const deadline = performance.now() + READY_MS;
    while (!(await this.#answersControl())) {
      if (hasExited) throw new Error(`the emulator exited before it was ready: ${this.output}`);
      if (performance.now() > deadline)
        throw new Error(`the emulator is not ready after ${READY_MS} ms: ${this.output}`);
      await sleep(POLL_MS);
    }
  }

  async #answersControl(): Promise<boolean> {
    if (!existsSync(this.controlSocket)) return false;
    try {
      await this.control({ command: 'state' });
      return true;
    } catch {
      // Not listening yet, or the file of a killed emulator.
      return false;
    }
  }

  /** Sends it a command; rejects with its error. */
  async control(command: ControlCommand): Promise<ControlAnswer & { ok: true }> {
    const { promise, resolve, reject } = Promise.withResolvers<ControlAnswer & { ok: true }>();
    const socket = createConnection({ path: this.controlSocket });
    let text = '';
    socket.on('connect', () => socket.write(`${JSON.stringify(command)}\n`));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (!text.endsWith('\n')) return;
      const answer: ControlAnswer = JSON.parse(text);
      if (answer.ok) resolve(answer);
      else reject(new Error(answer.error));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the emulator closed its control socket')));
    return promise;
  }

  /** The routes of the API, one after the other; rejects when the emulator ends. */
  async *dumpFib(): AsyncGenerator<ReportedRoute> {
    const socket = createConnection({ path: this.controlSocket });
    const command: ControlCommand = { command: 'fib-dump' };
    socket.write(`${JSON.stringify(command)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const value: ReportedRoute | ControlAnswer = JSON.parse(line);
      if (!('ok' in value)) {
        yield value;
        continue;
      }
      socket.destroy();
      if (!value.ok) throw new Error(value.error);
      return;
    }
    throw new Error('the emulator closed its control socket in the middle of a dump');
  }

  /** Ends it with `signal`; SIGKILL leaves its socket files behind. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#exited;
  }

  /** Ends it normally: SIGTERM, and SIGKILL when that does not suffice. */
  async stop(): Promise<void> {
    const exited = this.#exited;
    if (exited === undefined) return;
    this.#child?.kill('SIGTERM');
    const stopped = await Promise.race([exited.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (!stopped) await this.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
