/**
 * A machine at the other end of a guest's cable: a network namespace of this one, joined to the guest's NIC by a TAP.
 * Needs root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NicNetwork } from '../../image/qemu-arguments.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

/** Why there can be none here, or undefined. */
export function whyNoTapNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'TAPs and network namespaces need root';
  if (spawnSync('ip', ['-V']).status !== 0) return 'iproute2 makes the links';
  const probe = `probe-${process.pid}`;
  const made = spawnSync('ip', ['tuntap', 'add', probe, 'mode', 'tap'], { encoding: 'utf8' });
  if (made.status !== 0) return `no TAP can be made: ${made.stderr.trim()}`;
  ip('tuntap', 'del', probe, 'mode', 'tap');
  return undefined;
}

export class Neighbour implements AsyncDisposable {
  readonly netns: string;
  readonly #tap: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'neighbour-'));
  #program: ChildProcess | undefined;
  #output = '';

  /** Makes the namespace and the TAP; the name has five characters at most. */
  constructor(name: string) {
    this.netns = `${name}-${process.pid}`;
    this.#tap = `${name}${process.pid}`;
    createNamedNetns(this.netns);
    ip('tuntap', 'add', this.#tap, 'mode', 'tap');
  }

  /** For the guest's NIC. */
  get network(): NicNetwork {
    return { kind: 'tap', name: this.#tap };
  }

  /** Takes the TAP into the namespace, as `eth0`; QEMU has it by now. */
  plugIn(...addresses: readonly string[]): void {
    ip('link', 'set', this.#tap, 'netns', this.netns);
    ip('-n', this.netns, 'link', 'set', this.#tap, 'name', 'eth0');
    for (const address of addresses) ip('-n', this.netns, 'address', 'add', address, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) ip('-n', this.netns, 'link', 'set', link, 'up');
  }

  /** Runs `ip` in the namespace. */
  ip(...args: readonly string[]): string {
    return ip('-n', this.netns, ...args);
  }

  /** Where its program may keep a file. */
  path(name: string): string {
    return join(this.#dir, name);
  }

  /** Writes a file, and says where. */
  write(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs one program in the namespace until the end. */
  run(program: string, args: readonly string[]): void {
    const child = withNetns(this.netns, () => spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#program = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
  }

  /** What its program said. */
  get words(): string {
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#program;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    deleteNamedNetns(this.netns);
    spawnSync('ip', ['tuntap', 'del', this.#tap, 'mode', 'tap']);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
