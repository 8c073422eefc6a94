/** Owns what is said of the next hops that the configuration names. Pure. */
import { type Finding, finding, gauges, metricTable, plural } from '../report/mod.ts';

/** A next hop of configured routes, and how it is reached. */
export interface NextHopStatus {
  readonly address: string;
  /** Routes that use it. */
  readonly routes: number;
  /** One of them. */
  readonly example: string;
  readonly reach: /** In a network of this interface, or put on it by the route (`%xe0`). */
    | { readonly kind: 'interface'; readonly interface: string }
    /** Recursive: through another configured route. */
    | { readonly kind: 'route'; readonly destination: string }
    | { readonly kind: 'none' };
}

/** Those that nothing leads to; whether their routes are programmed is the FIB's to say. */
export function nextHopFindings(nextHops: readonly NextHopStatus[]): Finding[] {
  return nextHops
    .filter(({ reach }) => reach.kind === 'none')
    .map(({ address, routes, example }) => {
      const others = routes > 1 ? ` and ${plural(routes - 1, 'other route')}` : '';
      const text = `Next hop ${address} of ${example}${others} is in no network of an interface, and no other route leads to it`;
      return finding('routes', 'next-hop-unreachable', 'warning', text, { subject: address, ready: true });
    });
}

/** The lease of an interface that has its address by DHCP. */
export type WanStatus = { readonly interface: string } & (
  | {
      readonly state: 'bound';
      /** `198.51.100.7/24` */
      readonly address: string;
      readonly gateway: string | undefined;
      readonly server: string;
      /** The name servers of the lease, where names are resolved by them (`dhcp-dns`). */
      readonly nameServers?: readonly string[];
      /** Unix milliseconds. */
      readonly expiresAt: number;
    }
  | { readonly state: 'waiting'; readonly reason: string }
);

/** Interfaces without a lease, and leases without the name servers that are to be used. */
export function wanFindings(wans: readonly WanStatus[]): Finding[] {
  return wans.flatMap((wan) => {
    const subject = wan.interface;
    if (wan.state === 'waiting') {
      const text = `${subject} has no address by DHCP: ${wan.reason}`;
      return [finding('interfaces', 'no-lease', 'warning', text, { subject })];
    }
    if (wan.nameServers?.length !== 0) return [];
    const text = `The lease of ${subject} from ${wan.server} names no name server (dhcp-dns)`;
    return [finding('interfaces', 'no-name-servers', 'warning', text, { subject })];
  });
}

export const WAN_METRICS = metricTable<{ readonly wans: readonly WanStatus[] }>({
  appliance_interface_lease: gauges(
    'Whether the interface has a lease of a DHCP server (absent: it asks for none)',
    ['interface'],
    ({ wans }) => wans.map((wan) => [Number(wan.state === 'bound'), wan.interface]),
  ),
});
