/**
 * A box whose VPP loops, with a routing daemon in `dataplane`: the kernel forwards there, under the same names, and BGP
 * is back within 30 s, each time. The peer is a BIRD in the box's other namespace, behind a NIC that has a cable to xe0:
 * what gets from one namespace to the other goes through that cable, or not at all.
 *
 * The emulator makes no TAPs: while it is VPP, BIRD has no interface, and no session.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { ask, basic, firstPassword } from './box-client.ts';
import { DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { setLink } from './hands.ts';
import { DEMO } from './prepared-box.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

/** Of the cable: what one end sends to the other goes over this machine's loopback. */
const PORTS = [29_061, 29_062] as const;
const SETUP_MS = 900_000;
/** What is asked for: a session is up again within this after the kernel took over. */
const SESSION_MS = 30_000;
const FLAPS = 8;
const STATIC_ROUTES = 5;
const ROUTES4 = ['10.50.0.0/16', '10.51.0.0/16', '10.52.0.0/16'];
const ROUTES6 = ['2001:db8:50::/48', '2001:db8:51::/48'];
const IMPORTED = ROUTES4.length + ROUTES6.length;

const INI = `${DEMO}
[fib.kernel]
import = true
[supervisor]
backoff-ms = 100
backoff-max-ms = 400
loop-after = 3
stable-ms = 600000
[service.bird]
command = /usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl -P /run/bird.pid
netns = dataplane
[service.cable]
command = /usr/bin/busybox sh /boot/cable.sh
restart = on-failure
[service.peer]
command = /usr/sbin/bird -f -c /boot/peer.conf -s /run/peer.ctl -P /run/peer.pid
[service.inside]
command = /usr/bin/busybox sh /boot/inside.sh
netns = dataplane
[service.outside]
command = /usr/bin/busybox sh /boot/outside.sh
[service.crossing]
command = /usr/bin/busybox sh /boot/crossing.sh
netns = dataplane
`;

const TIMES = 'hold time 9; connect delay time 1; connect retry time 5; error wait time 1, 5;';

const BIRD = `log stderr all;
router id 192.0.2.1;
protocol device { scan time 2; }
protocol kernel { ipv4 { export all; }; }
protocol kernel { ipv6 { export all; }; }
protocol bgp upstream {
  local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002;
  ${TIMES}
  debug { states };
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
`;

const PEER = `log stderr all;
router id 192.0.2.2;
protocol device { scan time 2; }
protocol static { ipv4; ${ROUTES4.map((prefix) => `route ${prefix} blackhole;`).join(' ')} }
protocol static { ipv6; ${ROUTES6.map((prefix) => `route ${prefix} blackhole;`).join(' ')} }
protocol bgp box {
  local 192.0.2.2 as 65002; neighbor 192.0.2.1 as 65001;
  ${TIMES}
  debug { states };
  ipv4 { import none; export all; next hop self; };
  ipv6 { import none; export all; next hop address 2001:db8:1::2; };
}
`;

/** The NIC that nobody configures, at the other end of xe0's cable. */
const CABLE_SH = `set -e
alias ip='/usr/bin/busybox ip'
nic=$(/usr/bin/busybox ls /sys/bus/pci/devices/0000:04:00.0/virtio*/net)
ip link set $nic up
ip address add 192.0.2.2/24 dev $nic
ip -6 address add 2001:db8:1::2/64 dev $nic
`;

/** What is seen in \`dataplane\`, a line each: told when it is another one. */
const INSIDE_SH = `busybox=/usr/bin/busybox
while true; do
  now=$($busybox ip -o address | $busybox awk '{ print $2 "=" $4 }' | $busybox sort | $busybox tr '\\n' ' ')
  failed=$($busybox ip -o address | $busybox grep -c -E 'tentative|dadfailed')
  forwarding=$($busybox cat /proc/sys/net/ipv4/ip_forward)$($busybox cat /proc/sys/net/ipv6/conf/all/forwarding)
  line="forwarding $forwarding unusable $failed addresses $now"
  [ "$line" = "$before" ] || echo "$line"
  before=$line
  $busybox sleep 2
done
`;

