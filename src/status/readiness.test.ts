/** Each leaf of the configuration, not being so: its check fails, and health and metrics say it too. */
import { describe, expect, test } from 'vitest';
import { LEAVES, READY_CHECKS, type ReadyCheckName } from '../config/mod.ts';
import { parseExposition, scrape, valueOf } from '../../test/fixtures/exposition.ts';
import { reportHealth } from './health.ts';
import { makeBox, makeInterface, makeStatus, NOW } from '../../test/fixtures/status.ts';
import type { FibBackendStatus } from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { Condition } from '../report/mod.ts';
import type { ApplianceStatus, BoxStatus } from '../status/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';

type Changes = Partial<ApplianceStatus>;

const since = NOW - 5_000;
const good = makeStatus();
const [fib] = good.fib as [FibBackendStatus];
const [nic] = good.nics;
if (nic === undefined) throw new Error('the fixture has a NIC');

const condition = (subject: string, more: Partial<Condition> = {}): Condition => ({
  severity: 'warning',
  subject,
  reason: `${subject} is not well`,
  since,
  ...more,
});
const conditions = (subject: string, more?: Partial<Condition>): Changes => ({
  conditions: [condition(subject, more)],
});
const process = (reason: string): Changes => {
  const status: ServiceStatus = { state: 'looping', reason, since, nextTryAt: NOW, failures: 5 };
  const api = { state: 'disconnected', reason: 'its process ended', since } as const;
  return { vpp: { ...good.vpp, process: status, api } };
};
const iface = (changes: Partial<InterfaceStatus>): Changes => ({
  interfaces: [makeInterface('xe0', { swIfIndex: 1, ...changes })],
});
const refused = (reason: string): Changes => iface({ state: { state: 'failed', reason } });
const refusedNic = (reason: string): Changes => ({
  nics: [{ ...nic, driver: 'igc', use: { role: 'refused', name: 'xe0', code: 'not-bound', reason } }],
});
const fibs = (changes: Partial<FibBackendStatus>): Changes => ({ fib: [{ ...fib, ...changes }] });
const kernelFib = (changes: Partial<FibBackendStatus>): Changes => ({
  fib: [fib, { ...fib, backend: 'kernel', ...changes }],
});
const degraded = {
  failed: 1,
  failures: [{ prefix: '203.0.113.0/24', code: 'failed', nextHops: [], reason: 'NO_SUCH_FIB (-3)' }],
  status: { state: 'degraded', since, reason: '1 of 3 routes were refused' },
} as const;
const bgp = (text: string): Changes => ({
  bgp: {
    as: 65001,
    routerId: '192.0.2.1',
    neighbors: [
      {
        name: 'bird',
        address: '127.0.0.1',
        as: 65001,
        passive: false,
        state: 'active',
        since,
        ups: 0,
        families: [],
        lastError: { at: since, text },
        messages: 0,
        updates: 0,
        treatedAsWithdraw: 0,
        attributesDiscarded: 0,
        loops: 0,
        waits: 0,
      },
    ],
  },
});
const box = (changes: Partial<BoxStatus>, more: Changes = {}): Changes => ({
  box: makeBox(changes),
  ...more,
});
const management = (reason: string): Changes => ({
  management: { state: 'failed', interface: 'enp4s0', method: 'static', reason },
});
const service = (status: ServiceStatus): Changes => ({
  services: [
    ...good.services,
    {
      name: 'bird',
      status,
      restarts: 3,
      lastExit: { at: since, pid: 9, code: 1, lifeMs: 10, reason: 'exited with code 1' },
      lastOutput: [],
    },
  ],
});

