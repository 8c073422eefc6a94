/** One mistake in a configuration that was right: a line or a section that somebody copied, forgot or mistyped. */
import fc from 'fast-check';

interface Section {
  readonly name: string;
  readonly lines: readonly (readonly [key: string, value: string])[];
}

function sectionsOf(text: string): Section[] {
  const sections: { name: string; lines: [string, string][] }[] = [];
  for (const line of text.split('\n')) {
    const name = /^\[(.+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([^#;[=]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) sections.push({ name, lines: [] });
    else if (key !== undefined && value !== undefined) sections.at(-1)?.lines.push([key, value]);
  }
  return sections;
}

const textOf = (sections: readonly Section[]): string =>
  `${sections.map(({ name, lines }) => [`[${name}]`, ...lines.map(([key, value]) => `${key} = ${value}`)].join('\n')).join('\n\n')}\n`;

/** Picks by two numbers, which shrink. */
interface Picks {
  readonly one: number;
  readonly two: number;
}

const at = <T>(all: readonly T[], pick: number): T | undefined => all[pick % Math.max(1, all.length)];
const without = <T>(all: readonly T[], one: T): T[] => all.filter((other) => other !== one);
const withLine = (all: readonly Section[], one: Section, key: string, value: string): Section[] =>
  all.map((other) =>
    other === one ? { ...one, lines: [...one.lines.filter(([name]) => name !== key), [key, value]] } : other,
  );
const ofPrefix = (all: readonly Section[], ...prefixes: readonly string[]): Section[] =>
  all.filter(({ name }) => prefixes.some((prefix) => name.startsWith(`${prefix}.`)));
const isSub = ({ name }: Section): boolean => /^interface\..+\.\d+$/.test(name);
const valueOf = (one: Section | undefined, key: string): string | undefined =>
  one?.lines.find(([name]) => name === key)?.[1];

/** Undefined: the configuration has no place for it. */
type Mutation = (all: readonly Section[], picks: Picks) => readonly Section[] | undefined;

/** Another section gets a line of one. */
const copyLine =
  (keys: readonly string[]): Mutation =>
  (all, { one, two }) => {
    const owners = ofPrefix(all, 'interface').filter((section) => keys.some((key) => valueOf(section, key)));
    const from = at(owners, one);
    const to = at(without(ofPrefix(all, 'interface'), from), two);
    const key = keys.find((name) => valueOf(from, name) !== undefined);
    if (from === undefined || to === undefined || key === undefined) return undefined;
    return withLine(all, to, key, valueOf(from, key) ?? '');
  };

/** A section of this kind gets a line. */
const setLine =
  (prefixes: readonly string[], key: string, values: readonly string[]): Mutation =>
  (all, { one, two }) => {
    const section = at(ofPrefix(all, ...prefixes), one);
    return section === undefined ? undefined : withLine(all, section, key, at(values, two) ?? '');
  };

/** Two sections of one kind have the same keys. */
const copySection =
  (prefix: string, name: string): Mutation =>
  (all, { one }) => {
    const section = at(ofPrefix(all, prefix), one);
    return section === undefined ? undefined : [...all, { name: `${prefix}.${name}`, lines: section.lines }];
  };

/** A list names something twice, or what another list has. */
const addToList =
  (prefix: string, key: string): Mutation =>
  (all, { one, two }) => {
    const sections = ofPrefix(all, prefix).filter((section) => valueOf(section, key) !== undefined);
    const to = at(sections, one);
    const names = ofPrefix(all, 'interface').map(({ name }) => name.slice('interface.'.length));
    const name = at(names, two);
    if (to === undefined || name === undefined) return undefined;
    return withLine(all, to, key, `${valueOf(to, key)}, ${name}`);
  };

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a section is missing': (all, { one }) => {
    const section = at(
      all.filter(({ name }) => name.includes('.')),
      one,
    );
    return section === undefined ? undefined : without(all, section);
  },
  'a section has another name': (all, { one }) => {
    const section = at(
      all.filter(({ name }) => name.includes('.') && !name.startsWith('vpp.')),
      one,
    );
    return (
      section && all.map((other) => (other === section ? { ...section, name: `${section.name}9` } : other))
    );
  },
  'a section is there twice': (all, { one }) => {
    const section = at(all, one);
    return section && [...all, section];
  },
  'a VLAN of an interface that does not exist': (all) => [...all, { name: 'interface.xe9.100', lines: [] }],
  'a VLAN of a VLAN': (all, { one }) => {
    const section = at(all.filter(isSub), one);
    return section && [...all, { name: `${section.name}.5`, lines: [] }];
  },
  'a VLAN twice': (all, { one }) => {
    const section = at(all.filter(isSub), one);
    if (section === undefined) return undefined;
    const [, parent, number] = /^(interface\..+)\.(\d+)$/.exec(section.name) ?? [];
    const vlan = valueOf(section, 'vlan') ?? number ?? '';
    const lines = section.lines.filter(([key]) =>
      ['inner-vlan', 'encapsulation', 'exact-match'].includes(key),
    );
    return [...all, { name: `${parent}.4000`, lines: [['vlan', vlan], ...lines] }];
  },
  'a line is missing': (all, { one, two }) => {
    const section = at(
      all.filter(({ lines }) => lines.length > 0),
      one,
    );
    const line = at(section?.lines ?? [], two);
    if (section === undefined || line === undefined) return undefined;
    return all.map((other) =>
      other === section ? { ...section, lines: without(section.lines, line) } : other,
    );
  },
  'a value of another line': (all, { one, two }) => {
    const section = at(
      all.filter(({ lines }) => lines.length > 0),
      one,
    );
    const line = at(section?.lines ?? [], one);
    const other = at(
      all.flatMap(({ lines }) => lines),
      two,
    );
    if (section === undefined || line === undefined || other === undefined) return undefined;
    return withLine(all, section, line[0], other[1]);
  },
  'an address twice': copyLine(['addresses']),
  'attributes of another interface': copyLine([
    'nat',
    'unnumbered',
    'mac',
    'vrf',
    'link-local',
    'urpf',
    'neighbors',
    'mpls',
  ]),
  'filters of another interface': copyLine(['acl-in', 'acl-out', 'macip']),
  'a subnet that holds others': setLine(['interface'], 'addresses', [
    '10.1.2.3/8',
    '2001:db8::5/32',
    '192.0.2.1/24',
  ]),
  'an unknown VRF': setLine(['interface'], 'vrf', ['green']),
  'an unknown filter': setLine(['interface'], 'acl-in', ['nothing', 'any, any']),
  'a donor that cannot lend': setLine(['interface'], 'unnumbered', ['xe9', 'xe0', 'br0', 'loop0']),
  'a side of NAT': setLine(['interface'], 'nat', ['inside', 'outside']),
  'a MAC address': setLine(['interface'], 'mac', [
    '02:00:00:00:00:07',
    '01:00:00:00:00:07',
    '00:00:00:00:00:00',
  ]),
  'an MTU that is too small': setLine(['interface'], 'mtu', ['68', '1279', '65536']),
  'a VLAN number': setLine(['interface'], 'vlan', ['4095', '0', 'default', '7']),
  'a second tag': setLine(['interface'], 'inner-vlan', ['any', '7', '4095']),
  'an address in a port': (all, { one, two }) => {
    const ports = ofPrefix(all, 'bridge', 'bond', 'cross-connect').flatMap(({ lines }) =>
      lines
        .filter(([key]) => key === 'members' || key === 'interfaces')
        .flatMap(([, value]) => value.split(/, */)),
    );
    const port = at(ports, one);
    if (port === undefined) return undefined;
    const section = all.find(({ name }) => name === `interface.${port}`);
    const key =
      at(
        ['addresses', 'urpf', 'nat', 'vrf', 'mpls', 'mss-clamp', 'link-local', 'neighbors', 'unnumbered'],
        two,
      ) ?? '';
    const values: Readonly<Record<string, string>> = {
      addresses: '10.240.0.1/24',
      urpf: 'strict',
      nat: 'inside',
      vrf: 'blue',
      mpls: 'true',
      'mss-clamp': 'auto',
      'link-local': 'fe80::7',
      neighbors: '10.240.0.9 02:00:00:00:00:99',
      unnumbered: 'loop0',
    };
    if (section !== undefined) return withLine(all, section, key, values[key] ?? '');
    return [...all, { name: `interface.${port}`, lines: [[key, values[key] ?? '']] }];
  },
  'a member of two bridges': addToList('bridge', 'members'),
  'a member of two bonds': addToList('bond', 'members'),
  'a third end': addToList('cross-connect', 'interfaces'),
  'a primary that is no member': setLine(['bond'], 'primary', ['xe9', 'xe0']),
  'a bridge number twice': setLine(['bridge'], 'id', ['7', '0', '16777216']),
  'a station that is no member': setLine(['bridge'], 'static', [
    '02:00:00:00:00:01@xe9',
    '02:00:00:00:00:01@loop0',
  ]),
  'a second VXLAN of the same ends': copySection('vxlan', 'again'),
  'a second GRE tunnel of the same ends': copySection('gre', 'again'),
  'a second IPIP tunnel of the same ends': copySection('ipip', 'again'),
  'ends of a tunnel': setLine(['vxlan', 'gre', 'ipip'], 'destination', [
    '192.0.2.1',
    '2001:db8:fffe::1',
    '224.0.0.1',
    'fe80::1',
    '10.1.0.5',
  ]),
  'a port that VPP has': setLine(['vxlan'], 'port', ['67', '4500', '0']),
  'a tunnel through itself': (all, { one }) => {
    const tunnel = at(ofPrefix(all, 'gre', 'ipip'), one);
    const name = tunnel?.name.replace(/^\w+\./, 'interface.');
    const section = all.find((other) => other.name === name);
    const destination = valueOf(tunnel, 'destination');
    if (section === undefined || destination === undefined) return undefined;
    return withLine(
      all,
      section,
      'addresses',
      destination.includes(':') ? `${destination}0/64` : '198.51.100.200/24',
    );
  },
  'a pool with an address of an interface': (all, { one }) => {
    const owner = at(
      ofPrefix(all, 'interface').filter((section) => valueOf(section, 'nat') === 'outside'),
      one,
    );
    const address = /^(\d+\.\d+\.\d+\.\d+)\//.exec(valueOf(owner, 'addresses') ?? '')?.[1];
    const nat = all.find(({ name }) => name === 'nat44');
    return nat && address !== undefined
      ? withLine(all, nat, 'pool', `${address}, ${address}-${address}`)
      : undefined;
  },
  'a port forward twice': copySection('port-forward', 'again'),
  'a static translation twice': copySection('nat-static', 'again'),
  'a forward of nothing': setLine(['port-forward'], 'external', [
    'xe9:443',
    'loop0:443',
    '203.0.113.6:443',
    '203.0.113.10:443',
  ]),
  'an address that a pool has': setLine(['nat-static'], 'external', [
    '203.0.113.10',
    '10.1.0.1',
    '203.0.113.5',
  ]),
  'a rule that is none': setLine(['acl', 'macip'], '10', [
    'permit tcp port 70000',
    'allow any',
    'permit any from nothing to nowhere',
    'permit 52:54:00:12:34:56 192.0.2.10/24',
  ]),
  'a table number twice': setLine(['vrf'], 'table', ['100', '0', '254']),
};

/** A configuration with one mistake, and which. */
export function mutated(
  base: fc.Arbitrary<string>,
): fc.Arbitrary<{ readonly mistake: string; readonly text: string }> {
  const picks = fc.record({ one: fc.nat(1000), two: fc.nat(1000) });
  return fc
    .record({ text: base, mistake: fc.constantFrom(...Object.keys(MUTATIONS)), picks })
    .map(({ text, mistake, picks: chosen }) => {
      const all = MUTATIONS[mistake]?.(sectionsOf(text), chosen);
      return { mistake, text: all === undefined ? '' : textOf(all), before: text };
    })
    .filter(({ text, before }) => text !== '' && text !== before);
}
