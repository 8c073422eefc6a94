import { describe, expect, it } from 'vitest';
import { formatPlan, inForceAfter, isEmptyPlan, planChange } from './difference.ts';
import { type LeafPath, LEAVES } from './sections.ts';
import { parseConfig } from './parse.ts';
import type { Config } from './types.ts';

type Values = Readonly<Partial<Record<LeafPath, string | undefined>>>;

const PCI = '0000:03:00.0';

/** A configuration in which every section is there: the values of one NIC, one interface and one route. */
const BASE: Values = {
  'vpp.enabled': 'true',
  'vpp.dpdk.interface.PCI.name': 'xe0',
  'management.address': '192.0.2.10/24',
  'management.gateway': '192.0.2.1',
  'vrf.NAME.table': '100',
  'interface.NAME.enabled': 'true',
  'bond.NAME.members': 'xe2, xe3',
  'bridge.NAME.members': 'xe4, xe5',
  'cross-connect.NAME.interfaces': 'xe6, xe7',
  'gre.NAME.source': '192.0.2.1',
  'gre.NAME.destination': '203.0.113.1',
  'ipip.NAME.source': '192.0.2.1',
  'ipip.NAME.destination': '203.0.113.1',
  'vxlan.NAME.source': '192.0.2.1',
  'vxlan.NAME.destination': '203.0.113.1',
  'vxlan.NAME.vni': '10',
  'port-forward.NAME.protocol': 'tcp',
  'port-forward.NAME.external': '203.0.113.5:443',
  'port-forward.NAME.internal': '192.168.1.10:8443',
  'nat-static.NAME.external': '203.0.113.6',
  'nat-static.NAME.internal': '192.168.1.11',
  'acl.NAME.NUMBER': 'permit any',
  'macip.NAME.NUMBER': 'permit any',
  'prefix-list.NAME.prefixes': '192.0.2.0/24',
  'port-list.NAME.ports': '80',
  'route.PREFIX': '198.51.100.2',
  'service.NAME.command': '/usr/sbin/bird -f',
  'bgp.as': '65001',
  'bgp.router-id': '192.0.2.1',
  'bgp.neighbor.NAME.address': '127.0.0.1',
  'bgp.neighbor.NAME.as': '65001',
  'service.NAME.netns': 'dataplane',
};

