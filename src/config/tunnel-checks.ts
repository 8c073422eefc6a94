/** Tunnels: what VPP refuses, and what it takes and forwards nothing by. */
import { isIpv6LinkLocal, parseAddress } from './addresses.ts';
import { portsOf } from './ports.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelLoops } from './tunnel-loops.ts';
import { type Tunnel, tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';
import { tableOfVrf, unknownVrf } from './vrf-checks.ts';

/** UDP ports that VPP receives on for others: it would take a tunnel there and give it no packets. */
const USED_PORTS: ReadonlyMap<number, string> = new Map([
  [67, 'DHCP'],
  [68, 'DHCP'],
  [500, 'IKE'],
  [546, 'DHCPv6'],
  [547, 'DHCPv6'],
  [3784, 'BFD'],
  [3785, 'BFD'],
  [4500, 'IKE'],
  [4784, 'BFD'],
]);

type Report = (one: Tunnel, key: 'source' | 'destination' | 'underlay-vrf' | '', message: string) => void;

/** Reports tunnels that VPP refuses, or that carry nothing. */
export function checkTunnels(review: Review): void {
  const { config } = review;
  const tunnels = tunnelsOf(config);
  const report: Report = ({ section, name, line }, key, message) => {
    if (key === '') review.errorAt(line, `${section}.${name}`, message);
    else review.error(`${section}.${name}.${key}`, message);
  };
  checkNames(config, tunnels, report);
  const ofKey = new Map<string, Tunnel>();
  for (const tunnel of tunnels) {
    checkEnds(config, tunnel, report);
    const { underlayVrf } = tunnel;
    if (underlayVrf !== undefined && tableOfVrf(config, underlayVrf) === undefined)
      report(tunnel, 'underlay-vrf', unknownVrf(underlayVrf, config));
    const other = ofKey.get(tunnel.key);
    if (other === undefined) ofKey.set(tunnel.key, tunnel);
    else {
      const message = `${tunnel.keyWords} are those of ${other.name} on line ${other.line}: VPP tells two such tunnels apart by nothing else`;
      report(tunnel, '', message);
    }
  }
  for (const { port, name } of config.vxlans) {
    const user = USED_PORTS.get(port);
    if (user === undefined) continue;
    const message = `VPP receives ${user} on the port ${quote(`${port}`)}: expected another one, such as 4789`;
    review.error(`vxlan.${name}.port`, message);
  }
  for (const { tunnel, message, isDefault } of tunnelLoops(config, tunnels)) {
    if (!isDefault) report(tunnel, 'destination', message);
  }
}

function checkNames(config: Config, tunnels: readonly Tunnel[], report: Report): void {
  const nics = new Map(config.vpp.dpdk.interfaces.map(({ name, line }) => [name, line]));
  const bonds = new Map(config.bonds.map(({ name, line }) => [name, line]));
  const seen = new Map<string, Tunnel>();
  for (const tunnel of tunnels) {
    const { section, name } = tunnel;
    const nic = nics.get(name);
    const other = seen.get(name);
    const sub = subInterfaceName(name);
    const refuse = (why: string): void => report(tunnel, '', `${quote(name)} ${why}`);
    if (other !== undefined) {
      refuse(
        `is already the tunnel of [${other.section}.${name}] on line ${other.line}: choose another name`,
      );
    } else if (nic !== undefined) {
      refuse(`is already the name of the NIC on line ${nic}: choose another name`);
    } else if (bonds.has(name)) {
      refuse(`is already the bond on line ${bonds.get(name)}: choose another name`);
    } else if (LOOPBACK_NAME.test(name) || name === 'local0') {
      refuse(`is a name that VPP uses itself: choose another one, such as ${section}0`);
    } else if (sub !== undefined) {
      refuse(`would be VLAN ${sub.number} of ${sub.parent}: choose a name without a dot and a number`);
    }
    seen.set(name, tunnel);
  }
}

function checkEnds({ interfaces }: Config, tunnel: Tunnel, report: Report): void {
  const { source, destination } = tunnel;
  const [from, to] = [parseAddress(source), parseAddress(destination)];
  if (from === undefined || to === undefined) return;
  const refuse = (why: string): void => report(tunnel, 'destination', `${quote(destination)} ${why}`);
  if (from.family !== to.family) {
    refuse(
      `is IPv${to.family}, the source ${source} is IPv${from.family}: expected two addresses of one family; the tunnel carries both`,
    );
    return;
  }
  if (source === destination) {
    refuse('is the source too: expected the address of the other end');
    return;
  }
  for (const [key, end] of [
    ['source', from],
    ['destination', to],
  ] as const) {
    if (isIpv6LinkLocal(end))
      report(tunnel, key, `${quote(end.address)} is link-local: expected an address that routes lead to`);
  }
  const own = interfaces.find(
    ({ addresses, vrf }) =>
      vrf === tunnel.underlayVrf && addresses.some(({ address }) => address === destination),
  );
  if (own !== undefined) {
    refuse(`is the box's own address on ${own.name}: expected the address of the other end`);
  }
}

/** Reports tunnels that VPP takes and that probably carry nothing. */
export function warnTunnels(review: Review): void {
  const { config } = review;
  const tunnels = tunnelsOf(config);
  for (const { tunnel, message, isDefault } of tunnelLoops(config, tunnels)) {
    if (isDefault) review.warningAt(tunnel.line, `${tunnel.section}.${tunnel.name}.destination`, message);
  }
  // Ports of bridges and the like are set up with them.
  const configured = new Set([...config.interfaces.map(({ name }) => name), ...portsOf(config).keys()]);
  for (const { section, name, line } of tunnels) {
    if (configured.has(name)) continue;
    review.warningAt(line, `${section}.${name}`, `it stays down: set it up in a section [interface.${name}]`);
  }
}
