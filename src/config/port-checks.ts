/** Bonds, bridges and cross-connects: what VPP refuses or is broken by, and what their ports cannot have. */
import { interfaceNames } from './object-names.ts';
import { expectedOneOf, suggestion } from './nearest.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';
import type { FilePath } from './values.ts';

/** Something that has ports. */
interface Owner {
  readonly section: 'bond' | 'bridge' | 'cross-connect';
  readonly name: string;
  readonly ports: readonly string[];
  /** Where they stand. */
  readonly path: FilePath;
  /** `a member of bond0` */
  readonly words: string;
}

/** Reports bonds, bridges and cross-connects whose ports or names are not possible, and what their settings exclude. */
export function checkPorts(review: Review): void {
  const { config } = review;
  checkMadeNames(review);
  for (const bond of config.bonds) checkPrimary(bond, review);
  checkBridges(review);
  const known = knownInterfaces(config);
  const taken = new Map<string, Owner>();
  for (const owner of ownersOf(config)) {
    for (const port of owner.ports) {
      const other = taken.get(port);
      if (other !== undefined) {
        const line = review.line(other.path);
        review.error(owner.path, `${quote(port)} is already ${other.words} on line ${line}: list it once`);
        continue;
      }
      taken.set(port, owner);
      const reason = owner.section === 'bond' ? memberRefusal(port, known) : portRefusal(port, known);
      if (reason !== undefined) review.error(owner.path, reason);
      else checkPort(port, owner, review);
    }
  }
}

function ownersOf(config: Config): Owner[] {
  return [
    ...config.bonds.map(({ name, members }): Owner => {
      const path = `bond.${name}.members` as const;
      return { section: 'bond', name, ports: members, path, words: `a member of ${name}` };
    }),
    ...config.bridges.map(({ name, members }): Owner => {
      const path = `bridge.${name}.members` as const;
      return { section: 'bridge', name, ports: members, path, words: `a member of ${name}` };
    }),
    ...config.crossConnects.map(({ name, interfaces }): Owner => {
      const path = `cross-connect.${name}.interfaces` as const;
      return { section: 'cross-connect', name, ports: interfaces, path, words: `an end of ${name}` };
    }),
  ];
}

/** Names of interfaces that sections make: no others have them. */
function checkMadeNames(review: Review): void {
  const { config } = review;
  const nics = new Map(config.vpp.dpdk.interfaces.map(({ name, line }) => [name, line]));
  const made = new Map<string, { readonly section: string; readonly line: number }>(
    tunnelsOf(config).map(({ section, name, line }) => [name, { section, line }]),
  );
  for (const [section, all] of Object.entries({ bond: config.bonds, bridge: config.bridges })) {
    for (const { name, line } of all) {
      const other = made.get(name);
      const sub = subInterfaceName(name);
      const refuse = (why: string): void =>
        review.errorAt(line, `${section}.${name}`, `${quote(name)} ${why}: choose another name`);
      if (nics.has(name)) refuse(`is already the name of the NIC on line ${nics.get(name)}`);
      else if (other !== undefined)
        refuse(`is already the name of [${other.section}.${name}] on line ${other.line}`);
      else if (name === 'local0' || LOOPBACK_NAME.test(name)) refuse('is a name that VPP uses itself');
      else if (sub !== undefined) refuse(`would be VLAN ${sub.number} of ${sub.parent}`);
      made.set(name, { section, line });
    }
  }
}

function checkPrimary({ name, primary, members }: Config['bonds'][number], review: Review): void {
  if (primary === undefined || members.includes(primary) || review.isRefused(`bond.${name}.members`)) return;
  const hint = suggestion(primary, members, expectedOneOf(members));
  review.error(`bond.${name}.primary`, `${quote(primary)} is not a member of ${name}: ${hint}`);
}

/** The modes that use a setting. */
const MODES = {
  'load-balance': ['lacp', 'xor'],
  primary: ['active-backup'],
  'lacp-timeout': ['lacp'],
  'lacp-passive': ['lacp'],
} as const;

/** Warns of settings of bonds that their mode does not use. */
export function warnPorts(review: Review): void {
  for (const { name, mode } of review.config.bonds) {
    for (const [key, modes] of Object.entries(MODES)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `MODES`
      const path = `bond.${name}.${key as keyof typeof MODES}` as const;
      if (review.line(path) === 0 || modes.some((one) => one === mode)) continue;
      const message = `the mode ${mode} does not use it: remove the line, or write mode = ${modes.join(' or ')}`;
      review.warning(path, message);
    }
  }
}

function checkBridges(review: Review): void {
  const { config } = review;
  const byId = new Map<number, Config['bridges'][number]>();
  for (const bridge of config.bridges) {
    const { name, id, members } = bridge;
    const other = id === undefined ? undefined : byId.get(id);
    if (other !== undefined) {
      review.error(`bridge.${name}.id`, `"${id}" is already the id of ${other.name} on line ${other.line}`);
    } else if (id !== undefined) byId.set(id, bridge);
    for (const { mac, port } of bridge.static) {
      if (members.includes(port) || review.isRefused(`bridge.${name}.members`)) continue;
      const hint = suggestion(port, members, expectedOneOf(members));
      const message = `${mac} cannot be behind ${quote(port)}, which is not a member of ${name}: ${hint}`;
      review.error(`bridge.${name}.static`, message);
    }
    for (const one of config.interfaces) {
      if (subInterfaceName(one.name)?.parent !== name) continue;
      const message = `${name} is a bridge, which has no VLANs: make the VLANs of its members those of another bridge`;
      review.errorAt(one.line, `interface.${one.name}`, message);
    }
  }
  for (const { name, interfaces } of config.crossConnects) {
    const path = `cross-connect.${name}.interfaces` as const;
    if (interfaces.length === 2 || review.isRefused(path)) continue;
    const message = `a cross-connect has two interfaces, got ${interfaces.length}: expected a pair such as xe6, xe7`;
    review.error(path, message);
  }
}