/**
 * As those on the WAN do it: asks the box for its status. And what this namespace did with packets for others. Seldom: a
 * start of a program takes a guest seconds.
 */
const OUTSIDE_SH = `busybox=/usr/bin/busybox
ask() { /init show vpp --json --host http://$1:8080 2>&1 | $busybox head -n 1 | $busybox cut -c 1-90; }
while $busybox sleep 15; do
  $busybox ip neigh show | $busybox grep '^192.0.2.1 ' | $busybox grep -q lladdr || continue
  packets=$($busybox grep '^Ip: [0-9]' /proc/net/snmp | $busybox awk '{ print $6 " refused " $7 " forwarded" }')
  echo "itself: $(ask 127.0.0.1); 192.0.2.1: $(ask 192.0.2.1); packets for others: $packets"
done
`;

/** What BGP says is behind the peer: packets to it arrive in management's namespace, which has a default route. */
const CROSSING_SH = `busybox=/usr/bin/busybox
while $busybox sleep 10; do
  $busybox ip route show 10.50.0.0/16 | $busybox grep -q via || continue
  $busybox timeout 10 /init show vpp --json --host http://10.50.0.1:8080
done
`;

describe.skipIf(why !== undefined)('a box with a routing daemon, whose VPP loops', () => {
  let box: DiskGuest;

  beforeAll(async () => {
    box = await DiskGuest.create({
      ini: INI,
      guest: {
        dataNics: [
          { network: { kind: 'datagram', localPort: PORTS[0], remotePort: PORTS[1] } },
          {},
          { network: { kind: 'datagram', localPort: PORTS[1], remotePort: PORTS[0] } },
        ],
      },
    });
    const files = { 'bird.conf': BIRD, 'peer.conf': PEER, 'cable.sh': CABLE_SH };
    const scripts = { 'inside.sh': INSIDE_SH, 'outside.sh': OUTSIDE_SH, 'crossing.sh': CROSSING_SH };
    for (const [name, text] of Object.entries({ ...files, ...scripts })) await box.writeBootFile(name, text);
    await box.powerOn();
    await box.until(
      'VPP and all services run',
      (status) => status.vpp.api.state === 'connected' && pidOf(status, 'peer') !== undefined,
    );
  }, SETUP_MS);
  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
  });

  const log = async (service: string): Promise<string[]> =>
    ((await box.get(`/log?service=${service}`)) ?? '').trimEnd().split('\n');

  /** Kills VPP; resolves when that has shown. */
  async function loseVpp(): Promise<void> {
    const before = await box.until('VPP runs', ({ vpp }) => vpp.api.state === 'connected');
    // What ends it may keep it from answering.
    await box.machine('kill').catch(() => {});
    await box.until('it ended', ({ vpp }) => vpp.pid !== before.vpp.pid);
  }

  const untilForwards = (): Promise<ApplianceStatus> =>
    box.until(
      'the kernel forwards',
      ({ fib, interfaces }) =>
        interfaces.length === 3 &&
        interfaces.every(({ dataPlane, state }) => dataPlane === 'kernel' && state.state === 'ok') &&
        programmed(fib) === STATIC_ROUTES,
    );

  const untilLearnt = (timeoutMs: number): Promise<ApplianceStatus> =>
    box.until('BGP is back', ({ kernelImport }) => kernelImport?.routes === IMPORTED, timeoutMs);

  /** The last line of a service's output, once it is like that. */
  async function seen(service: string, pattern: RegExp): Promise<string> {
    for (let look = 0; look < 90; look += 1) {
      const last = (await log(service)).at(-1) ?? '';
      if (pattern.test(last)) return last;
      await sleep(1_000);
    }
    throw new Error(`never seen: ${pattern}\n${(await log(service)).join('\n')}`);
  }

  let bird: number | undefined;

  it('gives NICs, names and addresses to the kernel where BIRD is; its session is up within 30 s', async () => {
    bird = pidOf(await box.until('BIRD runs', (status) => pidOf(status, 'bird') !== undefined), 'bird');
    for (let kill = 1; kill <= 3; kill += 1) await loseVpp();
    await untilForwards();
    const status = await untilLearnt(SESSION_MS);
    expect(pidOf(status, 'bird')).toBe(bird);
    expect(
      status.nics.filter(({ use }) => use.role === 'fallback').map(({ kernelName }) => kernelName),
    ).toEqual(['xe0', 'xe1']);
    expect(await seen('inside', /xe1=2001:db8:2::1\/64/)).toMatch(
      /forwarding 11 unusable 0 addresses .*loop0=203\.0\.113\.1\/32 .*xe0=192\.0\.2\.1\/24 xe0=2001:db8:1::1\/64 /,
    );
  });

  it('shows the routes that BIRD installed, and does not install them again', async () => {
    const route = JSON.parse((await box.get('/fib/route?destination=10.50.1.1')) ?? '');
    expect(route.prefix).toBe('10.50.0.0/16');
    expect(route.candidates[0]).toMatchObject({
      source: 'kernel (dataplane)',
      'next-hop': '192.0.2.2%xe0',
      isBest: true,
    });
    const own = JSON.parse((await box.get('/fib/kernel')) ?? '') as { prefix: string }[];
    expect(own.map(({ prefix }) => prefix)).not.toContain('10.50.0.0/16');
    expect(own).toHaveLength(STATIC_ROUTES);
  });

  it('lets nobody on the data plane have the page, and forwards nothing into the other namespace', async () => {
    const refused = /192\.0\.2\.1: .*ECONNREFUSED.*; packets for others: [1-9]\d* refused 0 forwarded$/;
    const line = await seen('outside', refused);
    expect(line).toMatch(/itself: \{"process":\{"state":/);
  });

  it('keeps addresses and routes through flaps of the cable', async () => {
    for (let flap = 0; flap < FLAPS; flap += 1) {
      for (const up of [false, true]) {
        await setLink(box.guest, 2, up);
        await sleep(300);
      }
    }
    await untilLearnt(SESSION_MS);
    const status = await box.until(
      'all routes are there',
      ({ fib }) => programmed(fib) === STATIC_ROUTES,
      SESSION_MS,
    );
    expect(status.interfaces.find(({ name }) => name === 'xe0')).toMatchObject({
      link: 'up',
      state: { state: 'ok' },
    });
    const lines = await log('inside');
    for (const line of lines.slice(lines.findIndex((text) => text.includes('xe1=2001:db8:2::1/64')))) {
      expect(line).toMatch(/unusable 0 .*xe0=192\.0\.2\.1\/24 xe0=2001:db8:1::1\/64 /);
    }
  });

  it('gives the NICs to VPP when it comes back, and BIRD stays', async () => {
    const headers = basic(await firstPassword(box));
    expect(await ask(box, { method: 'POST', path: '/vpp/retry', headers })).toMatchObject({ status: 200 });
    const status = await box.until(
      'VPP has the NICs',
      ({ vpp, nics }) =>
        vpp.api.state === 'connected' &&
        nics.filter(({ use, driver }) => use.role === 'vpp' && driver === 'vfio-pci').length === 2,
    );
    expect(pidOf(status, 'bird')).toBe(bird);
    // No TAPs with this VPP, and nothing of the kernel's is left where they would be.
    await box.until('its routes are gone', ({ kernelImport }) => kernelImport?.routes === 0);
    expect(await seen('inside', /^.*addresses lo=127\.0\.0\.1\/8 lo=::1\/128 *$/)).toMatch(/forwarding 11/);
    expect(programmed((await box.status())?.fib)).toBe(0);
  });

  it('has them in the kernel again at the next end, and the session within 30 s', async () => {
    await loseVpp();
    await untilForwards();
    const status = await untilLearnt(SESSION_MS);
    expect(pidOf(status, 'bird')).toBe(bird);
    expect(status.management).toMatchObject({ state: 'ready', interface: 'eth0' });
  });
});

function programmed(fib: ApplianceStatus['fib'] | undefined): number | undefined {
  return fib?.find(({ backend }) => backend === 'kernel')?.programmed;
}

function pidOf(status: ApplianceStatus, service: string): number | undefined {
  const state = status.services.find(({ name }) => name === service)?.status;
  return state?.state === 'running' ? state.pid : undefined;
}
