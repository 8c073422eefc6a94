/**
 * A guest without VPP: the kernel forwards IPv4 and IPv6 between its data NICs by routes that we programmed, and has
 * bonds, bridges, VLANs, tunnels, VRFs, filters and NAT as the configuration asks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestGuest, whyNoGuest } from './harness.ts';
import { type SeenPacket, Wire } from './wire.ts';

const skip = whyNoGuest();
if (skip !== undefined) process.stderr.write(`skipped: ${skip}\n`);

const WIRES = [
  { localPort: 29_041, remotePort: 29_042 },
  { localPort: 29_051, remotePort: 29_052 },
  { localPort: 29_053, remotePort: 29_054 },
  { localPort: 29_055, remotePort: 29_056 },
  { localPort: 29_057, remotePort: 29_058 },
] as const;
const MACS = ['52:54:00:00:00:02', '52:54:00:00:00:03'] as const;
const BRIDGE_MAC = '02:00:00:00:00:50';
/** Under names that the kernel's modules would take for links of their own. */
const TUNNELS = ['vxlan0', 'gre0', 'gre6', 'tap0', 'sit0', 'ip6tnl0'];
const INI = `[vpp.dpdk.interface.0000:02:00.0]
name = xe0
[vpp.dpdk.interface.0000:03:00.0]
name = xe1
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8:1::1/64
[interface.xe1]
addresses = 198.51.100.1/24, 2001:db8:2::1/64
nat = outside
[vpp.dpdk.interface.0000:04:00.0]
name = xe2
[vpp.dpdk.interface.0000:05:00.0]
name = xe3
[vpp.dpdk.interface.0000:06:00.0]
name = xe4
[bond.bond0]
members = xe2, xe3
mode = active-backup
primary = xe2
[interface.bond0.100]
[interface.bond0.200]
vrf = blue
addresses = 10.60.0.1/24
[vrf.blue]
table = 100
[bridge.br0]
members = bond0.100, xe4
[interface.br0]
addresses = 10.50.0.1/24
mac = ${BRIDGE_MAC}
nat = inside
acl-in = lan
[acl.lan]
10 = deny any from 10.50.0.66
20 = permit any stateful
[nat44]
enabled = true
masquerade = xe1
forwarding = true
[vxlan.vxlan0]
source = 192.0.2.1
destination = 192.0.2.254
vni = 7
[gre.gre0]
source = 192.0.2.1
destination = 192.0.2.254
[gre.gre6]
source = 2001:db8:1::1
destination = 2001:db8:1::fe
[gre.tap0]
source = 10.60.0.1
destination = 10.60.0.2
underlay-vrf = blue
type = teb
[ipip.sit0]
source = 192.0.2.1
destination = 192.0.2.254
[ipip.ip6tnl0]
source = 2001:db8:1::1
destination = 2001:db8:1::fe
${TUNNELS.map((name, at) => `[interface.${name}]\naddresses = 10.70.${at}.1/30\n`).join('')}[route]
10.1.0.0/16 = 198.51.100.254
10.1.9.0/24 = blackhole
10.2.0.0/16 = 192.0.2.254%xe0
10.3.0.0/16 = 203.0.113.1
10.4.0.0/16 = 198.51.100.254, 203.0.113.9
2001:db8:1001::/48 = 2001:db8:2::fe
2001:db8:1001:9::/64 = unreachable
2001:db8:1002::/48 = 2001:db8:1::fe%xe0
`;
const PROGRAMMED = 7;
/** Packets of each flow, told apart by their source ports. */
const PACKETS = 50;
const FIRST_PORT = 41_000;
const TTL = 17;
const WAIT_MS = 30_000;

interface Flow {
  readonly from: string;
  readonly to: string;
}

/** Sends a flow until each of its packets has come out at the other end; gives what came out, one a packet. */
async function cross(into: Wire, mac: string, out: Wire, flow: Flow): Promise<SeenPacket[]> {
  const seen = new Map<number, SeenPacket>();
  using _listening = out.onUdp((packet) => {
    if (packet.to === flow.to) seen.set(packet.sourcePort, packet);
  });
  for (const start = Date.now(); seen.size < PACKETS && Date.now() - start < WAIT_MS; ) {
    for (let n = 0; n < PACKETS; n++) {
      const sourcePort = FIRST_PORT + n;
      if (!seen.has(sourcePort)) into.sendUdp({ toMac: mac, ...flow, ttl: TTL, sourcePort });
    }
    await sleep(300);
  }
  return [...seen.values()];
}

