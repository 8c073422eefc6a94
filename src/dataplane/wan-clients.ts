/**
 * Addresses by DHCP for interfaces of the data plane: a client in Linux on the TAP of each.
 *
 * VPP's own client knows no classless routes and its leases end with it. Here the lease's address and routes are put on
 * the TAP and into the namespace, where the mirror and the import of routes find them as those of any daemon: a lease
 * outlives VPP. The routes have the protocol number of DHCP (linux/rtnetlink.h), so that others tell them apart.
 */
import { hostNamesOf } from '../config/mod.ts';
import type { Config, SupervisorConfig } from '../config/types.ts';
import { DhcpClient, type DhcpEvent, type Lease } from '../dhcp/mod.ts';
import {
  addAddress,
  deleteRoute,
  type KernelRoute,
  linkIndex,
  reasonOf,
  removeAddress,
  replaceRoute,
  withNetns,
} from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';
import type { Service } from '../supervise/mod.ts';
import type { WanStatus } from './status.ts';

const RTPROT_DHCP = 16;
/** Behind static routes of the same prefix, which have none. */
const METRIC = 100;
/** A TAP that is made anew has neither address nor routes. */
const LOOK_MS = 5_000;

export interface WanClientsOptions {
  readonly logger: Logger;
  /** Path of this executable: the client runs it at each event. */
  readonly self: string;
  /** For the files of the leases. */
  readonly directory: string;
  readonly onChange?: (() => void) | undefined;
  /** Programs in a namespace are to be answered by these name servers first; none: no more. */
  readonly onNameServers?: ((netns: string, servers: readonly string[]) => void) | undefined;
}

interface Wan {
  readonly client: DhcpClient;
  readonly netns: string;
  /** The name of the TAP. */
  readonly link: string;
  readonly metric: number;
  lease: Lease | undefined;
  reason: string;
  reported: string;
}

export class WanClients {
  readonly #options: WanClientsOptions;
  readonly #wans = new Map<string, Wan>();
  /** Interfaces whose leases name the servers, in the order of the configuration. */
  #resolving: readonly string[] = [];
  /** The name servers that were announced, by namespace. */
  readonly #announced = new Map<string, string>();
  #look: NodeJS.Timeout | undefined;

  constructor(options: WanClientsOptions) {
    this.#options = options;
  }