/** Another value for every leaf: what is not here, or what says the same as BASE, does not compile or fails below. */
const OTHER: Readonly<Record<LeafPath, string>> = {
  'system.hostname': 'edge-1',
  'management.interface': 'eth3',
  'management.address': '192.0.2.11/24',
  'management.gateway': '192.0.2.2',
  'management.dns': '192.0.2.53',
  'management.ntp': 'ntp.example.net',
  'http.listen': '127.0.0.1:8081',
  'http.https-listen': '[::]:9443',
  'http.names': 'router.example.net',
  'telemetry.zero-series': 'true',
  'update.confirm-timeout': '60',
  'update.trial-stable': '30',
  'update.trial-timeout': '600',
  'update.route-tolerance': '10',
  'update.minimum-version': '0.2.0',
  'update.allow-older-builds': 'false',
  'watchdog.enabled': 'false',
  'watchdog.timeout': '60',
  'log.syslog': '192.0.2.14:514',
  'log.disk-size': '64M',
  'vpp.enabled': 'false',
  'vpp.external': 'true',
  'vpp.binary': '/opt/vpp',
  'vpp.start-timeout': '10',
  'vpp.answer-timeout': '60',
  'vpp.drift': 'report',
  'vpp.api-socket': '/run/vpp/other.sock',
  'vpp.cpu.main-core': '1',
  'vpp.cpu.workers': '2',
  'vpp.cpu.isolate': 'false',
  'vpp.memory.main-heap': '2G',
  'vpp.memory.hugepage-size': '1G',
  'vpp.memory.buffers': '16384',
  'vpp.dpdk.unsafe-no-iommu': 'true',
  'vpp.dpdk.interface.PCI.name': 'xe1',
  'vpp.dpdk.interface.PCI.driver': 'native',
  'vpp.dpdk.interface.PCI.rx-queues': '2',
  'vpp.dpdk.interface.PCI.tx-queues': '2',
  'vpp.stats.segment-size': '64M',
  'vpp.stats.socket-path': '/run/vpp/other-stats.sock',
  'vpp.stats.poll-interval': '10',
  'vpp.lcp.enabled': 'false',
  'vpp.lcp.sync': 'false',
  'vpp.lcp.auto-subint': 'false',
  'vpp.lcp.follow': 'true',
  'vpp.neighbors.max-number': '1000',
  'vpp.neighbors.max-age': '0',
  'vpp.neighbors.recycle': 'false',
  'vpp.lcp.netns': 'other',
  'fib.vpp.enabled': 'true',
  'fib.vpp.table-id': '10',
  'fib.vpp.batch-size': '8',
  'fib.vpp.verify': 'all',
  'fib.vpp.batch-interval-ms': '100',
  'fib.kernel.enabled': 'true',
  'fib.kernel.table-id': '100',
  'fib.kernel.netns': 'other',
  'fib.kernel.metric': '100',
  'fib.kernel.import': 'true',
  'fib.kernel.import-distance': '110',
  'bgp.as': '65009',
  'bgp.router-id': '192.0.2.9',
  'bgp.listen': '127.0.0.1:179',
  'bgp.neighbor.NAME.address': 'fe80::2%xe0',
  'bgp.neighbor.NAME.as': '65010',
  'bgp.neighbor.NAME.port': '1790',
  'bgp.neighbor.NAME.passive': 'true',
  'bgp.neighbor.NAME.local': '127.0.0.2',
  'bgp.neighbor.NAME.netns': 'dataplane',
  'bgp.neighbor.NAME.families': 'ipv6',
  'bgp.neighbor.NAME.distance': '110',
  'bgp.neighbor.NAME.paths': 'ecmp',
  'bgp.neighbor.NAME.hold-time': '9',
  'bgp.neighbor.NAME.connect-retry': '1',
  'bond.NAME.members': 'xe2',
  'bridge.NAME.members': 'xe4',
  'bridge.NAME.learn': 'false',
  'bridge.NAME.flood': 'false',
  'bridge.NAME.unknown-unicast-flood': 'false',
  'bridge.NAME.arp-termination': 'true',
  'bridge.NAME.mac-age': '0',
  'bridge.NAME.static': '02:00:00:00:00:01@xe4',
  'bridge.NAME.id': '10',
  'cross-connect.NAME.interfaces': 'xe6, xe5.7',
  'cross-connect.NAME.tag-rewrite': 'keep',
  'bond.NAME.mode': 'active-backup',
  'bond.NAME.primary': 'xe3',
  'bond.NAME.load-balance': 'l2',
  'bond.NAME.lacp-timeout': 'long',
  'bond.NAME.lacp-passive': 'true',
  'interface.NAME.description': 'to the lab',
  'interface.NAME.acl-in': 'other',
  'interface.NAME.acl-out': 'other',
  'interface.NAME.macip': 'other',
  'interface.NAME.vlan': '200',
  'interface.NAME.inner-vlan': '300',
  'interface.NAME.encapsulation': 'dot1ad',
  'interface.NAME.exact-match': 'false',
  'interface.NAME.enabled': 'false',
  'interface.NAME.mtu': '1400',
  'interface.NAME.addresses': '198.51.100.9/24',
  'vrf.NAME.table': '200',
  'interface.NAME.vrf': 'red',
  'interface.NAME.lcp': 'false',
  'interface.NAME.link-local': 'fe80::2',
  'interface.NAME.dhcp': 'true',
  'interface.NAME.mac': '02:00:00:00:00:02',
  'interface.NAME.mpls': 'true',
  'interface.NAME.mss-clamp': '1200',
  'interface.NAME.dhcp-dns': 'true',
  'interface.NAME.host-name': 'wan1',
  'interface.NAME.proxy-arp': 'true',
  'interface.NAME.proxy-nd': '2001:db8::11',
  'interface.NAME.neighbors': '192.0.2.8 02:00:00:00:00:08',
  'interface.NAME.unnumbered': 'lan0',
  'interface.NAME.urpf': 'loose',
  'gre.NAME.source': '192.0.2.9',
  'gre.NAME.destination': '203.0.113.9',
  'gre.NAME.underlay-vrf': 'red',
  'gre.NAME.type': 'teb',
  'ipip.NAME.source': '192.0.2.9',
  'ipip.NAME.destination': '203.0.113.9',
  'ipip.NAME.underlay-vrf': 'red',
  'vxlan.NAME.source': '192.0.2.9',
  'vxlan.NAME.destination': '203.0.113.9',
  'vxlan.NAME.underlay-vrf': 'red',
  'vxlan.NAME.vni': '11',
  'vxlan.NAME.port': '8472',
  'interface.NAME.nat': 'outside',
  'nat44.enabled': 'true',
  'nat44.masquerade': 'wan0',
  'nat44.pool': '203.0.113.10-203.0.113.20',
  'nat44.own-traffic': 'false',
  'nat44.forwarding': 'true',
  'nat44.sessions': '100000',
  'nat44.udp-timeout': '301',
  'nat44.tcp-established-timeout': '7441',
  'nat44.tcp-transitory-timeout': '241',
  'nat44.icmp-timeout': '61',
  'nat44.mss-clamp': '1452',
  'port-forward.NAME.protocol': 'tcp, udp',
  'port-forward.NAME.external': '203.0.113.5:444',
  'port-forward.NAME.internal': '192.168.1.10:8444',
  'nat-static.NAME.external': '203.0.113.7',
  'nat-static.NAME.internal': '192.168.1.12',
  'acl.NAME.NUMBER': 'deny udp to any port 53',
  'macip.NAME.NUMBER': 'deny any',
  'prefix-list.NAME.prefixes': '203.0.113.0/24',
  'port-list.NAME.ports': '22',
  'route.PREFIX': '198.51.100.3',
  'supervisor.backoff-ms': '500',
  'supervisor.backoff-max-ms': '60000',
  'supervisor.stable-ms': '1000',
  'supervisor.loop-after': '2',
  'supervisor.loop-retry-ms': '1000',
  'service.NAME.command': '/usr/sbin/bird -f -c "/boot/my bird.conf"',
  'service.NAME.netns': 'lab',
  'service.NAME.vrf': 'red',
  'service.NAME.restart': 'on-failure',
};

