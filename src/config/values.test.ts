import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

/** The messages of all problems of `[section]` with one line; a required name is added. */
function messages(section: string, line: string, more = ''): string[] {
  const result = parseConfig(`[${section}]\n${line}\n${more}`, 'appliance.ini');
  return (result.ok ? result.warnings : result.problems).map((problem) => {
    expect(problem.line).toBe(2);
    return problem.message;
  });
}

const LONG = 'x'.repeat(120);

describe('values that are refused, with what is right', () => {
  it.each([
    ['vpp', 'enabled = yes', 'expected true or false, got "yes": write true'],
    ['vpp', 'enabled = 1', 'expected true or false, got "1": write true'],
    ['vpp', 'enabled = On', 'expected true or false, got "On": write true'],
    ['vpp', 'enabled = TRUE', 'expected true or false, got "TRUE": write true'],
    ['vpp', 'enabled = off', 'expected true or false, got "off": write false'],
    ['vpp', 'enabled = maybe', 'expected true or false, got "maybe"'],
    ['vpp', 'enabled =', 'no value: write one such as enabled = true, or omit the line for false'],
    ['vpp', 'start-timeout = 0', '"0" is out of range (1–3600 seconds)'],
    ['vpp', 'start-timeout = 3601', '"3601" is out of range (1–3600 seconds)'],
    ['vpp', 'start-timeout = 60s', 'expected a whole number (1–3600 seconds), got "60s": write 60'],
    ['vpp', 'start-timeout = 060', 'expected a whole number (1–3600 seconds), got "060": write 60'],
    ['vpp', 'start-timeout = 60.0', 'expected a whole number (1–3600 seconds), got "60.0": write 60'],
    ['vpp', 'start-timeout = 0x10', 'expected a whole number (1–3600 seconds), got "0x10"'],
    ['vpp', 'start-timeout = 1e3', 'expected a whole number (1–3600 seconds), got "1e3"'],
    ['vpp', 'start-timeout = soon', 'expected a whole number (1–3600 seconds), got "soon"'],
    ['vpp', 'answer-timeout = 1', '"1" is out of range (2–3600 seconds)'],
    ['vpp.cpu', 'main-core = 256', '"256" is out of range (0–255)'],
    ['vpp.cpu', 'main-core = -1', '"-1" is out of range (0–255)'],
    ['vpp.cpu', 'workers = 99999999999999999999', '"99999999999999999999" is out of range (0–255)'],
    ['vpp.cpu', 'workers = auto', 'expected a whole number (0–255), got "auto"'],
    ['fib.vpp', 'table-id = 4294967296', '"4294967296" is out of range (0–4294967295)'],
    ['fib.vpp', 'batch-size = 0', '"0" is out of range (1–65535 routes)'],
    ['fib.vpp', 'batch-interval-ms = 60001', '"60001" is out of range (0–60000 milliseconds)'],
    ['vpp.stats', 'poll-interval = 0', '"0" is out of range (1–3600 seconds)'],
    ['vpp.memory', 'main-heap = 1GB', 'expected a size (256M–256G), got "1GB": write 1G'],
    ['vpp.memory', 'main-heap = 1g', 'expected a size (256M–256G), got "1g": write 1G'],
    ['vpp.memory', 'main-heap = 1.5 GiB', 'expected a size (256M–256G), got "1.5 GiB": write 1536M'],
    ['vpp.memory', 'main-heap = 1', '"1" is out of range (256M–256G)'],
    [
      'vpp.memory',
      'main-heap = 1T',
      'expected a size (256M–256G), got "1T": write a whole number with K, M or G, such as 1536M',
    ],
    ['vpp.memory', 'hugepage-size = 2MB', 'expected 2M or 1G, got "2MB": write 2M'],
    ['vpp.memory', 'hugepage-size = 4K', 'expected 2M or 1G, got "4K"'],
    ['vpp.memory', 'buffers = 10', '"10" is out of range (1024–16777216 per NUMA node)'],
    ['vpp', 'binary = vpp', 'expected an absolute path such as /opt/vpp/bin/vpp, got "vpp"'],
    ['vpp', 'binary = /usr/../vpp', '"/usr/../vpp" has ".." in it: write the path without it'],
    ['vpp', 'api-socket = api.sock', 'expected an absolute path such as /run/vpp/api.sock, got "api.sock"'],
    ['vpp', 'api-socket = /run/../x', '"/run/../x" has ".." in it: write the path without it'],
    ['vpp', 'api-socket = /run/', '"/run/" is a directory: name the socket in it, such as /run/vpp/api.sock'],
    ['vpp', `api-socket = /${LONG}`, `"/${LONG.slice(0, 79)}…" has 121 bytes: a socket path has at most 107`],
    [
      'vpp',
      'api-socket = /run/a b',
      '"/run/a b" has a blank, a control character, a quote or one of { } # \\: expected a path such as /run/vpp/api.sock',
    ],
    [
      'vpp',
      'api-socket = "/run/a\\u0000b"',
      '"/run/a\\u0000b" has a blank, a control character, a quote or one of { } # \\: expected a path such as /run/vpp/api.sock',
    ],
    [
      'vpp',
      'api-socket = /run/a}',
      '"/run/a}" has a blank, a control character, a quote or one of { } # \\: expected a path such as /run/vpp/api.sock',
    ],
    [
      'vpp',
      'api-socket = /run/vpp/cli.sock',
      '"/run/vpp/cli.sock" is the socket of VPP\'s command line: choose another path',
    ],
    [
      'vpp',
      'api-socket = /run/vpp//stats.sock',
      '"/run/vpp//stats.sock" conflicts with vpp.stats.socket-path = /run/vpp/stats.sock (its default): choose another path',
    ],
    [
      'vpp.lcp',
      'netns = a/b',
      '"a/b" is a path: write the name alone, such as dataplane (it appears in /run/netns)',
    ],
    ['vpp.lcp', 'netns = ..', '".." is a directory: expected a name such as dataplane'],
    [
      'vpp.lcp',
      `netns = ${LONG.slice(0, 32)}`,
      `"${LONG.slice(0, 32)}" has 32 characters: a network namespace name has at most 31`,
    ],
    [
      'vpp.lcp',
      'netns = a b',
      '"a b" has characters other than letters, digits, ".", "_" and "-": expected a name such as dataplane',
    ],
    [
      'system',
      'hostname = edge_1',
      '"edge_1" has characters other than letters, digits, "-" and ".": expected a name such as edge-1',
    ],
    [
      'system',
      'hostname = -edge',
      '"-edge" has a label that begins or ends with "-": expected a name such as edge-1',
    ],
    ['system', 'hostname = a..b', '"a..b" has an empty label: expected a name such as edge-1'],
    [
      'system',
      `hostname = ${LONG.slice(0, 65)}`,
      `"${LONG.slice(0, 65)}" has 65 characters: a host name has at most 64`,
    ],
    [
      'system',
      `hostname = ${LONG.slice(0, 64)}`,
      `"${LONG.slice(0, 64)}" has a label longer than 63 characters`,
    ],
    ['update', 'minimum-version = 0.2', 'expected a version, got "0.2": write 0.2.0'],
    ['update', 'minimum-version = v1.2.3-RC', 'expected a version, got "v1.2.3-RC": write 1.2.3-rc'],
    [
      'update',
      'minimum-version = newest',
      'expected a version, got "newest": write MAJOR.MINOR.PATCH, with an optional -suffix of lower-case letters, digits and dots',
    ],
    ['http', 'listen = 8080', '"8080" has no host: write :8080 for every address'],
    ['http', 'listen = *:8080', 'expected HOST:PORT, got "*:8080": write :8080 for every address'],
    ['http', 'listen = ::1:8080', '"::1:8080" lacks brackets: write [::1]:8080'],
    ['http', 'listen = 192.0.2.1', '"192.0.2.1" has no port: write 192.0.2.1:8080'],
    [
      'http',
      'listen = [::1',
      '"[::1" has no HOST:PORT: expected one such as [::]:8080, 192.0.2.1:8080 or :8080',
    ],
    ['http', 'listen = :65536', 'the port 65536 of ":65536" is out of range (1–65535)'],
    [
      'http',
      'listen = [192.0.2.1]:80',
      '"[192.0.2.1]:80" has no IPv6 address in its brackets: expected [2001:db8::1]:8080, for example',
    ],
    [
      'http',
      'listen = box:80',
      '"box:80" has a host that is neither localhost nor an address: expected an address such as 192.0.2.1 or 2001:db8::1, got "box"',
    ],
    [
      'management',
      'interface = eth 0',
      '"eth 0" has characters other than letters, digits, ".", "_" and "-": expected a name such as xe0',
    ],
    [
      'management',
      'address = DHCP',
      'expected dhcp or an address such as 192.0.2.10/24, got "DHCP": write it in lower case',
    ],
    ['management', 'address = auto', 'expected dhcp or an address such as 192.0.2.10/24, got "auto"'],
    [
      'management',
      'address = 192.0.2.1',
      '"192.0.2.1" has no prefix length: write that of its subnet, such as 192.0.2.1/24',
    ],
    ['management', 'gateway = 192.0.2.1/24', '"192.0.2.1/24" has a prefix length: write the address alone'],
    ['management', 'dns = 192.0.2.1,', 'empty address: remove the extra comma'],
    ['management', 'dns = 192.0.2.1, 192.0.2.1', '"192.0.2.1" is listed twice: list it once'],
    ['management', 'dns = fe80::1%eth0', '"fe80::1%eth0" has a zone: write the address alone'],
    ['management', 'dns = [2001:db8::1]', '"[2001:db8::1]" has brackets: write the address alone'],
    ['management', 'ntp = a, a', '"a" is listed twice: list it once'],
    ['management', 'ntp = 192.0.2', 'expected an IPv4 address such as 192.0.2.1, got "192.0.2"'],
    ['management', 'ntp = no_name', 'expected an address such as 192.0.2.1 or 2001:db8::1, got "no_name"'],
    ['http', 'names = a.example, A.EXAMPLE', '"A.EXAMPLE" is listed twice: list it once'],
    ['http', 'names = a.example,', 'empty name: remove the extra comma'],
    [
      'http',
      'names = https://a.example/',
      '"https://a.example/" is a URL: write the name alone, such as router.example.net',
    ],
    [
      'http',
      'names = a.example:8443',
      '"a.example:8443" has a port: write the name alone, such as router.example.net',
    ],
    [
      'http',
      'names = *.example.net',
      '"*.example.net" has a wildcard: write each name in full, such as router.example.net',
    ],
    ...['192.0.2.1', '2001:db8::1', '[2001:db8::1]'].map((address) => [
      'http',
      `names = ${address}`,
      `"${address}" is an address: list names only, requests to addresses are always taken`,
    ]),
    ...['a_b', '-a', 'a..b', '1.2', `${LONG.slice(0, 64)}.example`].map((name) => [
      'http',
      `names = ${name}`,
      `expected a DNS name such as router.example.net, got "${name}"`,
    ]),
    [
      'http',
      `names = ${Array.from({ length: 17 }, (_, at) => `n${at}`).join(',')}`,
      '17 names exceed the limit of 16',
    ],
    ['log', 'syslog = 192.0.2.14', '"192.0.2.14" has no port: write 192.0.2.14:514'],
    ['log', 'syslog = 2001:db8::14', '"2001:db8::14" has no port: write [2001:db8::14]:514'],
    [
      'log',
      'syslog = :514',
      '":514" has no address: expected one such as 192.0.2.14:514 or [2001:db8::14]:514',
    ],
    ['log', 'syslog = 192.0.2.14:0', 'the port 0 of "192.0.2.14:0" is out of range (1–65535)'],
    ['log', 'syslog = 224.0.0.1:514', '"224.0.0.1" is a multicast address: expected the address of a host'],
    [
      'http',
      'https-listen = :8080',
      '"[::]:8080" conflicts with http.listen = [::]:8080 (its default): choose another port',
    ],
    [
      'update',
      'trial-stable = 300',
      '"300" conflicts with update.trial-timeout = 300 (its default): trial-timeout must be more than trial-stable, or no version could be marked good',
    ],
    [
      'supervisor',
      'backoff-ms = 60000',
      '"60000" conflicts with supervisor.backoff-max-ms = 30000 (its default): backoff-max-ms must be at least backoff-ms',
    ],
    [
      'supervisor',
      'backoff-max-ms = 500',
      '"500" conflicts with supervisor.backoff-ms = 1000 (its default): backoff-max-ms must be at least backoff-ms',
    ],
    ['interface.xe0', 'mtu = 67', '"67" is out of range (68–65535 bytes)'],
    [
      'interface.xe0',
      'addresses = 192.0.2.0/24',
      '"192.0.2.0/24" is the address of the subnet itself: expected the address of a host, such as 192.0.2.1/24',
    ],
    [
      'interface.xe0',
      'addresses = 192.0.2.255/24',
      '"192.0.2.255/24" is the broadcast address of 192.0.2.0/24: expected the address of a host',
    ],
    [
      'interface.xe0',
      'addresses = 2001:db8::/64',
      '"2001:db8::/64" is the subnet\'s router anycast address: expected the address of a host, such as 2001:db8::1/64',
    ],
    [
      'interface.xe0',
      'addresses = fe80::1/64',
      '"fe80::1/64" is link-local: VPP accepts it only as fe80::1/128',
    ],
    [
      'interface.xe0',
      'addresses = 192.0.2.1/33',
      'the prefix length "33" of "192.0.2.1/33" is out of range for IPv4 (0–32)',
    ],
    [
      'interface.xe0',
      'addresses = 192.0.2.1/0',
      'the prefix length 0 of "192.0.2.1/0" is out of range (1–32)',
    ],
    [
      'interface.xe0',
      'addresses = 224.0.0.1/24',
      '"224.0.0.1/24" is a multicast address: expected the address of a host',
    ],
    [
      'interface.xe0',
      'addresses = 127.0.0.1/8',
      '"127.0.0.1/8" is a loopback address: expected the address of a host',
    ],
    ['interface.xe0', 'addresses = 010.0.0.1/8', '"010.0.0.1" has leading zeros: write 10.0.0.1'],
    [
      'interface.xe0',
      'addresses = 10.0.0.256/8',
      'expected an IPv4 address such as 192.0.2.1, got "10.0.0.256"',
    ],
    ['interface.xe0', 'addresses = 1:2/64', 'expected an IPv6 address such as 2001:db8::1, got "1:2"'],
    [
      'interface.xe0',
      'addresses = 192.0.2.1/24, 192.0.2.1/24',
      '"192.0.2.1/24" is listed twice: list it once',
    ],
    [
      'interface.xe0',
      'addresses = 192.0.2.1/24, 192.0.2.2/25',
      '"192.0.2.2/25" overlaps 192.0.2.0/24 of xe0 on line 2: subnets of interfaces must be disjoint',
    ],
  ])('[%s] %s', (section, line, message) => {
    expect(messages(section, line)).toEqual([message]);
  });

  it('count the bytes of a socket path, not its characters', () => {
    const path = `/run/${'ü'.repeat(60)}`;
    expect(messages('vpp', `api-socket = ${path}`)).toEqual([
      `"${path}" has 125 bytes: a socket path has at most 107`,
    ]);
    expect(messages('vpp', `api-socket = /run/${'ü'.repeat(51)}`)).toEqual([]);
    expect(messages('vpp', `api-socket = /${'x'.repeat(106)}`)).toEqual([]);
  });

  it.each([
    ['vpp.memory', 'main-heap = 512M'],
    ['vpp.memory', 'main-heap = 1073741824'],
    ['vpp.stats', 'segment-size = 64M'],
    ['vpp.cpu', 'workers = 255'],
    ['fib.vpp', 'batch-interval-ms = 0'],
    ['vpp.lcp', `netns = ${LONG.slice(0, 31)}`],
    ['system', 'hostname = 3com.example'],
    ['http', 'listen = [2001:DB8::1]:0'],
    ['http', `names = 3com.example, ${`${LONG.slice(0, 60)}.`.repeat(4)}example`],
    ['interface.xe0', 'addresses = 192.0.2.0/31'],
    ['interface.xe0', 'addresses = 192.0.2.255/32'],
    ['interface.xe0', 'addresses = 2001:db8::/127, fe80::1/128'],
    ['interface.xe0', 'addresses = 192.0.2.1/24, 192.0.2.2/24'],
  ])('but [%s] %s is right', (section, line) => {
    expect(messages(section, line)).toEqual([]);
  });
});

