/** What is shown of the interfaces of VPP. */
import type { InterfaceConfig } from '../config/types.ts';
import type { InterfaceStatus } from '../telemetry/status.ts';
import type { Present } from './vpp-configure.ts';

/** An interface that VPP has, and why it is not as it should be. */
export interface Known extends Present {
  failure: string | undefined;
}

/**
 * Configured interfaces first, in the file's order, then what else VPP has.
 *
 * @param missing why a configured interface is not there, by name
 * @param hostInterfaceOf an interface's TAP in Linux, or why it has none
 * @param away why nothing is known of any
 */
export function interfaceRows(
  configs: readonly InterfaceConfig[],
  known: ReadonlyMap<string, Known>,
  missing: ReadonlyMap<string, string>,
  hostInterfaceOf: (name: string) => InterfaceStatus['hostInterface'],
  away?: string,
): InterfaceStatus[] {
  const configured = new Set(configs.map(({ name }) => name));
  const rows = configs.map(({ name }): InterfaceStatus => {
    const found = known.get(name);
    if (found === undefined) return absent(name, missing.get(name), away);
    return present(found, { state: 'ok' }, hostInterfaceOf(name));
  });
  for (const [name, found] of known) {
    if (configured.has(name)) continue;
    rows.push(present(found, { state: 'unconfigured' }, hostInterfaceOf(name)));
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
  { vpp, addresses, failure }: Known,
  well: InterfaceStatus['state'],
  hostInterface: InterfaceStatus['hostInterface'],
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
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}