type Made = 'bond' | 'bridge' | 'loopback' | 'tunnel';

/** The interfaces of a configuration: looked at for each port. */
interface KnownInterfaces {
  /** What makes an interface, if it is no NIC. */
  kindOf(this: void, name: string): Made | undefined;
  /** Tunnels that carry packets. */
  readonly layer3: ReadonlySet<string>;
  /** Those that may have sub-interfaces. */
  readonly parents: ReadonlySet<string>;
  /** Sub-interfaces with a section. */
  readonly subs: ReadonlySet<string>;
}

function knownInterfaces(config: Config): KnownInterfaces {
  const tunnels = tunnelsOf(config);
  const made = new Map<string, Made>([
    ...tunnels.map(({ name }) => [name, 'tunnel'] as const),
    ...config.bridges.map(({ name }) => [name, 'bridge'] as const),
    ...config.bonds.map(({ name }) => [name, 'bond'] as const),
  ]);
  return {
    kindOf: (name) => made.get(name) ?? (LOOPBACK_NAME.test(name) ? 'loopback' : undefined),
    layer3: new Set(tunnels.filter(({ isEthernet }) => !isEthernet).map(({ name }) => name)),
    parents: interfaceNames(config),
    subs: new Set(config.interfaces.map(({ name }) => name).filter(subInterfaceName)),
  };
}

/** Why an interface cannot be a member of a bond. */
function memberRefusal(member: string, { kindOf, parents }: KnownInterfaces): string | undefined {
  const shown = quote(member);
  const what = kindOf(member);
  if (what !== undefined) return `${shown} is a ${what}: expected a NIC as a member`;
  if (subInterfaceName(member) !== undefined) {
    return `${shown} is a sub-interface: bond the NICs, and write the VLAN as a section such as [interface.bond0.100]`;
  }
  if (parents.has(member)) return undefined;
  return unknown(
    member,
    [...parents].filter((name) => kindOf(name) === undefined),
  );
}

/** Why an interface cannot be a port of a bridge or cross-connect. */
function portRefusal(port: string, { kindOf, layer3, parents, subs }: KnownInterfaces): string | undefined {
  const shown = quote(port);
  const what = kindOf(port);
  if (layer3.has(port))
    return `${shown} is a tunnel that carries packets: expected an interface that carries Ethernet frames`;
  if (what === 'loopback' || what === 'bridge')
    return `${shown} is a ${what}: expected a NIC, a bond, a VLAN or a tunnel`;
  if (parents.has(port) || subs.has(port)) return undefined;
  const sub = subInterfaceName(port);
  if (sub !== undefined && parents.has(sub.parent))
    return `${shown} is a VLAN without a section: write [interface.${port}]`;
  const others = [...parents].filter((name) => !['loopback', 'bridge'].includes(kindOf(name) ?? ''));
  return unknown(port, [...others, ...subs]);
}

function unknown(name: string, known: readonly string[]): string {
  const otherwise = known.length === 0 ? 'the configuration has none' : expectedOneOf(known);
  return `${quote(name)} is not an interface of this configuration: ${suggestion(name, known, otherwise)}`;
}

/** What an interface has of IP, besides its attributes (`attribute-checks.ts`) and NAT. */
const IP_KEYS = ['addresses', 'vrf'] as const;
/** Of the frames that an interface receives. */
const FILTER_KEYS = ['acl-in', 'acl-out', 'macip'] as const;

/** A port has no IP, and one of a bond neither VLANs nor filters: VPP takes its frames before these see them. */
function checkPort(port: string, { section, name: owner, words }: Owner, review: Review): void {
  for (const { name, line, mpls } of review.config.interfaces) {
    if (section === 'bond' && subInterfaceName(name)?.parent === port) {
      const message = `${port} is ${words}, and has no VLANs: write them on the bond`;
      review.errorAt(line, `interface.${name}`, message);
    }
    if (name !== port) continue;
    const refuse = (key: (typeof IP_KEYS | typeof FILTER_KEYS)[number] | 'mpls', why: string): void => {
      const path = `interface.${name}.${key}` as const;
      if (review.line(path) > 0) review.error(path, `${name} is ${words}, and ${why}`);
    };
    const where = section === 'cross-connect' ? 'remove the line' : `write it in [interface.${owner}]`;
    for (const key of IP_KEYS) refuse(key, `carries no IP: ${where}`);
    if (mpls) refuse('mpls', 'carries no MPLS: remove the line');
    if (section === 'bond')
      for (const key of FILTER_KEYS) refuse(key, 'filters nothing: write it on the bond');
  }
}