describe('what must hold between leaves', () => {
  function problemsOf(text: string): string[] {
    const result = parseConfig(text, 'appliance.ini');
    return (result.ok ? result.warnings : result.problems).map(({ line, message }) => `${line}: ${message}`);
  }

  it('two sockets, reported where the later one stands', () => {
    expect(problemsOf('[vpp]\napi-socket = /a\n[vpp.stats]\nsocket-path = /a')).toEqual([
      '4: "/a" conflicts with vpp.api-socket = /a (line 2): choose another path',
    ]);
  });

  it('says nothing of a value that was refused', () => {
    expect(problemsOf('[vpp]\napi-socket = a\n[vpp.stats]\nsocket-path = /run/vpp/api.sock').length).toBe(1);
    expect(problemsOf('[supervisor]\nbackoff-ms = x\nbackoff-max-ms = 20').length).toBe(1);
  });

  it('an IPv6 address and its MTU', () => {
    expect(problemsOf('[interface.xe0]\nmtu = 1279\naddresses = 2001:db8::1/64')).toEqual([
      '2: "1279" is too small: the IPv6 address 2001:db8::1/64 needs at least 1280 bytes',
    ]);
    expect(problemsOf('[interface.xe0]\nmtu = 1280\naddresses = 2001:db8::1/64')).toEqual([]);
    expect(problemsOf('[interface.xe0]\nmtu = 68\naddresses = 192.0.2.1/24')).toEqual([]);
  });

  it('subnets of different interfaces', () => {
    const two = (a: string, b: string): string[] =>
      problemsOf(`[interface.xe0]\naddresses = ${a}\n[interface.xe1]\naddresses = ${b}`);
    expect(two('192.0.2.1/24', '192.0.2.1/24')).toEqual([
      '4: "192.0.2.1/24" is already an address of xe0 on line 2: give each interface its own',
    ]);
    expect(two('192.0.2.1/24', '192.0.2.2/24')).toEqual([
      '4: "192.0.2.2/24" overlaps 192.0.2.0/24 of xe0 on line 2: subnets of interfaces must be disjoint',
    ]);
    expect(two('192.0.2.129/25', '192.0.2.1/24')).toEqual([
      '4: "192.0.2.1/24" overlaps 192.0.2.128/25 of xe0 on line 2: subnets of interfaces must be disjoint',
    ]);
    expect(two('192.0.2.1/24, 2001:db8::1/64', '192.0.3.1/24, 2001:db8:0:1::1/64')).toEqual([]);
    expect(two('fe80::1/128', 'fe80::1/128')).toEqual([]);
    // Families do not meet, though their bytes do.
    expect(two('32.1.13.184/8', '2001:db8::1/32')).toEqual([]);
  });

  it('a gateway and the static address', () => {
    const gateway = (address: string, text: string): string[] =>
      problemsOf(`[management]\naddress = ${address}\ngateway = ${text}`);
    expect(gateway('192.0.2.9/24', '192.0.2.1')).toEqual([]);
    expect(gateway('2001:db8::9/64', 'fe80::1')).toEqual([]);
    expect(gateway('192.0.2.9/24', '198.51.100.1')).toEqual([
      '3: "198.51.100.1" is outside the subnet of 192.0.2.9/24',
    ]);
    expect(gateway('192.0.2.9/24', '2001:db8::1').length).toBe(1);
    expect(gateway('192.0.2.9/24', '192.0.2.9')).toEqual([
      '3: "192.0.2.9" is the box\'s own address: write the router\'s',
    ]);
  });
});