describe.skipIf(skip !== undefined)('a guest without VPP', () => {
  let guest: TestGuest;
  let inside: Wire;
  let outside: Wire;
  /** The VLAN on the bond, by the member that sends, and the other member of the bridge. */
  let tagged: Wire;
  let port: Wire;

  beforeAll(async () => {
    inside = await Wire.open({ localPort: WIRES[0].remotePort, remotePort: WIRES[0].localPort });
    outside = await Wire.open({ localPort: WIRES[1].remotePort, remotePort: WIRES[1].localPort });
    tagged = await Wire.open({ localPort: WIRES[2].remotePort, remotePort: WIRES[2].localPort, vlan: 100 });
    port = await Wire.open({ localPort: WIRES[4].remotePort, remotePort: WIRES[4].localPort });
    for (const address of ['192.0.2.254', '2001:db8:1::fe']) inside.answerFor(address);
    for (const address of ['198.51.100.254', '2001:db8:2::fe']) outside.answerFor(address);
    guest = await TestGuest.boot({
      ini: INI,
      guest: { dataNics: WIRES.map((ports) => ({ network: { kind: 'datagram', ...ports } })) },
    });
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    await inside?.[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
    await tagged?.[Symbol.asyncDispose]();
    await port?.[Symbol.asyncDispose]();
  });

  it('has its routes in the kernel, and says which next hop cannot be reached', async () => {
    const status = await guest.until('the kernel has the routes', ({ fib }) =>
      fib.some(({ backend, programmed }) => backend === 'kernel' && programmed === PROGRAMMED),
    );
    const kernel = status.fib.find(({ backend }) => backend === 'kernel');
    expect(kernel).toMatchObject({
      status: { state: 'synced' },
      desired: PROGRAMMED + 1,
      failed: 0,
      unresolved: 1,
      failures: [{ prefix: '10.3.0.0/16', reason: 'Nexthop has invalid gateway' }],
      nextHopsLeftOut: 1,
      leftOut: [{ 'next-hop': '203.0.113.9' }],
    });
    expect(status.vpp.process.state).toBe('disabled');
    expect(status.nics.filter(({ driver }) => driver === 'vfio-pci')).toEqual([]);
  });

  it.each([
    ['IPv4', { from: '192.0.2.77', to: '10.1.2.3' }, { from: '198.51.100.77', to: '10.2.3.4' }],
    [
      'IPv6',
      { from: '2001:db8:1::77', to: '2001:db8:1001::1' },
      { from: '2001:db8:2::77', to: '2001:db8:1002::1' },
    ],
  ])('forwards %s in both directions, every packet, with one hop less', async (_family, there, back) => {
    const directions = [
      await cross(inside, MACS[0], outside, there),
      await cross(outside, MACS[1], inside, back),
    ];
    for (const [index, seen] of directions.entries()) {
      const { from, to } = index === 0 ? there : back;
      expect(seen.length).toBe(PACKETS);
      expect(new Set(seen.map((packet) => `${packet.from} ${packet.to} ${packet.ttl}`))).toEqual(
        new Set([`${from} ${to} ${TTL - 1}`]),
      );
    }
  });

  it('forwards by the next hop that is there, of a route over two', async () => {
    const flow = { from: '192.0.2.77', to: '10.4.1.1' };
    const seen = await cross(inside, MACS[0], outside, flow);
    expect(seen.map(({ to, ttl }) => `${to} ${ttl}`)).toEqual(
      Array.from({ length: PACKETS }, () => `${flow.to} ${TTL - 1}`),
    );
  });

  it('drops what the more specific routes send nowhere', async () => {
    const stray: SeenPacket[] = [];
    const isStray = ({ to }: SeenPacket): boolean => to === '10.1.9.1' || to === '2001:db8:1001:9::1';
    using _listening = outside.onUdp((packet) => {
      if (isStray(packet)) stray.push(packet);
    });
    for (let n = 0; n < PACKETS; n++) {
      const rest = { toMac: MACS[0], ttl: TTL, sourcePort: FIRST_PORT + n };
      inside.sendUdp({ ...rest, from: '192.0.2.77', to: '10.1.9.1' });
      inside.sendUdp({ ...rest, from: '2001:db8:1::77', to: '2001:db8:1001:9::1' });
    }
    // What was sent later has crossed: these would have, too.
    const crossed = await cross(inside, MACS[0], outside, { from: '192.0.2.77', to: '10.1.2.4' });
    expect(crossed.length).toBe(PACKETS);
    expect(stray).toEqual([]);
  });

  it('has every interface as configured: bond, VLANs, bridge, VRF and tunnels', async () => {
    const names = ['xe0', 'xe1', 'xe2', 'xe3', 'xe4', 'bond0', 'bond0.100', 'bond0.200', 'br0', ...TUNNELS];
    const { interfaces } = await guest.until('the interfaces are up', (status) =>
      status.interfaces.some(({ name, adminUp }) => name === 'br0' && adminUp),
    );
    const states = interfaces.map(({ name, state, adminUp }) => [
      name,
      [adminUp, 'reason' in state ? state.reason : state.state],
    ]);
    expect(Object.fromEntries(states)).toEqual(Object.fromEntries(names.map((name) => [name, [true, 'ok']])));
  });

  it('bridges a VLAN of the bond with a NIC, in both directions', async () => {
    const flow = { from: '10.50.0.5', to: '10.50.0.6' };
    // Nobody's MAC address: it goes to every member.
    const there = await cross(port, '02:00:00:00:00:99', tagged, flow);
    expect(there.map(({ ttl }) => ttl)).toEqual(Array.from({ length: PACKETS }, () => TTL));
    const back = await cross(tagged, '02:00:00:00:00:98', port, { from: flow.to, to: flow.from });
    expect(back.length).toBe(PACKETS);
  });

  it('translates from the bridge to the outside, and drops what the filter denies', async () => {
    const stray: SeenPacket[] = [];
    using _listening = outside.onUdp((packet) => {
      if (packet.to === '10.1.2.9') stray.push(packet);
    });
    for (let n = 0; n < PACKETS; n++) {
      const rest = { toMac: BRIDGE_MAC, ttl: TTL, sourcePort: FIRST_PORT + n };
      tagged.sendUdp({ ...rest, from: '10.50.0.66', to: '10.1.2.9' });
    }
    const seen = await cross(tagged, BRIDGE_MAC, outside, { from: '10.50.0.77', to: '10.1.2.3' });
    expect(new Set(seen.map(({ from, ttl }) => `${from} ${ttl}`))).toEqual(
      new Set([`198.51.100.1 ${TTL - 1}`]),
    );
    expect(seen.length).toBe(PACKETS);
    expect(stray).toEqual([]);
  });
});
