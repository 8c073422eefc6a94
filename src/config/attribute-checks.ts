/** What an interface has besides its addresses: what VPP refuses, or takes and does nothing by. */
import { encapsulationOf } from './encapsulation.ts';
import { type Port, portsOf } from './ports.ts';
import { type Problems, quote } from './problems.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { type Tunnel, tunnelsOf } from './tunnels.ts';
import type { Config, InterfaceConfig } from './types.ts';
import type { FilePath, Values } from './values.ts';

type Report = (one: InterfaceConfig, key: string, message: string) => void;

/** Reports attributes that do not fit their interface. */
export function checkAttributes(config: Config, values: Values, problems: Problems): void {
  const report: Report = ({ name }, key, message) => {
    const path = `interface.${name}.${key}`;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of the section
    problems.error(values.line(path as FilePath), path, message);
  };
  const layer3 = new Map(
    tunnelsOf(config)
      .filter(({ isEthernet }) => !isEthernet)
      .map((tunnel) => [tunnel.name, tunnel]),
  );
  const ports = portsOf(config);
  for (const one of config.interfaces) {
    checkMac(one, layer3.get(one.name), report);
    checkNeighbors(one, layer3.get(one.name), report);
    checkIp(one, report);
    checkPort(one, ports.get(one.name), report);
  }
}

function checkMac(one: InterfaceConfig, tunnel: Tunnel | undefined, report: Report): void {
  const { name, mac } = one;
  if (mac === undefined) return;
  const parent = subInterfaceName(name)?.parent;
  if (parent !== undefined) {
    report(one, 'mac', `${name} has the MAC address of ${parent}: write it in [interface.${parent}]`);
  } else if (tunnel !== undefined) {
    report(one, 'mac', `the tunnel ${name} carries IP packets, and has no MAC address: remove the line`);
  }
}

function checkNeighbors(one: InterfaceConfig, tunnel: Tunnel | undefined, report: Report): void {
  const { name, neighbors, addresses, mac } = one;
  if (neighbors.length > 0 && tunnel !== undefined) {
    report(one, 'neighbors', `the tunnel ${name} carries IP packets, and has no neighbours: remove the line`);
    return;
  }
  for (const neighbor of neighbors) {
    if (addresses.some(({ address }) => address === neighbor.address)) {
      const message = `${quote(neighbor.address)} is the box's own address: expected the address of a neighbour`;
      report(one, 'neighbors', message);
    } else if (neighbor.mac === mac) {
      const message = `${quote(neighbor.mac)} is the interface's own MAC address: expected that of ${neighbor.address}`;
      report(one, 'neighbors', message);
    }
  }
}

/** The keys of what is for packets of IP, where it is given. */
function ipKeys({ urpf, neighbors, mssClamp }: InterfaceConfig): string[] {
  const keys = { urpf, neighbors: neighbors[0], 'mss-clamp': mssClamp };
  return Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [key]));
}

/** A sub-interface without an exact match carries no IP. */
function checkIp(one: InterfaceConfig, report: Report): void {
  const encapsulation = encapsulationOf(one);
  if (encapsulation === undefined || encapsulation.isExact) return;
  for (const key of ipKeys(one)) {
    report(one, key, `${one.name} takes frames with further tags, and carries no IP: remove the line`);
  }
}

/** What carries the frames of another one has no IP, and its MAC address. */
function checkPort(one: InterfaceConfig, port: Port | undefined, report: Report): void {
  if (port === undefined) return;
  const { owner, kind } = port;
  for (const key of ipKeys(one)) {
    report(
      one,
      key,
      `${one.name} is a member of ${owner}, and carries no IP: write it in [interface.${owner}]`,
    );
  }
  if (one.mac !== undefined && kind === 'bond') {
    report(one, 'mac', `${one.name} has the MAC address of ${owner}: write it in [interface.${owner}]`);
  }
}
