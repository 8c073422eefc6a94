/** The status of VPP's interfaces. */
import { isDeepStrictEqual } from 'node:util';
import { parsePrefix } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import { NO_INTERFACE, type VppInterface } from '../vpp/api/mod.ts';
import type { InterfaceStatus } from './status.ts';
import { mtuOfPackets, type Present } from './vpp-configure.ts';

/** An interface that VPP has, and why it is not at its target. */
export interface Known extends Present {
  failure: string | undefined;
}

/** An interface that will be made: as VPP makes it, for a preview. */
export function freshInterface(name: string): Known {
  const vpp: VppInterface = {
    swIfIndex: NO_INTERFACE,
    supSwIfIndex: NO_INTERFACE,
    name,
    vppName: name,
    devType: '',
    tag: '',
    mac: '',
    adminUp: false,
    linkUp: false,
    linkSpeedKbps: 0,
    linkMtuBytes: 9000,
    mtuBytes: { l3: 9000, ip4: 0, ip6: 0, mpls: 0 },
    subId: 0,
    sub: undefined,
    tagRewrite: { op: 0, pushDot1q: 0, tag1: 0, tag2: 0 },
  };
  return { vpp, addresses: [], tables: { 4: 0, 6: 0 }, mpls: false, failure: undefined };
}

/** What happened to an interface between two readings. */
export type InterfaceChange = 'up' | 'down' | 'added' | 'removed' | 'readdressed';

/** What happened to each interface: added, deleted, up or down, or with other addresses or tables while it is up. */
export function* changesBetween(
  last: ReadonlyMap<string, Known>,
  next: ReadonlyMap<string, Known>,
): Generator<readonly [name: string, what: InterfaceChange]> {
  for (const [name, now] of next) {
    const before = last.get(name);
    if (before === undefined) yield [name, 'added'];
    const wasUp = before !== undefined && isUp(before);
    if (wasUp !== isUp(now)) yield [name, isUp(now) ? 'up' : 'down'];
    else if (wasUp && !isSameNetworks(before, now)) yield [name, 'readdressed'];
  }
  for (const name of last.keys()) if (!next.has(name)) yield [name, 'removed'];
}

function isUp({ vpp }: Known): boolean {
  return vpp.adminUp && vpp.linkUp;
}

function isSameNetworks(a: Known, b: Known): boolean {
  return (
    isDeepStrictEqual(a.tables, b.tables) && isDeepStrictEqual(new Set(a.addresses), new Set(b.addresses))
  );
}

/** Whether an interface is in other tables than before. */
export function haveMoved(last: ReadonlyMap<string, Known>, next: ReadonlyMap<string, Known>): boolean {
  return [...next].some(([name, { tables }]) => !isDeepStrictEqual(last.get(name)?.tables, tables));
}

/** A network of an interface; `tableId` is absent for the default table. */
export interface ConnectedNetwork {
  readonly interface: string;
  readonly prefix: Prefix;
  readonly tableId?: number;
}

/** The networks of interfaces that are up. */
export function connectedNetworks(known: ReadonlyMap<string, Known>): ConnectedNetwork[] {
  return [...known].flatMap(([name, one]) => {
    const prefixes = isUp(one) ? one.addresses.flatMap((text) => parsePrefix(text) ?? []) : [];
    return prefixes.map((prefix) => {
      const tableId = one.tables?.[prefix.family] ?? 0;
      return { interface: name, prefix, ...(tableId === 0 ? {} : { tableId }) };
    });
  });
}

/** The names of interfaces that are not VPP's own, by sw_if_index. */
export function givenNamesOf(known: ReadonlyMap<string, Known>): Map<number, string> {
  const given = [...known.values()].filter(({ vpp }) => vpp.name !== vpp.vppName);
  return new Map(given.map(({ vpp: { swIfIndex, name } }) => [swIfIndex, name]));
}

/** The configured interfaces, in the configuration's order. */
interface Names {
  readonly configured: readonly string[];
  /** NICs that are given to VPP, configured further or not. */
  readonly nics: readonly string[];
}

interface RowFacts {
  /** Why an interface that VPP has is not at its target. */
  readonly failureOf: (name: string) => string | undefined;
  /** An interface's TAP in Linux, or why it has none. */
  readonly hostInterfaceOf: (name: string) => InterfaceStatus['hostInterface'];
  /** Whether it is down because its TAP was set down. */
  readonly isHeld: (name: string) => boolean;
  /** Why nothing is known of any interface. */
  readonly away: string | undefined;
}

/**
 * Configured interfaces first, in the file's order, then VPP's others, and NICs that it should have.
 *
 * @param missing why VPP lacks an interface, by name
 */
export function interfaceRows(
  { configured, nics }: Names,
  known: ReadonlyMap<string, Known>,
  missing: ReadonlyMap<string, string>,
  { failureOf, hostInterfaceOf, isHeld, away }: RowFacts,
): InterfaceStatus[] {
  const row = (found: Known, well: InterfaceStatus['state']): InterfaceStatus => {
    const { name } = found.vpp;
    const reason = failureOf(name);
    const state: InterfaceStatus['state'] = reason === undefined ? well : { state: 'failed', reason };
    return present(found, state, hostInterfaceOf(name), isHeld(name));
  };
  const rows = configured.map((name): InterfaceStatus => {
    const found = known.get(name);
    return found === undefined ? absent(name, missing.get(name), away) : row(found, { state: 'ok' });
  });
  const named = new Set(configured);
  for (const [name, found] of known) if (!named.has(name)) rows.push(row(found, { state: 'unconfigured' }));
  for (const name of nics) {
    if (!named.has(name) && !known.has(name)) rows.push(absent(name, missing.get(name), away));
  }
  return rows;
}

function absent(name: string, reason: string | undefined, away = 'not configured yet'): InterfaceStatus {
  return {
    name,
    dataPlane: 'vpp',
    state: reason === undefined ? { state: 'pending', reason: away } : { state: 'failed', reason },
    adminUp: false,
    link: 'unknown',
    addresses: [],
  };
}

function present(
  { vpp, addresses, tables }: Known,
  state: InterfaceStatus['state'],
  hostInterface: InterfaceStatus['hostInterface'],
  isHeld: boolean,
): InterfaceStatus {
  return {
    name: vpp.name,
    dataPlane: 'vpp',
    swIfIndex: vpp.swIfIndex,
    state,
    adminUp: vpp.adminUp,
    link: vpp.linkUp ? 'up' : 'down',
    mtuBytes: mtuOfPackets(vpp),
    mac: vpp.mac,
    // VPP reports kilobits per second; ~0 and 0 mean "not known".
    ...(vpp.linkSpeedKbps > 0 && vpp.linkSpeedKbps < 0xffffffff
      ? { speedMbps: Math.round(vpp.linkSpeedKbps / 1000) }
      : {}),
    addresses: [...addresses],
    ...(tables === undefined || tables[4] + tables[6] === 0 ? {} : { tableId: tables[4] }),
    ...(isHeld ? { isSetDownInLinux: true } : {}),
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}
