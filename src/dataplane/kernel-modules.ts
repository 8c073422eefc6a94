/**
 * The kernel modules that a configuration needs while the kernel forwards, each with its parameters: nothing else loads
 * them on a box, which has no modprobe. Pure.
 */
import type { VirtualLink } from '../linux/mod.ts';
import { madeLinksOf, type MadeLinksInput } from './kernel-made-links.ts';

/** `dummy`, `vrf` and `8021q` are loaded at the boot. */
const OF_LINKS: Readonly<Partial<Record<VirtualLink['kind'], string>>> = {
  // Without a bond of its own.
  bond: 'bonding max_bonds=0',
  bridge: 'bridge',
  vxlan: 'vxlan',
  gre: 'ip_gre',
  gretap: 'ip_gre',
  ip6gre: 'ip6_gre',
  ip6gretap: 'ip6_gre',
  sit: 'sit',
  ip6tnl: 'ip6_tunnel',
};

export function kernelModulesOf(config: MadeLinksInput): string[] {
  const links = madeLinksOf(config).flatMap((one) => ('link' in one ? (OF_LINKS[one.link.kind] ?? []) : []));
  return [...new Set(links)];
}