describe('warnings', () => {
  const NIC = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n';

  it.each([
    ['[vpp]\nenabled = true', ['vpp.enabled 2: VPP gets no NIC']],
    ['[vpp]\nenabled = true\nexternal = true', []],
    [`[vpp]\nenabled = true\n${NIC}`, []],
    [NIC, ['vpp.dpdk.interface.0000:03:00.0 1: VPP is off and the kernel forwards over this NIC']],
    ['[vpp]\nexternal = true', ['vpp.external 2: it has no effect while VPP is off']],
    ['[fib.vpp]\nenabled = true', ['fib.vpp.enabled 2: it has no effect while VPP is off']],
    ['[fib.kernel]\nimport = true', []],
    [
      `[vpp]\nenabled = true\n${NIC}[vpp.lcp]\nenabled = false\n[fib.kernel]\nimport = true`,
      ['fib.kernel.import 8: it has no effect without the TAPs of VPP'],
    ],
    ['[fib.kernel]\ntable-id = 255', ['fib.kernel.table-id 2: "255" is the kernel\'s table of local']],
    [
      `[vpp]\nenabled = true\n${NIC}[fib.kernel]\nenabled = true`,
      ['fib.kernel.enabled 6: VPP\'s linux_nl reads these routes in "dataplane"'],
    ],
    [`[vpp]\nenabled = true\n${NIC}[fib.kernel]\nenabled = true\nimport = true`, []],
    [
      `[vpp]\nenabled = true\n${NIC}[vpp.lcp]\nfollow = true`,
      ['vpp.lcp.follow 6: VLAN devices in Linux are not followed: write import = true in [fib.kernel]'],
    ],
    [
      '[vpp.lcp]\nfollow = true',
      [
        'vpp.lcp.follow 2: VLAN devices in Linux are not followed: write enabled = true in [vpp] and [vpp.lcp]',
      ],
    ],
    [`[vpp]\nenabled = true\n${NIC}[vpp.lcp]\nfollow = true\n[fib.kernel]\nimport = true`, []],
    [`[vpp]\nenabled = true\n${NIC}[fib.kernel]\nenabled = true\nnetns = other`, []],
    [
      `[vpp]\nenabled = true\nexternal = true\n${NIC}`,
      ['vpp.dpdk.interface.0000:03:00.0 4: an external VPP has its own NICs'],
    ],
    [
      `[vpp]\nenabled = true\n${NIC}[route]\n10.0.0.0/8 = blackhole`,
      ['route 6: VPP does not get the routes: write enabled = true in [fib.vpp]'],
    ],
    [
      `[vpp]\nenabled = true\n${NIC}[interface.xe1]\n[interface.loop0]`,
      [
        'interface.xe1 5: VPP will not have this interface: "xe1" is not an interface of this configuration: did you mean xe0?',
      ],
    ],
    ['[vpp]\nenabled = true\nexternal = true\n[interface.xe1]', []],
    ['[management]\naddress = 192.0.2.9/24', ['management.address 2: a static address without a gateway']],
    [
      '[management]\ngateway = 192.0.2.1',
      ['management.gateway 2: it is not used: the gateway comes from DHCP'],
    ],
    [
      `[vpp]\nenabled = true\n${NIC}[management]\ninterface = xe0`,
      ['management.interface 6: "xe0" is also the name of a NIC of VPP'],
    ],
    [
      `[vpp]\nenabled = true\n${NIC}[vpp.memory]\nmain-heap = 256M\nbuffers = 2048\n[vpp.stats]\nsegment-size = 32M`,
      [
        'vpp.memory.main-heap 6: 256M is low: use 512M',
        'vpp.memory.buffers 7: "2048" is low for the queues of the NICs: use 5120 or more',
        'vpp.stats.segment-size 9: 32M is low: use 64M',
      ],
    ],
    [
      `[vpp]\nenabled = true\n[fib.vpp]\nenabled = true\n${NIC}[interface.xe0]\naddresses = 192.0.2.1/24\n[route]\n10.0.0.0/8 = 192.0.2.1`,
      ['route.10.0.0.0/8 10: "192.0.2.1" is the box\'s own address on xe0'],
    ],
  ])('of %j', (text, expected) => {
    const result = parseConfig(text, 'appliance.ini');
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const found = result.warnings.map(({ leaf, line, message }) => `${leaf} ${line}: ${message}`);
    expect(found.length, found.join('\n')).toBe(expected.length);
    found.forEach((warning, i) => expect(warning.startsWith(expected[i] ?? '?'), warning).toBe(true));
    expect(result.warnings.every(({ severity }) => severity === 'warning')).toBe(true);
  });
});
