/**
 * The figures of `/metrics` are those of VPP: against an emulated segment whose every counter is known by its place,
 * and, when VPP_BIN names one, against a real VPP whose counters its own vpp_get_stats reads just before and just after.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseExposition, scrape, valueOf } from '../fixtures/exposition.ts';
import { makeStatus } from '../fixtures/status.ts';
import { StatsClient, type StatsSnapshot } from '../../src/vpp/stats/mod.ts';
import { makeSegmentOfSize } from '../emulator/stats-size.ts';
import { type ConformanceVpp, realVppBinary, startVpp } from './harness.ts';

const exposition = async (snapshot: StatsSnapshot, zeroSeries = true) =>
  parseExposition(await scrape({ snapshot, status: () => makeStatus({ telemetry: { zeroSeries } }) }));

test('known counters of the emulator, summed over nine threads, are those of the exposition', async () => {
  const size = { interfaces: 40, workers: 8, nodes: 60, errors: 120 };
  using segment = makeSegmentOfSize(size);
  using client = StatsClient.fromFd(openSync(`/proc/self/fd/${segment.fd}`, 'r'));
  const families = await exposition(client.readSnapshot());
  const threads = size.workers + 1;
  const sumOfThreads = (size.workers * threads) / 2;
  for (let i = 1; i < size.interfaces; i++) {
    const labels = { interface: `TenGigabitEthernet3/0/0.${i}` };
    const packets = threads * i * 1000 + sumOfThreads;
    const read = (name: string) => valueOf(families, `vpp_interface_${name}_total`, labels);
    expect(read('receive_packets')).toBe(packets);
    expect(read('receive_bytes')).toBe(packets * 512);
    expect(read('transmit_packets')).toBe(packets - threads);
    expect(read('transmit_bytes')).toBe((packets - threads) * 512);
    expect(read('ip4_packets')).toBe(packets);
    expect(read('drops')).toBe(sumOfThreads);
    expect(read('receive_unicast_packets')).toBe(0);
  }
  for (let i = 0; i < size.nodes; i++) {
    const labels = { node: `node-${i}` };
    const runs = i % 4 === 0 ? threads : 0;
    expect(valueOf(families, 'vpp_node_calls_total', labels)).toBe(runs * (i * 100 + 1));
    expect(valueOf(families, 'vpp_node_vectors_total', labels)).toBe(runs * (i * 300 + 3));
    expect(valueOf(families, 'vpp_node_clocks_total', labels)).toBe(runs * (i * 9000 + 90));
    expect(valueOf(families, 'vpp_node_vectors_per_call', labels)).toBe(runs === 0 ? undefined : 3);
    expect(valueOf(families, 'vpp_node_clocks_per_vector', labels)).toBe(runs === 0 ? undefined : 30);
  }
  for (let i = 0; i < size.errors; i++) {
    const labels = { node: `node-${i % size.nodes}`, reason: `reason number ${Math.floor(i / size.nodes)}` };
    expect(valueOf(families, 'vpp_errors_total', labels)).toBe(i % 50 === 0 ? threads * (i + 1) : 0);
  }
  for (let thread = 0; thread < threads; thread++) {
    const labels = { thread: thread === 0 ? 'vpp_main' : `vpp_wk_${thread - 1}` };
    expect(valueOf(families, 'vpp_system_thread_vector_rate', labels)).toBe(thread * 10);
  }
  // what is left out are zeros, and nothing else
  const small = await exposition(client.readSnapshot(), false);
  for (const name of ['vpp_node_calls_total', 'vpp_errors_total']) {
    const nonZero = families.get(name)?.samples.filter(({ value }) => value > 0);
    expect(small.get(name)?.samples).toEqual(nonZero);
  }
});

/** Metrics by the path that vpp_get_stats has them under: packets, and bytes of combined ones. */
const OF_INTERFACES: Readonly<Record<string, readonly [packets: string, bytes?: string]>> = {
  '/if/rx': ['receive_packets', 'receive_bytes'],
  '/if/tx': ['transmit_packets', 'transmit_bytes'],
  '/if/rx-unicast': ['receive_unicast_packets', 'receive_unicast_bytes'],
  '/if/rx-multicast': ['receive_multicast_packets', 'receive_multicast_bytes'],
  '/if/rx-broadcast': ['receive_broadcast_packets', 'receive_broadcast_bytes'],
  '/if/tx-unicast': ['transmit_unicast_packets', 'transmit_unicast_bytes'],
  '/if/tx-multicast': ['transmit_multicast_packets', 'transmit_multicast_bytes'],
  '/if/tx-broadcast': ['transmit_broadcast_packets', 'transmit_broadcast_bytes'],
  '/if/drops': ['drops'],
  '/if/punt': ['punts'],
  '/if/ip4': ['ip4_packets'],
  '/if/ip6': ['ip6_packets'],
  '/if/mpls': ['mpls_packets'],
  '/if/rx-miss': ['receive_misses'],
  '/if/rx-no-buf': ['receive_no_buffer'],
  '/if/rx-error': ['receive_errors'],
  '/if/tx-error': ['transmit_errors'],
};

/** Sums over the threads by metric and name: `receive_packets loop0`, `node calls ip4-lookup`, `error NODE/REASON`. */
type Figures = ReadonlyMap<string, number>;

