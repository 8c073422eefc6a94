/** Routes from one VRF to another, as VPP has them, on the emulator and on a real VPP. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/types.ts';
import { Fib, readAskedDestination } from '../../src/fib/mod.ts';
import { FibPathProto, lookupRoute, NO_INTERFACE, tableId } from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { objectsConfig, type ObjectsVpp, startObjects } from './objects-harness.ts';

const PACE = { tickMs: 5, roundMs: 20, resolveMs: 50, settleMs: 5 };
const VRFS = `
[fib.vpp]
enabled = true
[vrf.red]
table = 10
[vrf.blue]
table = 20
[interface.xe0]
vrf = red
addresses = 192.0.2.1/24, 2001:db8:1::1/64
[interface.xe1]
vrf = blue
addresses = 192.0.2.1/24, 2001:db8:2::1/64
[interface.xe2]
addresses = 198.51.100.1/24, 2001:db8:3::1/64
`;
const LEAKS = `
[route]
10.20.0.0/16 = %blue vrf red
10.20.0.0/17 = 192.0.2.2%xe1 vrf red
10.20.0.0/18 = 192.0.2.2%blue vrf red
10.30.0.0/16 = @2%blue, %default vrf red
2001:db8:20::/48 = %blue vrf red
2001:db8:30::/48 = %red
10.10.0.0/16 = %default vrf blue
192.0.2.77/32 = %xe1 vrf red
10.40.0.0/16 = %xe2 vrf red
`;

let vpp: ObjectsVpp;
let fib: Fib | undefined;
let said: string[];
beforeEach(async () => {
  vpp = await startObjects();
  said = [];
});
afterEach(async () => {
  fib?.[Symbol.dispose]();
  fib = undefined;
  await vpp?.[Symbol.asyncDispose]();
});

async function use(ini: string): Promise<Config> {
  const config = objectsConfig(ini);
  await vpp.apply(ini);
  if (fib === undefined) {
    fib = new Fib({
      config: config.fib.vpp,
      routes: config.routes,
      resolveInterface: (name) => vpp.interfaces.indexOf(name),
      resolveVrf: (name) => vpp.interfaces.tableOfVrf(name),
      tableOf: (name, family) => vpp.interfaces.tableOfInterface(name, family),
      onError: (message) => void said.push(message),
      auditPace: PACE,
    });
    await fib.vpp.attach(vpp.client, 'first');
  } else {
    fib.setRoutes(config.routes);
    fib.vpp.interfacesChanged();
  }
  await fib.vpp.settled();
  return config;
}

/** The paths of exactly this route: the interface, the table of a lookup, the next hop and the weight of each. */
async function pathsOf(table: number, text: string): Promise<string[]> {
  const [address = '', length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const prefix = { family, address, length: Number(length) } as const;
  const { paths } = await lookupRoute(vpp.client, tableId(table), prefix, true);
  return paths.map(({ swIfIndex, tableId: of, nextHop, weight, proto }) => {
    const hop = nextHop.some((byte) => byte !== 0) ? `via ${[...nextHop].join('.')} ` : '';
    const name = ['xe0', 'xe1', 'xe2'].find((one) => vpp.interfaces.indexOf(one) === swIfIndex);
    const to = swIfIndex === NO_INTERFACE ? `table ${of}` : name;
    return `${hop}${to} @${weight}${proto === FibPathProto.ip6 ? ' IPv6' : ''}`;
  });
}

/** Everything was compared from now on, and followed. */
async function looked(): Promise<void> {
  const rounds = fib?.vpp.status.audit?.rounds ?? 0;
  const deadline = performance.now() + 30_000;
  while ((fib?.vpp.status.audit?.rounds ?? 0) < rounds + 2) {
    if (performance.now() > deadline) throw new Error(`not in time: ${JSON.stringify(fib?.vpp.status)}`);
    await sleep(5);
  }
}

describe(`routes between VRFs on ${targetName}`, () => {
  it('are looked up in the other table, or leave through its interfaces; the audit finds them as they were told', async () => {
    const { routes } = await use(VRFS + LEAKS);
    expect(vpp.errors).toEqual([]);
    expect(fib?.vpp.status).toMatchObject({ desired: routes.length, programmed: routes.length, failed: 0 });
    expect(await pathsOf(10, '10.20.0.0/16')).toEqual(['table 20 @1']);
    expect(await pathsOf(10, '10.20.0.0/17')).toEqual(['via 192.0.2.2 xe1 @1']);
    expect(await pathsOf(10, '10.20.0.0/18')).toEqual(['via 192.0.2.2 table 20 @1']);
    expect((await pathsOf(10, '10.30.0.0/16')).sort()).toEqual(['table 0 @1', 'table 20 @2']);
    expect(await pathsOf(10, '2001:db8:20::/48')).toEqual(['table 20 @1 IPv6']);
    expect(await pathsOf(0, '2001:db8:30::/48')).toEqual(['table 10 @1 IPv6']);
    expect(await pathsOf(20, '10.10.0.0/16')).toEqual(['table 0 @1']);
    // VPP would die when the table of xe1 is deleted: what is attached to it is looked up there.
    expect(await pathsOf(10, '192.0.2.77/32')).toEqual(['table 20 @1']);
    expect(await pathsOf(10, '10.40.0.0/16')).toEqual(['xe2 @1']);
    await looked();
    expect(fib?.vpp.status.audit).toMatchObject({ differences: 0 });
    expect(fib?.vpp.status.unresolved).toBe(0);
    expect(said).toEqual([]);
  });

  it('follow a VRF to another table, and are named while VPP has none of that name', async () => {
    await use(VRFS + LEAKS);
    await use((VRFS + LEAKS).replace('table = 20', 'table = 21'));
    expect(await pathsOf(10, '10.20.0.0/16')).toEqual(['table 21 @1']);
    expect(await pathsOf(10, '10.20.0.0/18')).toEqual(['via 192.0.2.2 table 21 @1']);
    const source = fib!.table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    source.setRoute({
      destination: { family: 4, address: '10.99.0.0', length: 16 },
      action: {
        kind: 'forward',
        nextHops: [{ family: 4, address: undefined, weight: 1, interface: 'green' }],
        labels: [],
      },
      tableId: undefined,
    });
    await fib!.vpp.settled();
    const asked = readAskedDestination('10.99.0.1', undefined, 0);
    if ('error' in asked) throw new Error(asked.error);
    expect(fib!.explain(asked.key)?.fibs).toMatchObject([
      { backend: 'vpp', state: 'failed', reason: 'VPP has no interface green' },
    ]);
    await use(`${VRFS}[vrf.green]\ntable = 30\n`);
    expect(await pathsOf(0, '10.99.0.0/16')).toEqual(['table 30 @1']);
  });

  it('count as unresolved when the next hop of another route is handed on to where nothing leads', async () => {
    await use(`${VRFS}[route]\n203.0.113.0/24 = %blue vrf red\n10.1.0.0/16 = 203.0.113.9 vrf red\n`);
    await looked();
    const asked = readAskedDestination('10.1.0.1', '10', 0);
    if ('error' in asked) throw new Error(asked.error);
    expect(fib!.explain(asked.key)?.fibs).toMatchObject([
      {
        backend: 'vpp',
        state: 'unresolved',
        reason: 'VPP drops its packets: no route leads to the next hop 203.0.113.9',
      },
    ]);
    await use(
      `${VRFS}[route]\n203.0.113.0/24 = %blue vrf red\n10.1.0.0/16 = 203.0.113.9 vrf red\n203.0.113.0/25 = 192.0.2.9 vrf blue\n`,
    );
    await looked();
    expect(fib!.explain(asked.key)?.fibs).toMatchObject([{ backend: 'vpp', state: 'programmed' }]);
  });
});
