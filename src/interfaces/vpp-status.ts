/** What is shown of the interfaces of VPP. */
import type { InterfaceConfig } from '../config/types.ts';
import type { InterfaceStatus } from '../telemetry/status.ts';
import type { Present } from './vpp-configure.ts';

/** An interface that VPP has, and why it is not as it should be. */
export interface Known extends Present {
  failure: string | undefined;
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

/**
 * Configured interfaces first, in the file's order, then what else VPP has.
 *
 * @param missing why a configured interface is not there, by name
 * @param hostInterfaceOf an interface's TAP in Linux, or why it has none
 * @param isHeld whether it is down because its TAP was set down
 * @param away why nothing is known of any
 */
export function interfaceRows(
  configs: readonly InterfaceConfig[],
  known: ReadonlyMap<string, Known>,
  missing: ReadonlyMap<string, string>,
  hostInterfaceOf: (name: string) => InterfaceStatus['hostInterface'],
  isHeld: (name: string) => boolean,
  away?: string,
): InterfaceStatus[] {
  const configured = new Set(configs.map(({ name }) => name));
  const rows = configs.map(({ name }): InterfaceStatus => {
    const found = known.get(name);
    if (found === undefined) return absent(name, missing.get(name), away);
    return present(found, { state: 'ok' }, hostInterfaceOf(name), isHeld(name));
  });
  for (const [name, found] of known) {
    if (configured.has(name)) continue;
    rows.push(present(found, { state: 'unconfigured' }, hostInterfaceOf(name), isHeld(name)));
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
  { vpp, addresses, tables, failure }: Known,
  well: InterfaceStatus['state'],
  hostInterface: InterfaceStatus['hostInterface'],
  isHeld: boolean,
): InterfaceStatus {
  return {
    name: vpp.name,
    dataPlane: 'vpp',
    swIfIndex: vpp.swIfIndex,
    state: failure === undefined ? well : { state: 'failed', reason: failure },
    adminUp: vpp.adminUp,
    link: vpp.linkUp ? 'up' : 'down',
    mtuBytes: vpp.mtuBytes.l3,
    mac: vpp.mac,
    // VPP gives kilobits per second; ~0 and 0 stand for "not known".
    ...(vpp.linkSpeedKbps > 0 && vpp.linkSpeedKbps < 0xffffffff
      ? { speedMbps: Math.round(vpp.linkSpeedKbps / 1000) }
      : {}),
    addresses: [...addresses],
    ...(tables === undefined || tables[4] + tables[6] === 0 ? {} : { tableId: tables[4] }),
    ...(isHeld ? { isSetDownInLinux: true } : {}),
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}