  /** Starts the clients that a configuration asks for, and ends the others with their leases. */
  async use(config: Config): Promise<void> {
    const { interfaces, vpp, system, supervisor } = config;
    const hostNames = hostNamesOf(config);
    const linkOf = (name: string): string => hostNames.get(name) ?? name;
    const wanted = new Set(interfaces.filter(({ dhcp, enabled }) => dhcp && enabled).map(({ name }) => name));
    const { netns } = vpp.lcp;
    const isMoved = (name: string, wan: Wan): boolean => wan.netns !== netns || wan.link !== linkOf(name);
    const ended = [...this.#wans].filter(([name, wan]) => !wanted.has(name) || isMoved(name, wan));
    await Promise.all(ended.map(([name]) => this.#end(name)));
    this.#resolving = interfaces.filter(({ dhcpDns }) => dhcpDns).map(({ name }) => name);
    for (const name of wanted) {
      if (!this.#wans.has(name))
        this.#start(name, { netns, link: linkOf(name) }, system.hostname, supervisor);
    }
    this.#announceNameServers();
    clearInterval(this.#look);
    this.#look = wanted.size === 0 ? undefined : setInterval(() => this.#applyAll(), LOOK_MS).unref();
  }

  /** Ends all clients; addresses and routes stay with the namespace. */
  async stop(): Promise<void> {
    clearInterval(this.#look);
    await Promise.all([...this.#wans.values()].map(({ client }) => client.stop()));
  }

  get services(): Service[] {
    return [...this.#wans.values()].map(({ client }) => client.service);
  }

  get status(): WanStatus[] {
    return [...this.#wans].map(([name, { lease, reason }]) =>
      lease === undefined
        ? { interface: name, state: 'waiting', reason }
        : {
            interface: name,
            state: 'bound',
            address: `${lease.address}/${lease.length}`,
            gateway: lease.gateway,
            ...(this.#resolving.includes(name) ? { nameServers: lease.dns } : {}),
            server: lease.server,
            expiresAt: lease.expiresAt,
          },
    );
  }

  #start(
    name: string,
    { netns, link }: Pick<Wan, 'netns' | 'link'>,
    hostname: string,
    policy: SupervisorConfig,
  ): void {
    const { logger, self, directory } = this.#options;
    const client = new DhcpClient({
      interface: link,
      netns,
      broadcasts: true,
      name: `dhcp-${name}`,
      hostname,
      self,
      directory,
      policy,
      logger,
      onEvent: (event) => this.#onEvent(name, event),
    });
    const reason = 'waiting for a DHCP server';
    this.#wans.set(name, { client, netns, link, metric: METRIC, lease: undefined, reason, reported: '' });
  }

  async #end(name: string): Promise<void> {
    const wan = this.#wans.get(name);
    this.#wans.delete(name);
    if (wan === undefined) return;
    await wan.client.stop();
    this.#withdraw(wan);
  }

  #onEvent(name: string, event: DhcpEvent): void {
    const wan = this.#wans.get(name);
    if (wan === undefined) return;
    if ('lease' in event) {
      const { address, length, server } = event.lease;
      const isNew = wan.lease?.address !== address || wan.lease.length !== length;
      if (isNew) this.#withdraw(wan);
      wan.lease = event.lease;
      if (isNew) this.#options.logger.info('dhcp', `${name} has ${address}/${length} from ${server}`);
      this.#apply(name, wan);
    } else if (event.event !== 'leasefail' || wan.lease === undefined) {
      // After a failed renewal the lease is valid until it expires.
      this.#withdraw(wan);
      wan.lease = undefined;
      wan.reason = event.event === 'deconfig' ? 'waiting for a DHCP server' : `no lease: ${event.reason}`;
    }
    this.#announceNameServers();
    this.#options.onChange?.();
  }

  /** Of several leases in a namespace the servers of the first interface come first. */
  #announceNameServers(): void {
    const servers = new Map<string, string[]>([...this.#announced.keys()].map((netns) => [netns, []]));
    for (const name of this.#resolving) {
      const wan = this.#wans.get(name);
      if (wan?.lease === undefined) continue;
      servers.set(wan.netns, [...(servers.get(wan.netns) ?? []), ...wan.lease.dns]);
    }
    for (const [netns, list] of servers) {
      const text = list.join(' ');
      if ((this.#announced.get(netns) ?? '') === text) continue;
      this.#announced.set(netns, text);
      this.#options.onNameServers?.(netns, list);
    }
  }

  #applyAll(): void {
    for (const [name, wan] of this.#wans) this.#apply(name, wan);
  }

  /** Puts the lease on the TAP; what is there already stays. A TAP that does not exist gets it later. */
  #apply(name: string, wan: Wan): void {
    const { lease, netns, link } = wan;
    if (lease === undefined) return;
    try {
      withNetns(netns, () => {
        const index = linkIndex(link);
        // Its TAP has gone, and will be back.
        if (index === undefined) return;
        addAddress(link, lease.address, lease.length);
        for (const route of routesOf(index, lease, wan.metric)) replaceRoute(route);
      });
      wan.reported = '';
    } catch (error) {
      const reason = reasonOf(error);
      if (wan.reported === reason) return;
      wan.reported = reason;
      this.#options.logger.warning('dhcp', `cannot put the lease of ${name} into ${netns}: ${reason}`);
    }
  }

  #withdraw({ lease, netns, link, metric }: Wan): void {
    if (lease === undefined) return;
    try {
      withNetns(netns, () => {
        const index = linkIndex(link);
        if (index === undefined) return;
        for (const route of routesOf(index, lease, metric)) deleteRoute(route);
        removeAddress(link, lease.address, lease.length);
      });
    } catch {
      // The TAP or its namespace has gone, and both with it.
    }
  }
}

/** The routes of a lease: those of option 121, or else the default one by its gateway (RFC 3442). */
function routesOf(ifIndex: number, { routes, gateway }: Lease, metric: number): KernelRoute[] {
  const fallback = gateway === undefined ? [] : [{ address: '0.0.0.0', length: 0, gateway }];
  return (routes.length > 0 ? routes : fallback)
    .toSorted((a, b) => b.length - a.length)
    .map(({ address, length, gateway: via }) => ({
      family: 4,
      address,
      length,
      metric,
      protocol: RTPROT_DHCP,
      kind: 'unicast',
      nextHops: [{ ...(via === '0.0.0.0' ? {} : { gateway: via }), ifIndex, weight: 1 }],
    }));
}
