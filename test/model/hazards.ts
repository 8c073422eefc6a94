/**
 * What VPP keeps of an interface by its index when that interface is deleted, and the next one with the index meets
 * (VPP's ip_neighbor.c, l2_fib.c, urpf.c, mss_clamp.c, mpls/interface.c, arp_proxy.c, nat44_ed.c, interface.c).
 */
import { addressText } from '../emulator/address-bytes.ts';
import type { Interface, VppState } from '../emulator/vpp-state.ts';

const STATIC = 1;

/** The name that the appliance gave it, or VPP's. */
export function nameOf(state: VppState, index: number): string {
  const found = state.interfaces.get(index);
  if (found === undefined) return `#${index}`;
  const { sub, tag, name } = found;
  if (sub !== undefined) return `${nameOf(state, sub.parent)}.${sub.subId}`;
  return tag === '' ? name : tag.replace(/^appliance:/, '');
}

/** What must be undone before an interface is deleted; empty: nothing of it stays. */
export function leftBehind(state: VppState, found: Interface): string[] {
  const { swIfIndex: index } = found;
  const { attributes, bridging, nat44, interfaces } = state;
  const left: string[] = state
    .subsOf(found)
    .map((sub) => `its sub-interface ${nameOf(state, sub.swIfIndex)}`);
  for (const [key, { mode }] of attributes.urpf)
    if (key.startsWith(`${index} `) && mode !== 0) left.push(`its uRPF`);
  const mss = attributes.mss.get(index);
  if (mss !== undefined && mss.direction4 + mss.direction6 > 0) left.push('its MSS clamp');
  for (const { swIfIndex, address, flags } of attributes.neighbors.values()) {
    if (swIfIndex === index && (flags & STATIC) !== 0) left.push(`its neighbour ${address.toString('hex')}`);
  }
  for (const { id } of bridging.domains) {
    for (const { swIfIndex, mac, isStatic, isBvi } of bridging.macs(id)) {
      if (swIfIndex === index && isStatic && !isBvi) left.push(`the MAC address ${mac} in the domain ${id}`);
    }
  }
  if (found.mplsEnables > 0) left.push('MPLS');
  if (state.proxyInterfaces.has(index)) left.push('proxy ARP');
  if (nat44.followed.some(({ swIfIndex }) => swIfIndex === index)) left.push('its address in NAT');
  for (const { mapping } of nat44.templates)
    if (mapping.swIfIndex === index) left.push(`the mapping ${mapping.tag}`);
  for (const [rx, tx] of bridging.crossConnects) {
    if (rx === index || tx === index)
      left.push(`its cross-connect with ${nameOf(state, rx === index ? tx : rx)}`);
  }
  for (const other of interfaces.values()) {
    if (other.unnumbered?.donor === index) left.push(`the borrower ${nameOf(state, other.swIfIndex)}`);
  }
  if (state.lcp.get(index) !== undefined && state.subsOf(found).some((sub) => state.lcp.get(sub.swIfIndex)))
    left.push('the pairs of its sub-interfaces');
  return left;
}

