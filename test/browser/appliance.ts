/** `appliance run` with an emulated VPP of its own, for a browser to look at. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApplianceStatus } from '../../src/telemetry/mod.ts';
import { writeEmulatorBinary } from '../emulator/emulator.ts';

export const EXECUTABLE = resolve(import.meta.dirname, '../../dist/appliance');
const READY_MS = 60_000;

export class RunningAppliance implements AsyncDisposable {
  readonly url: string;
  readonly runDir: string;
  readonly #dir: string;
  readonly #child: ChildProcess;

  private constructor(url: string, dir: string, child: ChildProcess) {
    this.url = url;
    this.#dir = dir;
    this.runDir = join(dir, 'run');
    this.#child = child;
  }

  /** Resolves when it serves; its routes may still be under way. */
  static async start(more: string): Promise<RunningAppliance> {
    const dir = mkdtempSync(join(tmpdir(), 'appliance-page-'));
    const config = join(dir, 'appliance.ini');
    writeFileSync(config, ini(dir, more));
    const child = spawn(EXECUTABLE, ['run', '--config', config, '--run-dir', join(dir, 'run')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, EMULATOR_CONTROL: join(dir, 'control.sock') },
    });
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const port = /HTTP port (\d+)/.exec(output)?.[1];
      if (port !== undefined) return new RunningAppliance(`http://127.0.0.1:${port}`, dir, child);
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`the appliance does not serve:\n${output}`);
      }
      await sleep(50);
    }
  }

  async status(): Promise<ApplianceStatus> {
    const response = await fetch(`${this.url}/status`);
    return (await response.json()) as ApplianceStatus;
  }

  /** Resolves when the status is as wanted. */
  async until(what: string, check: (status: ApplianceStatus) => boolean): Promise<ApplianceStatus> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const status = await this.status();
      if (check(status)) return status;
      if (performance.now() > deadline) throw new Error(`not in time: ${what}: ${JSON.stringify(status)}`);
      await sleep(50);
    }
  }

  /** Kills VPP, as a crash would end it. */
  async crashVpp(): Promise<void> {
    const { vpp } = await this.status();
    if (vpp.pid === undefined) throw new Error('there is no VPP to kill');
    process.kill(vpp.pid, 'SIGSEGV');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function ini(dir: string, more: string): string {
  return `[vpp]
enabled = true
binary = ${writeEmulatorBinary(dir)}
api-socket = ${dir}/api.sock
[vpp.cpu]
main-core = 0
workers = 0
[vpp.memory]
main-heap = 256M
buffers = 16384
[vpp.stats]
segment-size = 64M
poll-interval = 5
socket-path = ${dir}/stats.sock
[vpp.lcp]
enabled = false
[http]
listen = 127.0.0.1:0
[fib.vpp]
enabled = true
${more}`;
}
