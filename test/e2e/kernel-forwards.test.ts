/** A guest without VPP: the kernel forwards IPv4 and IPv6 between its data NICs, by routes that we programmed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestGuest, whyNoGuest } from './harness.ts';
import { type SeenPacket, Wire } from './wire.ts';

const skip = whyNoGuest();
if (skip !== undefined) process.stderr.write(`skipped: ${skip}\n`);

const WIRES = [
  { localPort: 29_041, remotePort: 29_042 },
  { localPort: 29_051, remotePort: 29_052 },
] as const;
const MACS = ['52:54:00:00:00:02', '52:54:00:00:00:03'] as const;
const INI = `[vpp.dpdk.interface.0000:02:00.0]
name = xe0
[vpp.dpdk.interface.0000:03:00.0]
name = xe1
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8:1::1/64
[interface.xe1]
addresses = 198.51.100.1/24, 2001:db8:2::1/64
[route]
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

  beforeAll(async () => {
    inside = await Wire.open({ localPort: WIRES[0].remotePort, remotePort: WIRES[0].localPort });
    outside = await Wire.open({ localPort: WIRES[1].remotePort, remotePort: WIRES[1].localPort });
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
});
