/**
 * A VPP that is killed again and again, under a BIRD with 1,000 routes: `appliance run` on this machine, with the emulator
 * or with the VPP that `VPP_BIN` names. After each death all four say the same: the appliance, VPP's own dump, the kernel
 * and BIRD. There are no NICs and no TAPs here, so the routes are those that need no next hop; with BGP and OSPF through
 * TAPs it is a case of the field (`vpp-killed-30`).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { formatPrefix } from '../../src/config/mod.ts';
import { createNamedNetns, deleteNamedNetns } from '../../src/linux/mod.ts';
import { dumpRoutes, tableId, VppApiClient } from '../../src/vpp/api/mod.ts';
import { realVppBinary } from '../conformance/harness.ts';
import { BIRD, BIRDCL, whyNoBird } from '../system/bird.ts';
import { withHangingVpp } from '../system/hanging-vpp.ts';
import { RunningAppliance } from '../system/running-appliance.ts';
import { reliabilityCase } from './reliability.ts';

const TIMES = Number(process.env['KILL_TIMES'] ?? 200);
const AGREE_MS = 60_000;
/** Of a life of VPP at most: many are cut off in the midst of their routes. */
const LIFE_MS = 1_500;
const NETNS = `kills-${process.pid}`;
const TYPES = ['blackhole', 'unreachable', 'prohibit'];
const V4 = Array.from({ length: 600 }, (_, n) => `10.${100 + (n >> 8)}.${n & 255}.0/24`);
const V6 = Array.from({ length: 400 }, (_, n) => `2001:db8:${(0x6000 + n).toString(16)}::/48`);
const ALL = [...V4, ...V6].sort();

/** A prefix as all four write it. */
const own = (prefix: string): boolean => /^10\.10[0-2]\.|^2001:db8:6/.test(prefix);

class Bird implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'kills-'));

  constructor() {
    createNamedNetns(NETNS);
    const routes = (prefixes: readonly string[]): string =>
      prefixes.map((prefix, n) => `route ${prefix} ${TYPES[n % 3]};`).join('\n');
    writeFileSync(
      this.#at('conf'),
      `router id 192.0.2.1;
protocol device { scan time 1; }
protocol static { ipv4;\n${routes(V4)}\n}
protocol static { ipv6;\n${routes(V6)}\n}
protocol kernel { ipv4 { import none; export all; }; }
protocol kernel { ipv6 { import none; export all; }; }
`,
    );
  }

  get command(): string {
    return `${BIRD} -f -c ${this.#at('conf')} -s ${this.#at('ctl')} -P ${this.#at('pid')}`;
  }

  /** What is in its tables. */
  get prefixes(): string[] {
    const words = ['-s', this.#at('ctl'), 'show', 'route'];
    const { stdout } = spawnSync(BIRDCL, words, { encoding: 'utf8', timeout: 10_000, maxBuffer: 1 << 24 });
    return stdout.split('\n').flatMap((line) => /^(\S+\/\d+) /.exec(line)?.[1] ?? []);
  }

  #at(suffix: string): string {
    return join(this.#dir, `bird.${suffix}`);
  }

  [Symbol.dispose](): void {
    deleteNamedNetns(NETNS);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function inKernel(): string[] {
  const list = (family: string): string[] => {
    const text = execFileSync('ip', ['-n', NETNS, family, 'route', 'show'], { encoding: 'utf8' });
    return text.split('\n').flatMap((line) => /^(?:\w+ )?([0-9a-f.:]+\/\d+) /.exec(line)?.[1] ?? []);
  };
  return [...list('-4'), ...list('-6')];
}

async function inVpp(running: RunningAppliance): Promise<string[]> {
  await using client = await VppApiClient.connect(`${running.dir}/api.sock`);
  const all = await Promise.all(
    ([4, 6] as const).map((family) => dumpRoutes(client, { family, tableId: tableId(0) })),
  );
  return all.flat().map(({ prefix }) => formatPrefix(prefix));
}

/** What differs between the four; empty when nothing does. */
async function differences(running: RunningAppliance, bird: Bird): Promise<string[]> {
  const told = (await running.fib()).map(({ prefix }) => prefix);
  const has = { '/fib/vpp': told, VPP: await inVpp(running), kernel: inKernel(), BIRD: bird.prefixes };
  return Object.entries(has).flatMap(([who, prefixes]) => {
    const found = new Set(prefixes.filter(own));
    const missing = ALL.filter((prefix) => !found.has(prefix)).length;
    return missing === 0 && found.size === ALL.length ? [] : [`${who} has ${found.size}, lacks ${missing}`];
  });
}

async function untilAgreed(running: RunningAppliance, bird: Bird, when: string): Promise<number> {
  const beganAt = performance.now();
  for (;;) {
    const found = await differences(running, bird).catch((error: unknown) => [String(error)]);
    const ms = performance.now() - beganAt;
    if (found.length === 0) return ms;
    if (ms > AGREE_MS) throw new Error(`${when}: ${found.join('; ')}\n${running.output.slice(-5_000)}`);
    await sleep(100);
  }
}

const why = whyNoBird();

describe.skipIf(why !== undefined)('a VPP that is killed', () => {
  const timeoutMs = TIMES * 30_000;
  reliabilityCase(`${TIMES} times, under a routing daemon`, { kind: 'kills', timeoutMs }, async () => {
    using bird = new Bird();
    const more = `[fib.kernel]
import = true
[supervisor]
backoff-ms = 100
backoff-max-ms = 200
stable-ms = 100
loop-after = 1000
[service.bird]
command = ${bird.command}
netns = ${NETNS}
`;
    const config = withHangingVpp({ lcp: `netns = ${NETNS}`, more });
    await using running = new RunningAppliance(config);
    await running.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');
    await untilAgreed(running, bird, 'at the start');
    const times: number[] = [];
    for (let kill = 1; kill <= TIMES; kill++) {
      const pid = (await running.status())?.vpp.pid;
      if (pid === undefined) throw new Error('there is no VPP to kill');
      process.kill(pid, 'SIGKILL');
      await running.until('another VPP runs', ({ vpp }) => vpp.pid !== undefined && vpp.pid !== pid);
      // Every third one dies before it has everything.
      if (kill % 3 === 0) {
        await sleep(Math.random() * LIFE_MS);
        continue;
      }
      times.push(await untilAgreed(running, bird, `after kill ${kill}`));
    }
    await untilAgreed(running, bird, 'at the end');
    const status = await running.status();
    expect(running.output).not.toMatch(/looping/);
    const name = realVppBinary === undefined ? 'the emulator' : `VPP ${status?.vpp.version}`;
    const worst = Math.max(...times) / 1_000;
    return `${name}: ${ALL.length} routes in all four after each of ${TIMES} kills, ${worst.toFixed(1)} s at most`;
  });
});
