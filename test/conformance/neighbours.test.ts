/**
 * Whether packets arrive: two real VPPs, joined by memif, since the emulator does not forward. What routes need beside
 * themselves so that VPP finds the neighbours that they go over.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultConfig, parsePrefix } from '../../src/config/mod.ts';
import type { NextHop } from '../../src/config/types.ts';
import { Fib } from '../../src/fib/mod.ts';
import { dumpInterfaces, runCliInband, VppApiClient } from '../../src/vpp/api/mod.ts';
import { type ConformanceVpp, realVppBinary, startVpp } from './harness.ts';

const MEMIF = 'memif1/0';
const OWN = '198.18.0.1/24';
const PATIENCE_MS = 20_000;

/** One of the two. */
class Side implements AsyncDisposable {
  readonly #vpp: ConformanceVpp;
  readonly client: VppApiClient;

  private constructor(vpp: ConformanceVpp, client: VppApiClient) {
    this.#vpp = vpp;
    this.client = client;
  }

  static async start(socket: string, role: 'master' | 'slave'): Promise<Side> {
    const vpp = await startVpp({
      extraConf:
        'plugins { plugin dpdk_plugin.so { disable } plugin memif_plugin.so { enable } plugin ping_plugin.so { enable } }',
    });
    const side = new Side(vpp, await VppApiClient.connect(vpp.apiSocket, { clientName: 'neighbours' }));
    await side.run(`create memif socket id 1 filename ${socket}`);
    await side.run(`create interface memif id 0 socket-id 1 ${role}`);
    return side;
  }

  run(command: string): Promise<string> {
    return runCliInband(this.client, command);
  }

  /** Whether an answer comes within the time. */
  async reaches(address: string, waitMs = PATIENCE_MS): Promise<boolean> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const said = await this.run(`ping ${address} source ${MEMIF} repeat 2 interval 0.2`);
      if (/ [12] received/.test(said)) return true;
      if (performance.now() > deadline) return false;
      await sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await this.#vpp[Symbol.asyncDispose]();
  }
}

let dir: string;
let own: Side;
let peer: Side;
let fib: Fib;

beforeEach(async (ctx) => {
  if (realVppBinary === undefined) ctx.skip('VPP_BIN names no VPP: the emulator does not forward');
  dir = mkdtempSync(join(tmpdir(), 'memif-'));
  const socket = join(dir, 'memif.sock');
  own = await Side.start(socket, 'master');
  peer = await Side.start(socket, 'slave');
  await own.run(`set interface state ${MEMIF} up`);
  await own.run(`set interface ip address ${MEMIF} ${OWN}`);
  await peer.run(`set interface ip address ${MEMIF} 198.18.0.2/24`);
  await peer.run(`set interface ip address ${MEMIF} 172.31.1.1/24`);
  await peer.run('ip route add 0.0.0.0/0 via 198.18.0.1');
  await peer.run('create loopback interface');
  await peer.run('set interface state loop0 up');
  await peer.run('set interface ip address loop0 10.15.0.1/32');
  const found = (await dumpInterfaces(own.client)).find(({ name }) => name === MEMIF);
  fib = new Fib({
    config: { ...defaultConfig().fib.vpp, enabled: true },
    routes: [],
    resolveInterface: (name) => (name === MEMIF ? found?.swIfIndex : undefined),
    onError: () => {},
  });
  await fib.vpp.attach(own.client, 'first');
});
afterEach(async () => {
  if (realVppBinary === undefined) return;
  fib[Symbol.dispose]();
  await own[Symbol.asyncDispose]();
  await peer[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** `PREFIX`, and where its packets go: `ADDRESS%INTERFACE`, or `%INTERFACE`. */
async function route(...routes: readonly (readonly [to: string, via: string])[]): Promise<void> {
  fib.setRoutes(
    routes.map(([to, via]) => {
      const { family, address, length } = parsePrefix(to)!;
      const [gateway = '', name] = via.split('%');
      const hop: NextHop =
        gateway === ''
          ? { family, address: undefined, weight: 1, interface: name ?? '' }
          : { family: gateway.includes(':') ? 6 : 4, address: gateway, weight: 1, interface: name };
      const action = { kind: 'forward', nextHops: [hop], labels: [] } as const;
      return { destination: { family, address, length }, action, metric: 0, tableId: undefined, line: 1 };
    }),
  );
  await fib.vpp.settled();
}

describe('packets arrive over', () => {
  it('a gateway of no network of the interface when an attached route leads to it, and not without', async () => {
    await peer.run(`set interface state ${MEMIF} up`);
    await route(['10.15.0.0/16', `172.31.1.1%${MEMIF}`]);
    expect(await own.reaches('10.15.0.1', 2_000)).toBe(false);
    expect(await own.run('show errors')).toMatch(/IP4 source address not local to sub/);
    await route(['10.15.0.0/16', `172.31.1.1%${MEMIF}`], ['172.31.1.1/32', `%${MEMIF}`]);
    expect(await own.reaches('10.15.0.1')).toBe(true);
    await route(['10.15.0.0/16', '172.31.1.1'], ['172.31.1.1/32', `%${MEMIF}`]);
    expect(await own.reaches('10.15.0.1')).toBe(true);
  });

  it('an attached network, and an attached host', async () => {
    await peer.run(`set interface state ${MEMIF} up`);
    await peer.run(`set interface ip address ${MEMIF} 198.51.101.7/24`);
    await route(['198.51.101.0/24', `%${MEMIF}`], ['172.31.1.1/32', `%${MEMIF}`]);
    expect(await own.reaches('198.51.101.7')).toBe(true);
    expect(await own.reaches('172.31.1.1')).toBe(true);
  });

  it('an IPv6 neighbour of IPv4 routes that was not there when the route came', async () => {
    await own.run(`enable ip6 interface ${MEMIF}`);
    await peer.run(`set interface state ${MEMIF} up`);
    await peer.run(`enable ip6 interface ${MEMIF}`);
    const neighbour = /fe80::\S+/.exec(await peer.run(`show ip6 interface ${MEMIF}`))?.[0] ?? '';
    // VPP asks now, and nobody answers.
    await peer.run(`disable ip6 interface ${MEMIF}`);
    await route(['10.15.0.0/16', `${neighbour}%${MEMIF}`]);
    expect(await own.reaches('10.15.0.1', 1_000)).toBe(false);
    await peer.run(`enable ip6 interface ${MEMIF}`);
    expect(await own.reaches('10.15.0.1')).toBe(true);
  });
});
