/**
 * `appliance run`, the executable as a user starts it: with a folder of its own for its configuration, its sockets and
 * the emulator that may be its VPP. Asked over its Unix socket and over HTTP.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FibRoute } from '../../src/fib/status.ts';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { type EmulatorProcess, writeEmulatorBinary } from '../emulator/emulator.ts';

export const EXECUTABLE = resolve(import.meta.dirname, '../../dist/appliance');
const POLL_MS = 50;
const PATIENCE_MS = 60_000;

/** What of a configuration the tests differ in. */
export interface RunConfig {
  /** Lines of `[vpp]`: which VPP it is. */
  readonly vpp: string;
  readonly statsSocket?: string;
  readonly pollIntervalSeconds?: number;
  readonly buffers?: number;
  /** Lines of `[vpp.lcp]`. */
  readonly lcp?: string;
  /** Where it serves HTTP; default: a free port of 127.0.0.1. */
  readonly listen?: string;
  /** Further lines of `[http]`. */
  readonly http?: string;
  /** Further sections. */
  readonly more?: string;
}

/** A configuration for the folder that the appliance runs in. */
export type ConfigIn = (dir: string) => RunConfig;

/** With the emulator as a VPP of its own. `vpp` holds more lines of `[vpp]`. */
export function withOwnVpp({ vpp = '', ...rest }: Partial<RunConfig> = {}): ConfigIn {
  return (dir) => ({
    vpp: `binary = ${writeEmulatorBinary(dir)}\napi-socket = ${dir}/api.sock\n${vpp}`,
    ...rest,
  });
}

/** Beside an emulator that runs already. */
export function withExternalVpp(vpp: EmulatorProcess, rest: Omit<RunConfig, 'vpp'> = {}): ConfigIn {
  return () => ({
    vpp: `external = true\napi-socket = ${vpp.apiSocket}`,
    statsSocket: vpp.statsSocket,
    ...rest,
  });
}

export interface RunOptions {
  /** More for its environment, which its VPP inherits. */
  readonly env?: NodeJS.ProcessEnv;
  /** A program, and its arguments, that runs it: the command line of `appliance run` follows. */
  readonly by?: (dir: string) => readonly string[];
}

export class RunningAppliance implements AsyncDisposable {
  readonly dir: string;
  readonly runDir: string;
  /** The path of its configuration. */
  readonly file: string;
  readonly child: ChildProcess;
  /** Its log so far. */
  output = '';

  /** Starts it, and waits for nothing. */
  constructor(config: ConfigIn, { env = {}, by = () => [] }: RunOptions = {}) {
    this.dir = mkdtempSync(join(tmpdir(), 'appliance-run-'));
    this.runDir = join(this.dir, 'run');
    this.file = join(this.dir, 'appliance.ini');
    this.write(config);
    const own = [EXECUTABLE, 'run', '--config', this.file, '--run-dir', this.runDir];
    const [program = '', ...args] = [...by(this.dir), ...own];
    this.child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  /** Starts it; resolves when it serves. Its routes may still be under way. */
  static async serving(config: ConfigIn, options?: RunOptions): Promise<RunningAppliance> {
    const appliance = new RunningAppliance(config, options);
    await appliance.untilSo('it serves', () => appliance.#port());
    return appliance;
  }

  /** Writes its configuration anew; SIGHUP makes it read it. */
  write(config: ConfigIn): void {
    writeFileSync(this.file, iniOf(this.dir, config(this.dir)));
  }

  /** `http://127.0.0.1:PORT`; it serves already. */
  get url(): string {
    const port = this.#port();
    if (port === undefined) throw new Error(`it does not serve yet:\n${this.output}`);
    return `http://127.0.0.1:${port}`;
  }

  /** What /status says over the Unix socket; undefined while nobody answers. */
  async status(): Promise<ApplianceStatus | undefined> {
    const asked = request({ socketPath: join(this.runDir, 'appliance.sock'), path: '/status' });
    try {
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return JSON.parse(await text(response)) as ApplianceStatus;
    } catch {
      return undefined;
    }
  }

  /** What /fib/vpp says. Rejects when nobody answers. */
  async fib(): Promise<readonly FibRoute[]> {
    const asked = request({ socketPath: join(this.runDir, 'appliance.sock'), path: '/fib/vpp' });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return JSON.parse(await text(response)) as FibRoute[];
  }

  /** Resolves when the status is as wanted. */
  until(what: string, check: (status: ApplianceStatus) => boolean): Promise<ApplianceStatus> {
    return this.untilSo(what, async () => {
      const status = await this.status();
      return status !== undefined && check(status) ? status : undefined;
    });
  }

  /** Resolves with what the probe gives when it gives something. Rejects with the log when it has not in time. */
  async untilSo<T>(what: string, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const value = await probe();
      if (value !== undefined) return value;
      if (performance.now() > deadline) throw new Error(`not in time: ${what}\n${this.output}`);
      await sleep(POLL_MS);
    }
  }

  /** Kills VPP, as a crash would end it. */
  async crashVpp(): Promise<void> {
    const pid = (await this.status())?.vpp.pid;
    if (pid === undefined) throw new Error('there is no VPP to kill');
    process.kill(pid, 'SIGSEGV');
  }

  /** Ends it, unless it has ended; resolves with its exit code. */
  async end(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #port(): string | undefined {
    return /HTTP port (\d+)/.exec(this.output)?.[1];
  }
}

function iniOf(dir: string, config: RunConfig): string {
  const { vpp, statsSocket = `${dir}/stats.sock`, pollIntervalSeconds = 1, buffers = 16_384 } = config;
  const { lcp = 'enabled = false', listen = '127.0.0.1:0', http = '', more = '' } = config;
  return `[vpp]
enabled = true
${vpp}
[vpp.cpu]
main-core = 0
workers = 0
[vpp.memory]
main-heap = 256M
buffers = ${buffers}
[vpp.stats]
segment-size = 64M
poll-interval = ${pollIntervalSeconds}
socket-path = ${statsSocket}
[vpp.lcp]
${lcp}
[http]
listen = ${listen}
${http}
[fib.vpp]
enabled = true
${more}`;
}
