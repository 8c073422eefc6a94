/** A BIRD of Debian on the box, in a namespace of its own, that hands its static routes over by BGP. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';
import { BIRD, BIRDCL } from './bird.ts';

export const BIRD_ADDRESS = '127.0.0.1';
/** The next hops of all its routes. */
export const HOP = { 4: '192.0.2.7', 6: '2001:db8:ffff::7' } as const;

export class BgpBird implements AsyncDisposable {
  readonly netns = `bgp-bird-${process.pid}`;
  readonly port = 1790;
  readonly #dir = mkdtempSync(join(tmpdir(), 'bgp-bird-'));
  #child: ChildProcess | undefined;
  #output = '';

  /** Makes the namespace; starts nothing. */
  constructor() {
    createNamedNetns(this.netns);
  }

  /** Starts it; resolves when it answers. */
  async start(announced: readonly string[]): Promise<void> {
    this.#write(announced);
    const args = ['-f', '-c', this.#path('conf'), '-s', this.#path('ctl'), '-P', this.#path('pid')];
    const child = withNetns(this.netns, () => spawn(BIRD, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    const deadline = performance.now() + 30_000;
    while (!/^BIRD/m.test(this.#ask('show status'))) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`BIRD does not answer: ${this.#output}`);
      await sleep(50);
    }
  }

  /** Has it announce others in the place of those before. */
  announce(announced: readonly string[]): void {
    this.#write(announced);
    const said = this.#ask('configure');
    if (!/Reconfigur/.test(said)) throw new Error(`BIRD did not take its routes: ${said}`);
  }

  /** It is gone at once, without a word over BGP. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** It ends the session, and stays. */
  disable(): void {
    this.#ask('disable box');
  }

  /** Routes by gateways in the kernel of its namespace. */
  kernelRoutes(): number {
    const count = (family: '-4' | '-6'): number =>
      execFileSync('ip', ['-n', this.netns, family, 'route', 'show'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(' via ')).length;
    return count('-4') + count('-6');
  }

  /** What it said, for a test that failed. */
  get words(): string {
    return `${this.#output}\n${this.#ask('show protocols all')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    deleteNamedNetns(this.netns);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #write(announced: readonly string[]): void {
    const of = (family: 4 | 6): string =>
      announced
        .filter((prefix) => prefix.includes(':') === (family === 6))
        .map((prefix) => `route ${prefix} blackhole;`)
        .join('\n');
    const channel = (family: 4 | 6): string =>
      `ipv${family} { import none; export filter { bgp_next_hop = ${HOP[family]}; accept; }; };`;
    writeFileSync(
      this.#path('conf'),
      `router id 192.0.2.9;
protocol device { }
protocol static { ipv4;
${of(4)}
}
protocol static { ipv6;
${of(6)}
}
protocol bgp box {
  local ${BIRD_ADDRESS} port ${this.port} as 65001;
  neighbor 127.0.0.1 port 1179 as 65001;
  multihop; graceful restart on;
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  ${channel(4)}
  ${channel(6)}
}
`,
    );
  }

  #path(name: string): string {
    return join(this.#dir, `bird.${name}`);
  }

  #ask(command: string): string {
    const { stdout, stderr } = spawnSync(BIRDCL, ['-s', this.#path('ctl'), ...command.split(' ')], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return `${stdout}${stderr}`;
  }
}