/** What the status is when a leaf is not so: one that is not here does not compile. */
const BROKEN: Readonly<Record<string, Changes>> = {
  'system.hostname': conditions('boot identity', { severity: 'error' }),
  'management.interface': {
    management: { state: 'none', reason: 'no network interface is left' },
    ...conditions('management', { severity: 'error' }),
  },
  'management.address': {
    management: { state: 'configuring', interface: 'enp4s0', method: 'dhcp', reason: 'no lease' },
  },
  'management.gateway': management('add route: ENETUNREACH'),
  'management.dns': management('write /etc/resolv.conf: EROFS'),
  'management.ntp': box({
    time: { state: 'unsynchronised', reason: 'no chronyd', servers: ['a'], source: 'configuration' },
  }),
  'http.listen': conditions('http', { severity: 'error' }),
  'http.https-listen': conditions('https', { severity: 'error' }),
  'watchdog.enabled': box({
    watchdog: {
      state: 'failed',
      identity: 'iTCO_wdt',
      timeoutSeconds: 30,
      lastFedAt: 0,
      nowayout: false,
      reason: 'write: EIO',
    },
  }),
  'watchdog.timeout': conditions('watchdog-timeout', { leaf: 'watchdog.timeout' }),
  'log.syslog': conditions('syslog', { leaf: 'log.syslog' }),
  'log.disk-size': conditions('log', { severity: 'error' }),
  'vpp.enabled': process('exited with code 1'),
  'vpp.external': {
    vpp: {
      ...good.vpp,
      process: { state: 'external', reason: 'someone else runs it' },
      api: { state: 'connecting', since, attempt: 3, reason: 'ENOENT' },
    },
  },
  'vpp.binary': process('could not be started: ENOENT'),
  'vpp.api-socket': {
    vpp: { ...good.vpp, api: { state: 'connecting', since, attempt: 3, reason: 'ECONNREFUSED' } },
  },
  'vpp.drift': {
    objects: {
      objects: [],
      drifts: 1,
      lastDrift: { at: since, steps: ['create xe0.7 (dot1q 7)'], isRepaired: false },
    },
  },
  'vpp.cpu.main-core': process('exited with code 1'),
  'vpp.cpu.workers': process('exited with code 1'),
  'vpp.cpu.isolate': box(
    { cpuIsolation: { state: 'failed', reason: 'no cpuset' } },
    conditions('cpu-isolation'),
  ),
  'vpp.memory.main-heap': process('no hugepages for VPP'),
  'vpp.memory.hugepage-size': process('no hugepages for VPP'),
  'vpp.memory.buffers': process('no hugepages for VPP'),
  'vpp.dpdk.unsafe-no-iommu': refusedNic('no driver uio_pci_generic'),
  'vpp.dpdk.interface.PCI.name': {
    ...refused('VPP has no interface of that name'),
    interfaces: [
      makeInterface('xe0', {
        state: { state: 'failed', reason: 'VPP has no interface of that name' },
        adminUp: false,
        link: 'unknown',
      }),
    ],
  },
  'vpp.dpdk.interface.PCI.driver': refusedNic('VPP 25.02 has no driver of its own'),
  'vpp.dpdk.interface.PCI.rx-queues': refused('it has 1 of 16 receive queues: the NIC has no more'),
  'vpp.dpdk.interface.PCI.tx-queues': refused('it has 8 of 16 transmit queues: the NIC has no more'),
  'vpp.stats.segment-size': process('killed by SIGABRT'),
  'vpp.stats.socket-path': { stats: { state: 'attaching', since, attempts: 4, reason: 'ENOENT' } },
  'vpp.lcp.enabled': iface({ hostInterface: { state: 'failed', reason: 'FEATURE_DISABLED (-30)' } }),
  'vpp.lcp.sync': iface({ hostInterface: { state: 'failed', reason: 'its addresses were not copied' } }),
  'vpp.lcp.follow': iface({ hostInterface: { state: 'failed', reason: 'INVALID_ARGUMENT (-73)' } }),
  'vpp.lcp.netns': iface({ hostInterface: { state: 'failed', reason: 'there is no namespace dataplane' } }),
  'vpp.neighbors.max-number': conditions('vpp.neighbors', { severity: 'error' }),
  'vpp.neighbors.max-age': conditions('vpp.neighbors', { severity: 'error' }),
  'vpp.neighbors.recycle': conditions('vpp.neighbors', { severity: 'error' }),
  'fib.vpp.enabled': fibs({ status: { state: 'waiting', since, reason: 'VPP is not connected' } }),
  'fib.vpp.table-id': fibs(degraded),
  'fib.kernel.enabled': kernelFib(degraded),
  'fib.kernel.table-id': kernelFib(degraded),
  'fib.kernel.netns': kernelFib({ status: { state: 'waiting', since, reason: 'no namespace' } }),
  'fib.kernel.metric': kernelFib(degraded),
  'fib.kernel.import': {
    kernelImport: {
      state: 'waiting',
      reason: 'no namespace',
      since,
      routes: 0,
      notTaken: { routes: 0, byReason: {}, first: [] },
      readings: 0,
    },
    ...conditions('kernel-import'),
  },
  'bgp.as': bgp('received OPEN Message Error: Bad Peer AS'),
  'bgp.router-id': bgp('received OPEN Message Error: Bad BGP Identifier'),
  'bgp.listen': conditions('bgp', { severity: 'error' }),
  'bgp.neighbor.NAME.address': bgp('connect EHOSTUNREACH'),
  'bgp.neighbor.NAME.as': bgp(
    'sent OPEN Message Error: Bad Peer AS (it is AS 65002, AS 65001 is configured)',
  ),
  'bgp.neighbor.NAME.port': bgp('connect ECONNREFUSED 127.0.0.1:1790'),
  'bgp.neighbor.NAME.passive': bgp('the neighbour does not connect'),
  'bgp.neighbor.NAME.local': bgp('bind: EADDRNOTAVAIL'),
  'bgp.neighbor.NAME.netns': bgp('setns: ENOENT'),
  'bgp.neighbor.NAME.families': bgp('sent OPEN Message Error: Unsupported Capability'),
  'bond.NAME.members': refused('VPP has no interface named xe3'),
  'bridge.NAME.members': refused('VPP has no interface named xe5'),
  'bridge.NAME.learn': refused('NO_SUCH_ENTRY (-6)'),
  'bridge.NAME.flood': refused('NO_SUCH_ENTRY (-6)'),
  'bridge.NAME.unknown-unicast-flood': refused('NO_SUCH_ENTRY (-6)'),
  'bridge.NAME.arp-termination': refused('NO_SUCH_ENTRY (-6)'),
  'bridge.NAME.mac-age': refused('NO_SUCH_ENTRY (-6)'),
  'bridge.NAME.static': refused('INVALID_SW_IF_INDEX (-2)'),
  'bridge.NAME.id': refused('BD_ALREADY_EXISTS (-119)'),
  'cross-connect.NAME.interfaces': refused('VPP has no interface named xe7'),
  'cross-connect.NAME.tag-rewrite': refused('INVALID_VLAN_TAG_COUNT (-72)'),
  'bond.NAME.mode': refused('FEATURE_DISABLED (-30)'),
  'bond.NAME.primary': refused('INVALID_ARGUMENT (-73)'),
  'bond.NAME.load-balance': refused('INVALID_ARGUMENT (-73)'),
  'bond.NAME.lacp-timeout': refused('INVALID_INTERFACE (-71)'),
  'bond.NAME.lacp-passive': refused('INVALID_INTERFACE (-71)'),
  'interface.NAME.enabled': refused('INVALID_SW_IF_INDEX (-2)'),
  'interface.NAME.mtu': refused('INVALID_VALUE (-7)'),
  'interface.NAME.addresses': refused('ADDRESS_IN_USE (-105)'),
  'interface.NAME.lcp': iface({ hostInterface: { state: 'failed', reason: 'UNSPECIFIED (-1)' } }),
  'interface.NAME.link-local': refused('INVALID_SW_IF_INDEX (-2)'),
  'interface.NAME.mac': refused('UNIMPLEMENTED (-9)'),
  'interface.NAME.mpls': refused('NO_SUCH_FIB (-3)'),
  'interface.NAME.acl-in': refused('ACL_IN_USE_INBOUND (-142)'),
  'interface.NAME.acl-out': refused('ACL_IN_USE_OUTBOUND (-143)'),
  'interface.NAME.macip': refused('NO_SUCH_ENTRY (-6)'),
  'interface.NAME.nat': refused('UNSUPPORTED (-126)'),
  'nat44.enabled': refused('FEATURE_ALREADY_ENABLED (-170)'),
  'nat44.masquerade': refused('VALUE_EXIST (-81)'),
  'nat44.pool': refused('VALUE_EXIST (-81)'),
  'nat44.own-traffic': refused('VALUE_EXIST (-81)'),
  'nat44.forwarding': refused('UNSUPPORTED (-126)'),
  'nat44.sessions': refused('BUG (-168)'),
  'nat44.udp-timeout': refused('UNSUPPORTED (-126)'),
  'nat44.tcp-established-timeout': refused('UNSUPPORTED (-126)'),
  'nat44.tcp-transitory-timeout': refused('UNSUPPORTED (-126)'),
  'nat44.icmp-timeout': refused('UNSUPPORTED (-126)'),
  'nat44.mss-clamp': refused('UNSUPPORTED (-126)'),
  'port-forward.NAME.protocol': refused('VALUE_EXIST (-81)'),
  'port-forward.NAME.external': refused('VALUE_EXIST (-81)'),
  'port-forward.NAME.internal': refused('VALUE_EXIST (-81)'),
  'nat-static.NAME.external': refused('VALUE_EXIST (-81)'),
  'nat-static.NAME.internal': refused('VALUE_EXIST (-81)'),
  'acl.NAME.NUMBER': refused('INVALID_VALUE_2 (-8)'),
  'macip.NAME.NUMBER': refused('INVALID_VALUE (-7)'),
  'interface.NAME.dhcp-dns': {
    wans: [
      {
        interface: 'xe0',
        state: 'bound',
        address: '198.51.100.7/24',
        gateway: undefined,
        nameServers: [],
        server: '198.51.100.1',
        expiresAt: 0,
      },
    ],
  },
  'interface.NAME.dhcp': { wans: [{ interface: 'xe0', state: 'waiting', reason: 'no lease' }] },
  'interface.NAME.vrf': refused('NO_SUCH_FIB (-3)'),
  'vrf.NAME.table': refused('NO_SUCH_FIB (-3)'),
  'interface.NAME.mss-clamp': refused('INVALID_SW_IF_INDEX (-2)'),
  'interface.NAME.host-name': refused('it has no TAP in Linux: SYSCALL_ERROR_4 (-13)'),
  'interface.NAME.proxy-arp': refused('UNSPECIFIED (-1)'),
  'interface.NAME.proxy-nd': refused('NO_SUCH_FIB (-3)'),
  'interface.NAME.neighbors': refused('LIMIT_EXCEEDED (-162)'),
  'interface.NAME.unnumbered': refused('UNEXPECTED_INTF_STATE (-74)'),
  'interface.NAME.urpf': refused('INVALID_VALUE (-7)'),
  'interface.NAME.vlan': refused('VLAN_ALREADY_EXISTS (-56)'),
  'interface.NAME.inner-vlan': refused('UNSPECIFIED (-1)'),
  'interface.NAME.encapsulation': refused('UNSPECIFIED (-1)'),
  'interface.NAME.exact-match': refused('UNSPECIFIED (-1)'),
  'gre.NAME.source': refused('IF_ALREADY_EXISTS (-79)'),
  'gre.NAME.destination': refused('SAME_SRC_DST (-82)'),
  'gre.NAME.underlay-vrf': refused('NO_SUCH_FIB (-3)'),
  'gre.NAME.type': refused('INVALID_VALUE (-7)'),
  'ipip.NAME.source': refused('IF_ALREADY_EXISTS (-79)'),
  'ipip.NAME.destination': refused('SAME_SRC_DST (-82)'),
  'ipip.NAME.underlay-vrf': refused('NO_SUCH_FIB (-3)'),
  'vxlan.NAME.source': refused('TUNNEL_EXIST (-75)'),
  'vxlan.NAME.destination': refused('SAME_SRC_DST (-82)'),
  'vxlan.NAME.underlay-vrf': refused('NO_SUCH_FIB (-3)'),
  'vxlan.NAME.vni': refused('TUNNEL_EXIST (-75)'),
  'vxlan.NAME.port': refused('TUNNEL_EXIST (-75)'),
  'route.PREFIX': fibs({
    programmed: 2,
    unresolved: 1,
    failures: [
      { prefix: '203.0.113.0/24', code: 'unresolved', nextHops: ['10.9.9.9'], reason: 'no way to 10.9.9.9' },
    ],
  }),
  'service.NAME.command': service({
    state: 'backoff',
    reason: 'exited with code 1',
    since,
    nextTryAt: NOW,
    failures: 1,
  }),
  'service.NAME.vrf': service({
    state: 'backoff',
    reason: 'cannot bind it to the VRF blue: no program /usr/sbin/ip (--add iproute2)',
    since,
    nextTryAt: NOW,
    failures: 1,
  }),
  'service.NAME.netns': service({
    state: 'looping',
    reason: 'could not be started: setns: EPERM',
    since,
    nextTryAt: NOW,
    failures: 5,
  }),
};