/** What vpp_get_stats says, from its text. */
function figuresOfText(text: string): Figures {
  const names = new Map<string, string>();
  for (const [, index, name, path] of text.matchAll(/^\[(\d+)\]: (.+) (\/if\/names|\/sys\/node\/names)$/gm)) {
    names.set(`${path} ${index}`, name ?? '');
  }
  const figures = new Map<string, number>();
  const add = (key: string, value: string): void => {
    figures.set(key, (figures.get(key) ?? 0) + Number(value));
  };
  for (const line of text.split('\n')) {
    const found = /^\[(\d+) @ \d+\]: (\d+) packets(?:, (\d+) bytes)? (.+)$/.exec(line);
    if (found === null) continue;
    const [, index = '', packets = '0', bytes = '0', path = ''] = found;
    const families = OF_INTERFACES[path];
    if (families !== undefined) {
      const name = names.get(`/if/names ${index}`) ?? '';
      add(`${families[0]} ${name}`, packets);
      if (families[1] !== undefined) add(`${families[1]} ${name}`, bytes);
    } else if (path.startsWith('/sys/node/')) {
      add(`node ${path.slice('/sys/node/'.length)} ${names.get(`/sys/node/names ${index}`)}`, packets);
    } else if (path.startsWith('/err/')) add(`error ${path.slice('/err/'.length)}`, packets);
  }
  return figures;
}

/** The same from our exposition. */
async function figuresOf(snapshot: StatsSnapshot): Promise<Figures> {
  const figures = new Map<string, number>();
  for (const [family, { samples }] of await exposition(snapshot)) {
    const counter = /^vpp_(interface|node|errors)_?(\w*?)_?total$/.exec(family);
    for (const { labels, value } of counter === null ? [] : samples) {
      const [, kind, name] = counter ?? [];
      if (kind === 'interface') figures.set(`${name} ${labels['interface']}`, value);
      else if (kind === 'node') figures.set(`node ${name} ${labels['node']}`, value);
      else figures.set(`error ${labels['node']}/${labels['reason']}`, value);
    }
  }
  return figures;
}

class RealVpp implements AsyncDisposable {
  readonly #vpp: ConformanceVpp;
  readonly #programs = dirname(realVppBinary ?? '');

  private constructor(vpp: ConformanceVpp) {
    this.#vpp = vpp;
  }

  static async start(): Promise<RealVpp> {
    return new RealVpp(await startVpp({ extraConf: 'plugins { plugin dpdk_plugin.so { disable } }' }));
  }

  attach(): Promise<StatsClient> {
    return StatsClient.attach(this.#vpp.statsSocket, { timeoutMs: 5000 });
  }

  run(command: string): string {
    const args = ['-s', this.#vpp.cliSocket, command];
    return execFileSync(join(this.#programs, 'vppctl'), args, { encoding: 'utf8' });
  }

  dump(): Figures {
    const args = ['socket-name', this.#vpp.statsSocket, 'dump', '^/if/', '^/err/', '^/sys/node/'];
    const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    return figuresOfText(execFileSync(join(this.#programs, 'vpp_get_stats'), args, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vpp[Symbol.asyncDispose]();
  }
}

const whyNot =
  realVppBinary === undefined
    ? 'VPP_BIN names no VPP'
    : existsSync(join(dirname(realVppBinary), 'vpp_get_stats'))
      ? undefined
      : 'there is no vpp_get_stats beside VPP_BIN';

describe('a real VPP', () => {
  test('counts what its own vpp_get_stats says: equal at rest, never back under traffic', async (ctx) => {
    if (whyNot !== undefined) ctx.skip(whyNot);
    await using vpp = await RealVpp.start();
    using client = await vpp.attach();
    for (const [i, net] of ['192.0.2', '198.51.100'].entries()) {
      vpp.run('create loopback interface');
      vpp.run(`set interface state loop${i} up`);
      vpp.run(`set interface ip address loop${i} ${net}.1/24`);
    }
    const stream = (name: string, limit: number): void => {
      const packet = '{ UDP: 192.0.2.9 -> 203.0.113.1 UDP: 1 -> 2 incrementing 22 }';
      const shape = `limit ${limit} rate 2e4 node ip4-input size 64-64 interface loop0`;
      vpp.run(`packet-generator new { name ${name} ${shape} data ${packet} }`);
      vpp.run(`packet-generator enable-stream ${name}`);
    };
    stream('first', 1000);
    await until(() => (vpp.dump().get('receive_packets loop0') ?? 0) === 1000);

    const before = vpp.dump();
    const ours = await figuresOf(client.readSnapshot());
    const after = vpp.dump();
    expect([...ours.keys()].sort()).toEqual([...before.keys()].sort());
    expect(ours.get('receive_bytes loop0')).toBe(64_000);
    let atRest = 0;
    for (const [key, low] of before) {
      const high = after.get(key) ?? 0;
      const value = ours.get(key) ?? -1;
      if (low === high) {
        expect([key, value]).toEqual([key, low]);
        atRest++;
      } else {
        expect(value, key).toBeGreaterThanOrEqual(low);
        expect(value, key).toBeLessThanOrEqual(high);
      }
    }
    // all but the nodes that poll
    expect(atRest).toBeGreaterThan(before.size * 0.8);
    process.stdout.write(`real VPP: ${before.size} counters, ${atRest} of them at rest and equal\n`);

    stream('second', 40_000);
    let last: Figures = after;
    for (let i = 0; i < 10; i++) {
      const now = i % 2 === 0 ? await figuresOf(client.readSnapshot()) : vpp.dump();
      for (const [key, value] of now) expect(value, key).toBeGreaterThanOrEqual(last.get(key) ?? 0);
      last = now;
      await sleep(100);
    }
    expect(last.get('receive_packets loop0')).toBeGreaterThan(1000);
  });
});

async function until(check: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!check()) {
    if (performance.now() > end) throw new Error('this did not come about within 15 s');
    await sleep(100);
  }
}
