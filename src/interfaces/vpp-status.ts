/** The status of VPP's interfaces. */
import { NO_INTERFACE, type VppInterface } from '../vpp/api/mod.ts';
import type { InterfaceStatus } from './status.ts';
import type { Present } from './vpp-configure.ts';

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

/** Whether both are in the same tables with the same addresses. */
export function isSameNetworks(
  a: Pick<Known, 'addresses' | 'tables'>,
  b: Pick<Known, 'addresses' | 'tables'>,
): boolean {
  const addresses = new Set(a.addresses);
  return (
    a.addresses.length === b.addresses.length &&
    b.addresses.every((text) => addresses.has(text)) &&
    a.tables?.[4] === b.tables?.[4] &&
    a.tables?.[6] === b.tables?.[6]
  );
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
    mtuBytes: vpp.mtuBytes.l3,
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
