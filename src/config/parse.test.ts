import { describe, expect, it } from 'vitest';
import { renderDefaultIni } from './default-ini.ts';
import { LEAVES } from './sections.ts';
import { defaultConfig, parseConfig } from './parse.ts';
import { formatProblem, MAX_PROBLEMS } from './problems.ts';
import type { Config } from './types.ts';

/** `LINE leaf: message` of every problem; of a valid text, of every warning. */
function problemsOf(text: string | Uint8Array): string[] {
  const result = parseConfig(text, 'appliance.ini');
  const list = result.ok ? result.warnings : result.problems;
  return list.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

function valid(text: string | Uint8Array): Config {
  const result = parseConfig(text, 'appliance.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems, undefined, 1));
  return result.config;
}

/** The sections that the examples of a section refer to. */
const REFERRED: Readonly<Record<string, readonly string[]>> = {
  'bond.NAME': ['interface.xe2', 'interface.xe3'],
  'bridge.NAME': ['interface.xe4', 'interface.xe5'],
  'cross-connect.NAME': ['interface.xe6', 'interface.xe7'],
  'interface.NAME': ['interface.loop0'],
};
const written = (sections: Iterable<string>): string => [...sections].map((name) => `[${name}]\n`).join('');

const XE0 = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n';

/** What the examples of leaves, or of all leaves of a section, refer to. */
const NEEDS: Readonly<Record<string, string>> = {
  'bgp.neighbor.NAME': '[bgp]\nas = 65001\nrouter-id = 192.0.2.1\n',
  'interface.NAME.acl-in': '[acl.lan-in]\n10 = permit any\n',
  'interface.NAME.acl-out': '[acl.lan-in]\n10 = permit any\n',
  'nat44.masquerade': '[interface.xe1]\nnat = outside\n',
  'interface.NAME.macip': '[macip.hosts]\n10 = permit any\n',
  'interface.NAME.vrf': '[vrf.blue]\ntable = 100\n',
  'service.NAME.vrf': '[vrf.blue]\ntable = 100\n',
  'gre.NAME.underlay-vrf': '[vrf.blue]\ntable = 100\n',
  'ipip.NAME.underlay-vrf': '[vrf.blue]\ntable = 100\n',
  'vxlan.NAME.underlay-vrf': '[vrf.blue]\ntable = 100\n',
};

describe('defaults', () => {
  it('are those of the specification', () => {
    expect(defaultConfig()).toEqual({
      system: { hostname: 'appliance' },
      management: { interface: undefined, address: 'dhcp', gateway: undefined, dns: [], ntp: [] },
      http: { listen: { host: '::', port: 8080 }, httpsListen: undefined, names: [] },
      telemetry: { zeroSeries: false },
      update: {
        confirmTimeoutSeconds: 120,
        trialStableSeconds: 60,
        trialTimeoutSeconds: 300,
        routeTolerancePercent: 5,
        minimumVersion: undefined,
        allowOlderBuilds: true,
      },
      watchdog: { enabled: true, timeoutSeconds: 30 },
      log: { syslog: undefined, diskBytes: 32 * 2 ** 20 },
      supervisor: {
        backoffMs: 1000,
        backoffMaxMs: 30000,
        stableMs: 60000,
        loopAfter: 5,
        loopRetryMs: 300000,
      },
      vpp: {
        enabled: false,
        external: false,
        binary: '/usr/bin/vpp',
        startTimeoutSeconds: 60,
        answerTimeoutSeconds: 20,
        drift: 'repair',
        apiSocket: '/run/vpp/api.sock',
        cpu: { mainCore: undefined, workers: undefined, isolate: true },
        memory: { mainHeapBytes: 2 ** 30, hugepageSize: '2M', buffers: 128000 },
        dpdk: { unsafeNoIommu: false, interfaces: [] },
        stats: { segmentBytes: 2 ** 29, socketPath: '/run/vpp/stats.sock', pollIntervalSeconds: 30 },
        lcp: { enabled: true, sync: true, autoSubint: true, follow: false, netns: 'dataplane' },
        neighbors: { maxNumber: 50_000, maxAgeSeconds: 30, recycle: true },
      },
      fib: {
        vpp: { enabled: false, tableId: 0, batchSize: 256, batchIntervalMs: 10, verify: 'sample' },
        kernel: {
          enabled: false,
          tableId: 254,
          netns: undefined,
          metric: 20,
          import: false,
          importDistance: 200,
        },
      },
      bgp: { as: undefined, routerId: undefined, listen: { host: '::', port: 1179 }, neighbors: [] },
      vrfs: [],
      interfaces: [],
      bonds: [],
      bridges: [],
      crossConnects: [],
      gres: [],
      ipips: [],
      vxlans: [],
      acls: [],
      macips: [],
      prefixLists: [],
      portLists: [],
      nat44: {
        enabled: false,
        masquerade: [],
        pool: [],
        ownTraffic: true,
        forwarding: false,
        sessions: 64512,
        udpTimeoutSeconds: 300,
        tcpEstablishedTimeoutSeconds: 7440,
        tcpTransitoryTimeoutSeconds: 240,
        icmpTimeoutSeconds: 60,
        mssClampBytes: undefined,
      },
      portForwards: [],
      natStatics: [],
      routes: [],
      services: [],
    });
  });

  it.each(['', '\n\n', '\ufeff', '# only a comment', '[vpp]', renderDefaultIni()])('hold for %j', (text) => {
    expect(valid(text)).toEqual(defaultConfig());
    expect(problemsOf(text)).toEqual([]);
  });

  it('are in the default INI, every leaf once', () => {
    const text = renderDefaultIni();
    for (const { path, leaf, section: of } of LEAVES) {
      const key = leaf.keys?.example ?? leaf.key;
      const [, section = ''] = text
        .replaceAll('0000:03:00.0', 'PCI')
        .replaceAll(
          `[${of.name.replace('NAME', leaf.instance ?? of.repeated?.example ?? '')}]`,
          `[${of.name}]`,
        )
        .split(`[${of.name}]\n`);
      expect(section.split('\n\n')[0], path).toContain(`\n;${key} = ${leaf.default ?? leaf.example}`);
    }
  });

  it('accept every example', () => {
    const others = written(new Set(Object.values(REFERRED).flat()));
    const result = parseConfig(`${renderDefaultIni().replace(/^;/gm, '')}\n${others}`, 'appliance.ini');
    expect(result.ok).toBe(true);
    for (const { path, leaf, section: of } of LEAVES) {
      const section = of.name
        .replace('PCI', '0000:03:00.0')
        .replace('NAME', leaf.instance ?? of.repeated?.example ?? '');
      const required = Object.values(of.leaves).filter((one) => one.required && one !== leaf);
      const needed = required.map((one) => `${one.key} = ${one.example}\n`).join('');
      // A gateway in no static subnet, a backoff with the other's default: examples stand alone.
      const parent = leaf.instance === undefined ? '' : '[interface.xe0]\n';
      const needs = `${parent}${NEEDS[path] ?? NEEDS[of.name] ?? ''}${written(REFERRED[of.name] ?? [])}`;
      valid(`${needs}[${section}]\n${needed}${leaf.keys?.example ?? leaf.key} = ${leaf.example}`);
    }
  });
});

describe('a whole file', () => {
  it('becomes a Config', () => {
    const config = valid(`
[vpp]
enabled = true
[vpp.cpu]
main-core = 1
workers = 2
[vpp.memory]
main-heap = 1536M
hugepage-size = 1G
[vpp.stats]
segment-size = 65536K
[vpp.dpdk.interface.0000:0A:00.1]
name = xe0
rx-queues = 2
[fib.vpp]
enabled = true
table-id = 4294967294
[interface.xe0]
addresses = 192.0.2.1/24, 192.0.2.2/24, 2001:DB8:0::1/64
mtu = 9000
mpls = true
[interface.loop0]
enabled = false
addresses = 203.0.113.1/32
[route]
0.0.0.0/0 = 192.0.2.254
2001:db8:1::/48 = fe80:0::1@2%xe0 , 2001:db8::2 @ 255 ; comment
10.0.0.0/8 = blackhole
::/0=unreachable
[management]
interface = eth0
address = 198.51.100.5/24
gateway = 198.51.100.1
dns = 127.0.0.1, 2001:db8::53
[http]
listen = :80
names = Router.example.NET, router
`);
    expect(config.vpp.cpu).toEqual({ mainCore: 1, workers: 2, isolate: true });
    expect(config.vpp.memory.mainHeapBytes).toBe(1536 * 2 ** 20);
    expect(config.vpp.stats.segmentBytes).toBe(64 * 2 ** 20);
    expect(config.vpp.dpdk.interfaces).toEqual([
      { pciAddress: '0000:0a:00.1', name: 'xe0', driver: 'dpdk', rxQueues: 2, txQueues: undefined, line: 12 },
    ]);
    const untagged = {
      encapsulation: 'dot1q',
      exactMatch: true,
      dhcp: false,
      dhcpDns: false,
      aclIn: [],
      aclOut: [],
      hasTap: true,
      proxyArp: false,
      proxyNd: [],
      neighbors: [],
    };
    expect(config.interfaces).toEqual([
      {
        name: 'xe0',
        ...untagged,
        enabled: true,
        mtuBytes: 9000,
        addresses: [
          { family: 4, address: '192.0.2.1', length: 24, bytes: Uint8Array.of(192, 0, 2, 1) },
          { family: 4, address: '192.0.2.2', length: 24, bytes: Uint8Array.of(192, 0, 2, 2) },
          {
            family: 6,
            address: '2001:db8::1',
            length: 64,
            bytes: Uint8Array.of(32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
          },
        ],
        mpls: true,
        line: 18,
      },
      {
        name: 'loop0',
        ...untagged,
        enabled: false,
        mtuBytes: 1500,
        addresses: [{ family: 4, address: '203.0.113.1', length: 32, bytes: Uint8Array.of(203, 0, 113, 1) }],
        mpls: false,
        line: 22,
      },
    ]);
    expect(config.routes.map(({ action, line }) => ({ action, line }))).toEqual([
      {
        action: {
          kind: 'forward',
          nextHops: [{ family: 4, address: '192.0.2.254', weight: 1, interface: undefined }],
          labels: [],
        },
        line: 26,
      },
      {
        action: {
          kind: 'forward',
          nextHops: [
            { family: 6, address: 'fe80::1', weight: 2, interface: 'xe0' },
            { family: 6, address: '2001:db8::2', weight: 255, interface: undefined },
          ],
          labels: [],
        },
        line: 27,
      },
      { action: { kind: 'blackhole' }, line: 28 },
      { action: { kind: 'unreachable' }, line: 29 },
    ]);
    expect(config.routes[1]?.destination).toEqual({ family: 6, address: '2001:db8:1::', length: 48 });
    expect(config.management).toEqual({
      interface: 'eth0',
      address: { family: 4, address: '198.51.100.5', length: 24, bytes: Uint8Array.of(198, 51, 100, 5) },
      gateway: '198.51.100.1',
      dns: ['127.0.0.1', '2001:db8::53'],
      ntp: [],
    });
    expect(config.http).toEqual({
      listen: { host: '::', port: 80 },
      httpsListen: undefined,
      names: ['router.example.net', 'router'],
    });
  });

  it('with twelve mistakes gives these twelve, each with its line', () => {
    const text = `[system]
hostname = edge-1
[management]
address = 192.0.2.9/24
[vpp]
enabled = yes
api-socket = run/api.sock
pol-interval = 5
[vpp.cpu]
workers = two
[vpp.memory]
main-heap = 1.5G
[vpp.dpdk.interface.03:00.0]
name = xe0
[vpp.dpdk.interface.0000:03:00.1]
name = xe0
[interface.xe0]
addresses = 198.51.100.1
[vpp.cpu]
main-core = 0
[fib.vppp]
enabled = true
[route]
10.0.0.1/8 = 198.51.100.2
10.1.0.0/16 = 198.51.100.2%xe1
`;
    const lines = problemsOf(text).map((problem) => problem.split(': ')[0]);
    expect(lines).toEqual([
      '6 vpp.enabled',
      '7 vpp.api-socket',
      '8 vpp.pol-interval',
      '10 vpp.cpu.workers',
      '12 vpp.memory.main-heap',
      '13 vpp.dpdk.interface.03:00.0',
      '16 vpp.dpdk.interface.0000:03:00.1.name',
      '18 interface.xe0.addresses',
      '19 vpp.cpu',
      '21 fib.vppp',
      '24 route.10.0.0.1/8',
      '25 route.10.1.0.0/16',
    ]);
  });
});

describe('lines', () => {
  it.each([
    ['CRLF', '[vpp]\r\nenabled = true\r\n'],
    ['doubled carriage returns', '[vpp]\r\r\nenabled = true\r\r\n'],
    ['a byte order mark', '\ufeff[vpp]\nenabled = true'],
    ['trailing blanks and tabs', ' [vpp] \t\n\tenabled\t=\ttrue \t'],
    ['blanks in the brackets', '[ vpp ]\nenabled=true'],
    ['comments', '; one\n# two\n[vpp] ; three\nenabled = true # four\n  # five'],
    ['double quotes', '[vpp]\nenabled = "true" ; comment'],
    ['single quotes', "[vpp]\nenabled = 'true'"],
    ['both switches of DPDK', '[vpp]\nenabled = true\n[vpp.dpdk]\n[dpdk]'],
  ])('take %s', (_name, text) => {
    expect(valid(text).vpp.enabled).toBe(true);
    expect(valid(new TextEncoder().encode(text)).vpp.enabled).toBe(true);
  });

  it.each([
    ['/run/a#b;c', '/run/a#b;c'],
    ['/run/a ;c', '/run/a'],
    ['/run/a\t#c', '/run/a'],
    ['/run/a\\;b', '/run/a;b'],
    ["'/run/a # b'", '/run/a # b'],
    ['"/run/a # \\u0062" # comment "', '/run/a # b'],
    ["'/run/a\\b'", '/run/a\\b'],
  ])('take the value of binary = %s', (raw, path) => {
    expect(valid(`[vpp]\nbinary = ${raw}`).vpp.binary).toBe(path);
  });

  it.each([
    ['enabled = true', '1 enabled: "enabled" is outside any section: write a line such as [system] above it'],
    ['rubbish', '1 file: "rubbish" is outside any section: write a line such as [system] above it'],
    ['[vpp]\nenabled', '2 vpp: "enabled" is neither [SECTION] nor KEY = VALUE'],
    [
      '[vpp]\nenabled: true',
      '2 vpp: "enabled: true" is neither [SECTION] nor KEY = VALUE: did you mean enabled = true?',
    ],
    ['[vpp]\n = true', '2 vpp: "= true" has no key before the ='],
    ['[]', '1 file: "[]" names no section: expected a line such as [system]'],
    ['[ ] ; x', '1 file: "[ ] ; x" names no section: expected a line such as [system]'],
    ['[vpp', '1 file: "[vpp" is not a section: close the bracket, and write a blank and ; before a comment'],
    [
      '[vpp] enabled = true',
      '1 file: "[vpp] enabled = true" is not a section: close the bracket, and write a blank and ; before a comment',
    ],
    ['[[vpp]]', '1 file: "[[vpp]]" has brackets inside brackets: expected a line such as [system]'],
    ['[vpp]\nbinary = "/x', '2 vpp.binary: ""/x": the quote " is not closed: close it, or remove it'],
    [
      '[vpp]\nbinary = "/x" y',
      '2 vpp.binary: ""/x" y": text follows the closing quote: remove it, or write a blank and ; before a comment',
    ],
    [
      '[vpp]\nbinary = "/\\x"',
      '2 vpp.binary: ""/\\x"": a backslash in double quotes escapes as in JSON: write \\\\ for one',
    ],
    ['[vpp]\nenab\0led = true', '2 vpp: NUL byte: the file is damaged, or is not text'],
    ['[vpp]\renabled = true\r', '1 file: carriage return inside the line: end lines with LF or CRLF'],
    ['[vpp]\nbinary = /\u001b[2J', '2 vpp: control character "\\u001b": remove it'],
    [`[vpp]\n${'x'.repeat(5000)}`, '2 vpp: the line has 5000 characters: the limit is 4096'],
  ])('refuse %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('that are not UTF-8 are named, each once, and not judged again', () => {
    const text = Buffer.from(`[vpp]\nenabled = tr\xfce\n# \xff\n${XE0.replace('xe0', 'xe\xff')}`, 'latin1');
    expect(problemsOf(text)).toEqual([
      '2 file: invalid UTF-8: save the file as UTF-8',
      '3 file: invalid UTF-8: save the file as UTF-8',
      '5 file: invalid UTF-8: save the file as UTF-8',
    ]);
  });

  it('of a UTF-16 file are refused as one', () => {
    expect(problemsOf(Buffer.from('\ufeff[vpp]', 'utf16le'))).toEqual([
      '0 file: appliance.ini is encoded as UTF-16: save it as UTF-8',
    ]);
  });

  it('after 1 MiB are not read', () => {
    expect(valid('#'.padEnd(4096, ' ').concat('\n').repeat(255)).vpp.enabled).toBe(false);
    expect(problemsOf(' '.repeat(1024 * 1024 + 1))).toEqual([
      '0 file: appliance.ini has 1048577 bytes: the limit is 1048576 bytes (1 MiB)',
    ]);
  });

  it('with more problems than the bound are counted', () => {
    const problems = problemsOf('[vpp]\n'.concat('x\n'.repeat(5000)));
    expect(problems.length).toBe(MAX_PROBLEMS + 1);
    expect(problems[0]).toBe('0 file: 5000 problems, of which 1000 are listed: correct these first');
  });
});

describe('names', () => {
  it.each([
    ['[vp]', '1 vp: [vp] is not a section: did you mean [vpp]?'],
    ['[VPP]', '1 VPP: [VPP] is not a section: did you mean [vpp]?'],
    ['[routes]', '1 routes: [routes] is not a section: did you mean [route]?'],
    ['[fib]', '1 fib: [fib] is not a section: the sections are [system], '],
    ['[interface]', '1 interface: [interface] is not a section: did you mean [interface.xe0]?'],
    [
      '[interfaces.xe1]',
      '1 interfaces.xe1: [interfaces.xe1] is not a section: did you mean [interface.xe1]?',
    ],
    [
      '[vpp.dpdk.interface]',
      '1 vpp.dpdk.interface: [vpp.dpdk.interface] is not a section: did you mean [vpp.dpdk.interface.0000:03:00.0]?',
    ],
    [
      '[dpdk.interface.03:00.1]',
      '1 dpdk.interface.03:00.1: [dpdk.interface.03:00.1] is not a section: did you mean [vpp.dpdk.interface.0000:03:00.1]?',
    ],
    ['[__proto__]', '1 __proto__: [__proto__] is not a section: the sections are [system], '],
    ['[vpp]\nenable = true', '2 vpp.enable: "enable" is not a key of [vpp]: did you mean enabled?'],
    ['[vpp]\nEnabled = true', '2 vpp.Enabled: "Enabled" is not a key of [vpp]: did you mean enabled?'],
    ['[vpp]\nworkers = 2', '2 vpp.workers: "workers" is not a key of [vpp]: it belongs in [vpp.cpu]'],
    ['[http]\ncolour = 2', '2 http.colour: "colour" is not a key of [http]: it has listen'],
    ['[http]\n__proto__ = 2', '2 http.__proto__: "__proto__" is not a key of [http]: it has listen'],
    ['[http]\nconstructor = 2', '2 http.constructor: "constructor" is not a key of [http]: it has listen'],
    [
      '[vpp]\nenabled = true\nenabled = false',
      '3 vpp.enabled: enabled is already on line 2 with "true": remove one of the two',
    ],
    [
      '[vpp]\nenabled = true\n[http]\n[vpp]\nexternal = true\nenabled = false',
      '4 vpp: the section [vpp] is already on line 1: move its keys there',
    ],
    [
      '[dpdk]\nunsafe-no-iommu = true\n[vpp.dpdk]\nunsafe-no-iommu = true',
      '4 vpp.dpdk.unsafe-no-iommu: unsafe-no-iommu is already on line 2 with "true": remove one of the two',
    ],
    [
      '[vpp.dpdk.interface.0000:0a:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:0A:00.0]\nname = xe1',
      '3 vpp.dpdk.interface.0000:0a:00.0: the section [vpp.dpdk.interface.0000:0A:00.0] is already on line 1 as [vpp.dpdk.interface.0000:0a:00.0]: move its keys there',
    ],
    [
      '[vpp.dpdk.interface.03:00.0]\nname = xe0',
      '1 vpp.dpdk.interface.03:00.0: "03:00.0" lacks its domain: write 0000:03:00.0',
    ],
    [
      '[vpp.dpdk.interface.eth0]\nname = xe0',
      '1 vpp.dpdk.interface.eth0: expected a PCI address DOMAIN:BUS:DEVICE.FUNCTION in hexadecimal such as 0000:03:00.0, got "eth0"',
    ],
    [
      '[vpp.dpdk.interface.0000:03:20.0]\nname = xe0',
      '1 vpp.dpdk.interface.0000:03:20.0: expected a PCI address DOMAIN:BUS:DEVICE.FUNCTION in hexadecimal such as 0000:03:00.0, got "0000:03:20.0"',
    ],
    [
      '[vpp.dpdk.interface.0000:03:00.0]',
      '1 vpp.dpdk.interface.0000:03:00.0.name: missing: [vpp.dpdk.interface.0000:03:00.0] needs a line such as name = xe0',
    ],
    [
      '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe0',
      '4 vpp.dpdk.interface.0000:03:00.1.name: "xe0" is already the name of the NIC on line 2: choose another name',
    ],
    [
      '[vpp.dpdk.interface.0000:03:00.0]\nname = loop1',
      '2 vpp.dpdk.interface.0000:03:00.0.name: "loop1" is a name that VPP uses itself: choose another one, such as xe0',
    ],
    ['[interface.0xe]', '1 interface.0xe: "0xe" does not begin with a letter: expected a name such as xe0'],
    [
      '[interface.averyveryverylong]',
      '1 interface.averyveryverylong: "averyveryverylong" has 17 characters: an interface name has at most 15',
    ],
  ])('that are wrong: %j', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems.length).toBe(1);
    expect(problems[0]?.startsWith(problem), problems[0]).toBe(true);
  });

  it('of JavaScript are ordinary names', () => {
    const config = valid('[interface.constructor]\nmtu = 1400\n[interface.toString]');
    expect(config.interfaces.map(({ name, mtuBytes }) => [name, mtuBytes])).toEqual([
      ['constructor', 1400],
      ['toString', 1500],
    ]);
    expect(Object.prototype).not.toHaveProperty('mtu');
  });

  it('accept [dpdk] for [vpp.dpdk]', () => {
    expect(valid('[dpdk]\nunsafe-no-iommu = true').vpp.dpdk.unsafeNoIommu).toBe(true);
  });
});

describe('formatProblem', () => {
  it('prints FILE:LINE: leaf: message', () => {
    const problem = { severity: 'error', line: 3, leaf: 'vpp.enabled', message: 'm' } as const;
    expect(formatProblem('a.ini', problem)).toBe('a.ini:3: vpp.enabled: m');
    expect(formatProblem('a.ini', { ...problem, line: 0 })).toBe('a.ini: vpp.enabled: m');
    expect(formatProblem('a.ini', { ...problem, severity: 'warning' })).toBe(
      'a.ini:3: vpp.enabled: warning: m',
    );
  });

  it('lets no control character of the file through', () => {
    const text = '[vpp]\n\u001b[2J\u202e = "\\u001b"\n[\u009b]\nbinary = "\\u0007"';
    const result = parseConfig(text, 'a.ini');
    const printed = (result.ok ? [] : result.problems).map((problem) => formatProblem('a.ini', problem));
    expect(printed.length).toBeGreaterThan(1);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(printed.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});