/** The check that fails when a leaf does not take effect. */
const CHECKS = new Map(LEAVES.flatMap(({ path, leaf: { fails } }) => (fails ? [[path, fails[0]]] : [])));

function failing(status: ApplianceStatus): ReadyCheckName[] {
  return reportHealth(status, NOW).checks.flatMap(({ name, ok }) => (ok ? [] : [name]));
}

test('every leaf that may not take effect is broken here, and no other', () => {
  expect(Object.keys(BROKEN).sort()).toEqual([...CHECKS.keys()].sort());
});

describe('what is configured and not so', () => {
  test('is nothing while all is well', () => {
    for (const status of [good, makeStatus({ box: makeBox() }), makeStatus({ mode: 'run' })]) {
      expect(failing(status)).toEqual([]);
      expect(reportHealth(status, NOW).checks.map(({ name }) => name)).toEqual([...READY_CHECKS]);
    }
  });

  test.each(Object.entries(BROKEN))('%s fails its check, and is in health', (path, changes) => {
    const status = makeStatus(changes);
    expect(failing(status)).toContain(CHECKS.get(path));
    expect(reportHealth(status, NOW).level).not.toBe('ok');
  });

  test.each(
    READY_CHECKS.flatMap((name) => {
      const found = Object.entries(BROKEN).find(([path]) => CHECKS.get(path) === name);
      return found === undefined ? [] : [[name, found[1]] as const];
    }),
  )('is in the metrics: %s', async (name, changes) => {
    const families = parseExposition(await scrape({ status: () => makeStatus(changes) }));
    expect(valueOf(families, 'appliance_ready')).toBe(0);
    expect(valueOf(families, 'appliance_ready_check', { check: name })).toBe(0);
    expect(valueOf(families, 'appliance_ready_check', { check: 'boot' })).toBe(1);
  });

  test.each<[string, Changes, ReadyCheckName, RegExp]>([
    [
      'a file with mistakes',
      {
        config: {
          state: 'rejected',
          source: 'last-good',
          path: '/boot/appliance.ini',
          reason: '/boot/appliance.ini has 1 mistake',
          problems: [],
        },
      },
      'configuration',
      /1 mistake/,
    ],
    [
      'a next hop of several',
      fibs({ nextHopsLeftOut: 1, leftOut: [{ 'next-hop': '10.9.9.9', reason: 'xe1 is down' }] }),
      'routes',
      /without the next hop 10\.9\.9\.9/,
    ],
    [
      'counters that are old',
      { stats: { state: 'stale', since, ageSeconds: 90, reason: 'VPP does not answer' } },
      'counters',
      /old/,
    ],
    [
      'a watchdog that is not fed',
      box({
        watchdog: {
          state: 'starving',
          identity: '',
          timeoutSeconds: 30,
          lastFedAt: 0,
          nowayout: false,
          since,
          reason: 'VPP',
        },
      }),
      'watchdog',
      /VPP/,
    ],
  ])('%s', (_what, changes, name, reason) => {
    const check = reportHealth(makeStatus(changes), NOW).checks.find((one) => one.name === name);
    expect(check).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  test.each<[string, Changes]>([
    ['a warning that is about no setting', conditions('data-partition')],
    [
      'a clock whose servers DHCP named',
      box({ time: { state: 'unsynchronised', reason: 'r', servers: ['a'], source: 'dhcp' } }),
    ],
    [
      'a kernel FIB that is not asked for',
      kernelFib({ status: { state: 'disabled', reason: 'VPP is the data plane' }, failed: 1 }),
    ],
    [
      'a service that ended as it should',
      {
        services: [
          {
            name: 'once',
            status: { state: 'stopped', reason: 'exited with code 0', since },
            restarts: 0,
            lastExit: { at: since, pid: 9, code: 0, lifeMs: 10, reason: 'exited with code 0' },
            lastOutput: [],
          },
        ],
      },
    ],
    ['a machine without a watchdog', box({ watchdog: { state: 'off', reason: 'it has none' } })],
    [
      'a kernel that forwards alone',
      {
        ...iface({ dataPlane: 'kernel' }),
        vpp: { ...good.vpp, process: { state: 'disabled', reason: 'vpp.enabled is false' } },
        fib: [
          { ...fib, status: { state: 'waiting', since, reason: 'VPP is not connected' } },
          { ...fib, backend: 'kernel' },
        ],
        stats: { state: 'attaching', since, attempts: 9, reason: 'ENOENT' },
      },
    ],
  ])('%s makes nothing unready', (_what, changes) => {
    expect(failing(makeStatus(changes))).toEqual([]);
  });
});
