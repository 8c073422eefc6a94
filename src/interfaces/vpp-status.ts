/** What is shown of the interfaces of VPP. */
import type { InterfaceStatus } from '../telemetry/status.ts';
import type { Present } from './vpp-configure.ts';

/** An interface that VPP has, and why it is not as it should be. */
export interface Known extends Present {
  failure: string | undefined;
}

/** What the configuration names, in its order. */
interface Names {
  readonly configured: readonly string[];
  /** NICs that are given to VPP, whether or not more is said about them. */
  readonly nics: readonly string[];
}

interface RowFacts {
  /** Why an interface that VPP has is not as it should be. */
  readonly failureOf: (name: string) => string | undefined;
  /** An interface's TAP in Linux, or why it has none. */
  readonly hostInterfaceOf: (name: string) => InterfaceStatus['hostInterface'];
  /** Why nothing is known of any. */
  readonly away: string | undefined;
}

/**
 * Configured interfaces first, in the file's order, then what else VPP has, and NICs that it should have.
 *
 * @param missing why an interface is not there, by name
 */
export function interfaceRows(
  { configured, nics }: Names,
  known: ReadonlyMap<string, Known>,
  missing: ReadonlyMap<string, string>,
  { failureOf, hostInterfaceOf, away }: RowFacts,
): InterfaceStatus[] {
  const row = (found: Known, well: InterfaceStatus['state']): InterfaceStatus => {
    const { name } = found.vpp;
    const reason = failureOf(name);
    return present(found, reason === undefined ? well : { state: 'failed', reason }, hostInterfaceOf(name));
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
  { vpp, addresses }: Known,
  state: InterfaceStatus['state'],
  hostInterface: InterfaceStatus['hostInterface'],
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
    // VPP gives kilobits per second; ~0 and 0 stand for "not known".
    ...(vpp.linkSpeedKbps > 0 && vpp.linkSpeedKbps < 0xffffffff
      ? { speedMbps: Math.round(vpp.linkSpeedKbps / 1000) }
      : {}),
    addresses: [...addresses],
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}