/** What VPP has by names, without the numbers that it chose: the same after the same configuration. */
export function describe(state: VppState): Record<string, unknown> {
  const { bridging, acls, nat44, attributes, bonds, tunnels } = state;
  const name = (index: number): string => nameOf(state, index);
  const aclTag = (index: number): string => acls.acls.get(index)?.tag ?? `#${index}`;
  const domainOf = new Map(
    bridging.domains.flatMap(({ tag, bvi, members }) =>
      members.map(({ swIfIndex, shg }) => [swIfIndex, { tag, shg, isBvi: bvi === swIfIndex }]),
    ),
  );
  const crossConnects = new Map(bridging.crossConnects);
  const prefixed = (all: Iterable<string>, index: number): string[] =>
    [...all]
      .filter((one) => one.startsWith(`${index} `))
      .map((one) => one.slice(`${index} `.length))
      .sort();
  const members = new Set(bonds.all().flatMap((one) => one.members.map(({ swIfIndex }) => swIfIndex)));
  const interfaces = [...state.interfaces.values()].map((one) => {
    const { swIfIndex: index, kind } = one;
    const lists = acls.lists.get(index);
    const macip = acls.macipOf.get(index);
    const connected = crossConnects.get(index);
    const tunnel = tunnels.ofInterface(one);
    const hardware = (one.sub === undefined ? undefined : state.interfaces.get(one.sub.parent)) ?? one;
    // VPP makes the address of a VXLAN tunnel at random, and a bond and its members keep that of a member that left. A
    // bridge keeps the address that was derived from a NIC when the NIC joins a bond.
    const hasOwnMac =
      tunnels.ofInterface(hardware) === undefined &&
      hardware.kind !== 'bond' &&
      (hardware.kind !== 'bvi' || isConfigured(hardware.mac)) &&
      !members.has(hardware.swIfIndex);
    return [
      name(index),
      {
        kind,
        sub: one.sub === undefined ? undefined : { ...one.sub, parent: name(one.sub.parent) },
        mac: hasOwnMac ? one.mac.toString('hex') : undefined,
        adminUp: one.adminUp,
        mtu: one.mtu,
        tables: one.tables,
        addresses: one.addresses.map(({ address, length }) => `${addressText(address)}/${length}`).sort(),
        mpls: one.mplsEnables,
        ipv6: one.isIpv6On,
        linkLocal: linkLocalWords(one),
        donor: one.unnumbered === undefined ? undefined : name(one.unnumbered.donor),
        tagRewrite: one.tagRewrite,
        domain: domainOf.get(index),
        connected: connected === undefined ? undefined : name(connected),
        aclIn: lists?.in.map(aclTag) ?? [],
        aclOut: lists?.out.map(aclTag) ?? [],
        macip: macip === undefined ? undefined : acls.macips.get(macip)?.tag,
        nat: nat44.roles.get(index),
        features: prefixed(attributes.features, index),
        proxyArp: state.proxyInterfaces.has(index),
        neighbors: [...attributes.neighbors.values()]
          .filter(({ swIfIndex }) => swIfIndex === index)
          .map(({ address, mac }) => `${address.toString('hex')} ${mac.toString('hex')}`)
          .sort(),
        tunnel: tunnel?.key,
      },
    ] as const;
  });
  const bondOf = bonds.all().map(({ swIfIndex, members, ...rest }) => ({
    name: name(swIfIndex),
    mode: rest.mode,
    loadBalance: rest.loadBalance,
    members: members
      .map(({ swIfIndex: member, isPassive, isLongTimeout, weight }) => ({
        name: name(member),
        isPassive,
        isLongTimeout,
        weight,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }));
  return {
    interfaces: Object.fromEntries(interfaces.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    bonds: bondOf.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    domains: bridging.domains
      .map(({ id, tag, flags, macAge }) => ({
        tag,
        flags,
        macAge,
        macs: bridging
          .macs(id)
          .filter(({ isBvi, mac }) => !isBvi || isConfigured(Buffer.from(mac, 'hex')))
          .map(({ mac, swIfIndex, isStatic, isBvi }) => `${mac} ${name(swIfIndex)} ${isStatic} ${isBvi}`)
          .sort(),
      }))
      .toSorted((a, b) => (a.tag < b.tag ? -1 : 1)),
    acls: rulesOf(acls.acls.entries()),
    macips: rulesOf(acls.macips.entries()),
    nat: {
      sessions: nat44.sessions,
      forwarding: nat44.forwarding,
      mssClamp: nat44.isOn ? nat44.mssClamp : undefined,
      timeouts: nat44.isOn ? nat44.timeouts : undefined,
      addresses: nat44.addresses.toSorted((a, b) => a - b),
      followed: nat44.followed.map(({ swIfIndex }) => name(swIfIndex)).sort(),
      mappings: nat44.mappings.map((one) => JSON.stringify(one)).sort(),
      templates: nat44.templates
        .map(({ mapping, address }) =>
          JSON.stringify({ ...mapping, swIfIndex: name(mapping.swIfIndex), address }),
        )
        .sort(),
    },
    tables: state.fib
      .tables()
      .map(({ family, id }) => `${family} ${id}`)
      .sort(),
    // What was left for the next interface with the index.
    ghosts: [
      ...[...attributes.urpf].filter(([, { mode }]) => mode !== 0).map(([key]) => key),
      ...[...attributes.mss]
        .filter(([, { direction4, direction6 }]) => direction4 + direction6 > 0)
        .map(([index]) => `${index} mss`),
      ...[...attributes.neighbors.values()].map(({ swIfIndex }) => `${swIfIndex} neighbour`),
      ...[...state.proxyInterfaces].map((index) => `${index} proxy ARP`),
    ].filter((text) => !state.interfaces.has(Number(text.split(' ')[0]))),
  };
}

/** VPP derives one from the MAC address when IPv6 is enabled, and not again; random-config.ts sets `fe80::1` and the like. */
function linkLocalWords({ linkLocal }: Interface): string | undefined {
  if (linkLocal === undefined) return undefined;
  return linkLocal.readUInt32BE(8) === 0 ? linkLocal.toString('hex') : 'derived';
}

/** The addresses of random-config.ts: `02:00:00:00:…`. */
function isConfigured(mac: Buffer): boolean {
  return mac.readUInt32BE(0) === 0x0200_0000;
}

function rulesOf(
  all: readonly (readonly [number, { readonly tag: string; readonly rules: Buffer }])[],
): string[] {
  return all.map(([, { tag, rules }]) => `${tag} ${rules.toString('hex')}`).sort();
}