/** What the instance of a repeated section is called here, or that of one leaf. */
const INSTANCES: Readonly<Record<string, string>> = {
  'bond.NAME': 'bond0',
  'bridge.NAME': 'br0',
  'cross-connect.NAME': 'wire',
  'gre.NAME': 'gre0',
  'interface.NAME': 'lan0.100',
  // A sub-interface has that of its parent.
  'interface.NAME.mac': 'lan0',
  'ipip.NAME': 'ipip0',
  'vxlan.NAME': 'vxlan10',
  'vrf.NAME': 'blue',
};
const instanceOf = (path: string): string =>
  INSTANCES[path] ?? INSTANCES[path.slice(0, path.lastIndexOf('.'))] ?? 'loop0';

function configOf(values: Values): Config {
  // What others refer to.
  const sections = new Map<string, string[]>([
    ['interface.lan0', []],
    ['interface.xe2', []],
    ['interface.xe3', []],
    ['interface.xe4', []],
    ['interface.xe5', []],
    ['interface.xe5.7', []],
    ['interface.xe6', []],
    ['interface.xe7', []],
    ['interface.wan0', ['nat = outside']],
    ['acl.other', ['10 = permit any']],
    ['macip.other', ['10 = permit any']],
    ['vrf.red', ['table = 7']],
  ]);
  for (const { path, leaf, section: of } of LEAVES) {
    const value = values[path as LeafPath];
    if (value === undefined) continue;
    const section = of.name.replace('PCI', PCI).replace('NAME', instanceOf(path));
    const lines = sections.get(section) ?? [];
    lines.push(`${leaf.keys?.example ?? leaf.key} = ${value}`);
    sections.set(section, lines);
  }
  const text = [...sections].map(([section, lines]) => [`[${section}]`, ...lines].join('\n')).join('\n');
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.problems)}`);
  return parsed.config;
}

const base = configOf(BASE);

/** The leaf as a plan names it. */
const named = (path: string): string =>
  path === 'route.PREFIX'
    ? 'route'
    : path.replace('PCI', PCI).replace('NAME', instanceOf(path)).replace('NUMBER', '10');

describe('planChange', () => {
  for (const { path } of LEAVES) {
    it(`names a change of ${path}, and only that, forth and back`, () => {
      const after = configOf({ ...BASE, [path]: OTHER[path as LeafPath] });
      for (const [from, to] of [
        [base, after],
        [after, base],
      ] as const) {
        const { steps, restart } = planChange(from, to);
        const all = [...steps, ...restart];
        expect(all.map(({ leaf }) => leaf)).toEqual([named(path)]);
        expect(all[0]?.words).not.toBe('');
      }
    });

    it(`applies a change of ${path} as far as its plan says`, () => {
      const after = configOf({ ...BASE, [path]: OTHER[path as LeafPath] });
      const plan = planChange(base, after);
      const live = inForceAfter(base, after, { restartVpp: false });
      expect(planChange(base, live)).toMatchObject({ steps: plan.steps, restart: [] });
      expect(planChange(live, after)).toMatchObject({ steps: [], restart: plan.restart });
      const restarted = inForceAfter(base, after, { restartVpp: true });
      expect(planChange(restarted, after)).toMatchObject({ steps: [], restart: [] });
    });
  }

  it('says nothing of the same, whatever the lines', () => {
    const moved = parseConfig('\n\n[route]\n10.0.0.0/8 = blackhole\n', 'a.ini');
    const first = parseConfig('[route]\n10.0.0.0/8 = blackhole\n', 'b.ini');
    if (!moved.ok || !first.ok) throw new Error('both are valid');
    expect(isEmptyPlan(planChange(moved.config, first.config))).toBe(true);
  });

  it('tells what needs a restart of VPP from what is live, and names the parts', () => {
    const after = configOf({
      ...BASE,
      'vpp.cpu.workers': '2',
      'vpp.stats.poll-interval': '10',
      'http.listen': '[::]:80',
    });
    const plan = planChange(base, after);
    expect(formatPlan(plan)).toEqual([
      'http.listen: [::]:8080 → [::]:80',
      'vpp.stats.poll-interval: 30 → 10 seconds',
      'vpp.cpu.workers: not set → 2 (needs a restart of VPP)',
    ]);
    expect(plan.parts).toEqual(['http', 'data-plane']);
  });

  it('restarts no VPP for settings of one that is not started here', () => {
    for (const [key, value] of [
      ['vpp.enabled', 'false'],
      ['vpp.external', 'true'],
    ] as const) {
      const without = { ...BASE, [key]: value };
      const plan = planChange(
        configOf(without),
        configOf({ ...without, 'vpp.cpu.workers': '2', 'vpp.api-socket': '/run/x' }),
      );
      expect(plan).toMatchObject({
        restart: [],
        steps: [{ leaf: 'vpp.api-socket' }, { leaf: 'vpp.cpu.workers' }],
      });
    }
  });

  it('names sections that come and go', () => {
    const text = (interfaces: string): Config => {
      const parsed = parseConfig(interfaces, 'test.ini');
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return parsed.config;
    };
    const nic = `[vpp]\nenabled = true\n[vpp.dpdk.interface.${PCI}]\nname = xe0\n`;
    const before = text(`${nic}[interface.xe0]\nmtu = 1500\n[interface.loop0]\naddresses = 192.0.2.1/32\n`);
    const after = text(
      '[vpp]\nenabled = true\n[interface.loop1]\naddresses = 192.0.2.2/32\nenabled = false\n',
    );
    expect(formatPlan(planChange(before, after))).toEqual([
      'interface.xe0: removed: its addresses are removed, it is set down, and its original MTU is restored',
      'interface.loop0: removed: the loopback is deleted',
      'interface.loop1: added: down, 192.0.2.2/32, MTU 1500',
      `vpp.dpdk.interface.${PCI}: removed: xe0 returns to the kernel (needs a restart of VPP)`,
    ]);
    expect(formatPlan(planChange(after, before))).toContain(
      `vpp.dpdk.interface.${PCI}: added: as xe0 (needs a restart of VPP)`,
    );
  });
});
