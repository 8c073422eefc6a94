/**
 * A VPP for the conformance suite: the emulator, or with the environment variable `VPP_BIN` a real VPP. What differs
 * between the two is the emulator's bug.
 *
 * A real VPP's plugins are found by VPP itself, relative to its binary, or in `VPP_PLUGIN_DIR`. It needs no hugepages
 * and no NICs. Only processes that were started here are ended.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'vitest';
import {
  addDelAddress,
  createLoopback,
  setInterfaceFlags,
  type SwIfIndex,
  VppApiClient,
} from '../../src/vpp/api/mod.ts';
import { EmulatorProcess, testStartupConf } from '../emulator/emulator.ts';
import type { StartFaults } from '../emulator/faults.ts';

const LOOPBACK_PREFIXES = [
  { family: 4, address: '10.100.0.1', length: 24 },
  { family: 6, address: '2001:db8:100::1', length: 64 },
] as const;
const READY_MS = 30_000;
const STOP_MS = 5_000;
const POLL_MS = 50;

export const realVppBinary = process.env['VPP_BIN'];

/** What the suite runs against, for the names of its tests. */
export const targetName = realVppBinary === undefined ? 'emulator' : `real VPP ${realVppBinary}`;

export interface ConformanceOptions {
  /** Added to the startup.conf. */
  readonly extraConf?: string;
  /** Heap and stats segment for a full table; only a real VPP has to be told. */
  readonly isLarge?: boolean;
  /** Worker threads of a real VPP, each with a core of its own; default none. */
  readonly workers?: number;
  /** Emulator only: skip the test on a real VPP (`needsEmulator`) before asking for any. */
  readonly faults?: StartFaults;
}

/** One VPP of either kind. */
export interface ConformanceVpp extends AsyncDisposable {
  readonly isReal: boolean;
  readonly apiSocket: string;
  readonly statsSocket: string;
  readonly cliSocket: string;
  readonly pid: number;
  /** The emulator, for its faults; undefined on a real VPP. */
  readonly emulator: EmulatorProcess | undefined;
  /** Ends it by `kill -9`, leaving its socket files. */
  kill(): Promise<void>;
  /** Starts it again in the same place and waits for its API. */
  restart(): Promise<void>;
}

/** Skips the test on a real VPP, saying why. */
export function needsEmulator(ctx: TestContext, why: string): void {
  if (realVppBinary !== undefined) ctx.skip(`only the emulator can be told to: ${why}`);
}

class EmulatedTarget implements ConformanceVpp {
  readonly isReal = false;
  readonly emulator: EmulatorProcess;

  constructor(emulator: EmulatorProcess) {
    this.emulator = emulator;
  }

  get apiSocket(): string {
    return this.emulator.apiSocket;
  }
  get statsSocket(): string {
    return this.emulator.statsSocket;
  }
  get cliSocket(): string {
    return this.emulator.cliSocket;
  }
  get pid(): number {
    return this.emulator.pid;
  }

  async kill(): Promise<void> {
    await this.emulator.kill('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.emulator.spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator[Symbol.asyncDispose]();
  }
}

class RealTarget implements ConformanceVpp {
  readonly isReal = true;
  readonly emulator = undefined;
  readonly #dir = mkdtempSync(join(tmpdir(), 'vpp-real-'));
  readonly #binary: string;
  readonly #confFile = join(this.#dir, 'startup.conf');
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #output = '';

  constructor(binary: string, { extraConf = '', isLarge = false, workers = 0 }: ConformanceOptions) {
    this.#binary = binary;
    const pluginDir = process.env['VPP_PLUGIN_DIR'];
    const small = testStartupConf(this.#dir, extraConf);
    const conf = isLarge
      ? small.replace('size 64M', 'size 512M').replace('main-heap-size 512M', 'main-heap-size 3G')
      : small;
    const path = pluginDir === undefined ? '' : ` path ${pluginDir}`;
    const cores = workers === 0 ? conf : conf.replace('main-core 0', `main-core 0 workers ${workers}`);
    writeFileSync(this.#confFile, cores.replace('plugins {', `plugins {${path}`));
  }

  get apiSocket(): string {
    return join(this.#dir, 'api.sock');
  }
  get statsSocket(): string {
    return join(this.#dir, 'stats.sock');
  }
  get cliSocket(): string {
    return join(this.#dir, 'cli.sock');
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async restart(): Promise<void> {
    const child = spawn(this.#binary, ['-c', this.#confFile], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    child.once('exit', () => resolve());
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
    const deadline = performance.now() + READY_MS;
    while (!(await isListening(this.apiSocket))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`VPP did not open ${this.apiSocket}: ${this.#output.slice(-2000)}`);
      }
      await sleep(POLL_MS);
    }
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill('SIGTERM');
    const ended = await Promise.race([this.#exited.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (!ended) await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function isListening(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createConnection({ path });
  probe.once('connect', () => {
    probe.destroy();
    resolve(true);
  });
  // Not there yet, or nobody behind it.
  probe.once('error', () => resolve(false));
  return promise;
}

/** A VPP with a client and a loopback, `loop100`, that is up with an address of each family. */
export interface WithLoopback extends AsyncDisposable {
  readonly target: ConformanceVpp;
  readonly client: VppApiClient;
  readonly loop: SwIfIndex;
}

export async function startWithLoopback(): Promise<WithLoopback> {
  const target = await startVpp();
  const client = await VppApiClient.connect(target.apiSocket, { clientName: 'conformance' });
  const loop = await createLoopback(client, { instance: 100 });
  for (const prefix of LOOPBACK_PREFIXES) await addDelAddress(client, loop, prefix, true);
  await setInterfaceFlags(client, loop, { adminUp: true });
  return {
    target,
    client,
    loop,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

/** Starts a VPP and waits until its API socket takes connections. */
export async function startVpp(options: ConformanceOptions = {}): Promise<ConformanceVpp> {
  const { extraConf = '', faults } = options;
  if (realVppBinary === undefined) {
    return new EmulatedTarget(await EmulatorProcess.start({ extraConf, ...(faults ? { faults } : {}) }));
  }
  const target = new RealTarget(realVppBinary, options);
  try {
    await target.restart();
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
  return target;
}
