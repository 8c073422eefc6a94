/** A BIRD with a full table, for benchmarks: it announces it by BGP, or installs it into the kernel of its namespace. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatKey, newRouteKey, type RouteKey } from '../../src/fib/mod.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';
import { BIRD, BIRDCL } from '../system/bird.ts';
import { nextHop } from './fib-setup.ts';
import { FullTable, NEXT_HOPS } from './full-table.ts';

export const BIRD_PORT = 1790;
/** Coprime to the numbers of sets that anybody asks for: neighbouring prefixes have different attributes. */
const SET_STEP = 7_919;

/** Whether BIRD takes a prefix: not inside 127.0.0.0/8. */
export function isTaken({ family, w0 }: RouteKey): boolean {
  return family !== 4 || w0 >>> 24 !== 127;
}

export class BenchBird implements AsyncDisposable {
  readonly netns = `bench-bgp-${process.pid}`;
  readonly #dir = mkdtempSync(join(tmpdir(), 'bench-bgp-'));
  #child: ChildProcess | undefined;
  #output = '';

  constructor() {
    createNamedNetns(this.netns);
    const ip = (...args: string[]): void => void execFileSync('ip', ['-n', this.netns, ...args]);
    ip('link', 'add', 'loop0', 'type', 'veth', 'peer', 'name', 'peer0');
    for (const link of ['loop0', 'peer0']) ip('link', 'set', link, 'up');
    ip('address', 'add', '192.0.2.254/24', 'dev', 'loop0');
    ip('address', 'add', '2001:db8::ffff/64', 'dev', 'loop0', 'nodad');
  }

  /** Starts it with so many routes in so many sets of attributes; resolves, when it has them, with how many it takes. */
  async start(routes: number, sets: number): Promise<number> {
    const taken = await this.#write(routes, sets);
    const args = ['-f', '-c', this.#path('conf'), '-s', this.#path('ctl'), '-P', this.#path('pid')];
    const child = withNetns(this.netns, () => spawn(BIRD, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-4_000);
      });
    while (!this.ask('show route where source = RTS_STATIC count').includes(`Total: ${taken} of `)) {
      if (child.exitCode !== null) throw new Error(`BIRD ended: ${this.#output}`);
      await sleep(200);
    }
    return taken;
  }

  /** What it says to a command. */
  ask(command: string): string {
    const { stdout } = spawnSync(BIRDCL, ['-s', this.#path('ctl'), ...command.split(' ')], {
      encoding: 'utf8',
    });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    deleteNamedNetns(this.netns);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #write(routes: number, sets: number): Promise<number> {
    const file = createWriteStream(this.#path('conf'));
    file.write(`router id 192.0.2.9;
protocol device { }
protocol direct { ipv4; ipv6; }
protocol kernel kernel4 { disabled; ipv4 { import none; export where source = RTS_STATIC; }; }
protocol kernel kernel6 { disabled; ipv6 { import none; export where source = RTS_STATIC; }; }
protocol bgp box {
  local 127.0.0.1 port ${BIRD_PORT} as 65001;
  neighbor 127.0.0.1 as 65001;
  multihop; passive;
  ipv4 { import none; export where source = RTS_STATIC; next hop keep; };
  ipv6 { import none; export where source = RTS_STATIC; next hop keep; };
}
`);
    const table = new FullTable(routes);
    const key = newRouteKey();
    let lines: string[] = [];
    let family = 0;
    let taken = 0;
    for (let i = 0; table.next(key) >= 0; i++) {
      if (!isTaken(key)) continue;
      taken += 1;
      if (key.family !== family) {
        lines.push(`${family === 0 ? '' : '}\n'}protocol static { ipv${key.family};\n`);
        family = key.family === 6 ? 6 : 4;
      }
      const set = (i * SET_STEP) % sets;
      const hop = nextHop(family as 4 | 6, set % NEXT_HOPS);
      const communities = `bgp_community.add((65002, ${set & 0xffff})); bgp_community.add((65003, ${set >>> 16}));`;
      lines.push(`route ${formatKey(key)} via ${hop} { bgp_next_hop = ${hop}; ${communities} };\n`);
      if (lines.length < 10_000) continue;
      if (!file.write(lines.join(''))) await once(file, 'drain');
      lines = [];
    }
    file.end(`${lines.join('')}}\n`);
    await once(file, 'finish');
    return taken;
  }

  #path(name: string): string {
    return join(this.#dir, `bird.${name}`);
  }
}
