/** The tunnels of a configuration as interfaces: what they carry, and what fits in their packets. */
import { encapsulationOf } from './encapsulation.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import type { SectionValues } from './sections.ts';

/** A section that makes a tunnel. */
export type TunnelSection = 'vxlan' | 'gre' | 'ipip';

export interface Tunnel {
  readonly section: TunnelSection;
  readonly name: string;
  readonly line: number;
  /** The addresses of the outer packets, in canonical text. */
  readonly source: string;
  readonly destination: string;
  /** The VRF of the outer packets; undefined: the default one. */
  readonly underlayVrf: string | undefined;
  /** It carries Ethernet frames, and may have VLANs. */
  readonly isEthernet: boolean;
  /** What no two tunnels may have in common, and what that is called. */
  readonly key: string;
  readonly keyWords: string;
}

type Sections = Pick<SectionValues, 'gres' | 'ipips' | 'vxlans'>;

export function tunnelsOf({ gres, ipips, vxlans }: Sections): Tunnel[] {
  return [
    ...vxlans.map(({ name, line, source, destination, underlayVrf, vni, port }): Tunnel => {
      const isIpv6 = destination.includes(':');
      return {
        section: 'vxlan',
        name,
        line,
        source,
        destination,
        underlayVrf,
        isEthernet: true,
        // VPP tells those over IPv6 apart by the destination alone (vxlan.c).
        key: `vxlan ${isIpv6 ? '' : source} ${destination} ${port} ${vni}${inVrf(underlayVrf)}`,
        keyWords: `the ${isIpv6 ? 'destination' : 'source, the destination'}, the port and the VNI`,
      };
    }),
    ...gres.map(({ name, line, source, destination, underlayVrf, type }): Tunnel => {
      return {
        section: 'gre',
        name,
        line,
        source,
        destination,
        underlayVrf,
        isEthernet: type === 'teb',
        key: `gre ${source} ${destination} ${type}${inVrf(underlayVrf)}`,
        keyWords: 'the source, the destination and the type',
      };
    }),
    ...ipips.map(({ name, line, source, destination, underlayVrf }): Tunnel => {
      return {
        section: 'ipip',
        name,
        line,
        source,
        destination,
        underlayVrf,
        isEthernet: false,
        key: `ipip ${source} ${destination}${inVrf(underlayVrf)}`,
        keyWords: 'the source and the destination',
      };
    }),
  ];
}

function inVrf(underlayVrf: string | undefined): string {
  return underlayVrf === undefined ? '' : ` in ${underlayVrf}`;
}

/** The MTU of the networks that tunnels are usually over, bytes. */
const UNDERLAY_MTU_BYTES = 1500;
/** Headers besides the outer IP header, bytes: UDP and VXLAN (RFC 7348), GRE without options (RFC 2784), none. */
const HEADER_BYTES: Readonly<Record<TunnelSection, number>> = { vxlan: 16, gre: 4, ipip: 0 };
const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;
const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;

/** The largest packet that a tunnel carries over an underlay with an MTU of 1500 bytes, without fragments. */
export function tunnelMtuBytes({ section, source, isEthernet }: Tunnel): number {
  const outer = IP_HEADER_BYTES[source.includes(':') ? 6 : 4] + HEADER_BYTES[section];
  return UNDERLAY_MTU_BYTES - outer - (isEthernet ? ETHERNET_HEADER_BYTES : 0);
}

/** The default MTU of an interface that is a tunnel, or a sub-interface of one; undefined for any other. */
export function defaultMtuBytes(
  one: SectionValues['interfaces'][number],
  tunnels: ReadonlyMap<string, Tunnel>,
): number | undefined {
  const tunnel = tunnels.get(one.name) ?? tunnels.get(subInterfaceName(one.name)?.parent ?? '');
  if (tunnel === undefined) return undefined;
  return tunnelMtuBytes(tunnel) - VLAN_TAG_BYTES * (encapsulationOf(one)?.tags ?? 0);
}
