/**
 * The management interface: it stays with the kernel and is reachable when everything else fails.
 *
 * Owns its addresses, the default route of the main table that goes through it, the resolver's file (which names the
 * relay of `dns-relay.ts`, where there is one) and the DHCP client. Nothing here is awaited by the boot: a network that does not answer delays nobody, an interface that is not
 * there yet is waited for as long as it takes.
 *
 * What comes from where:
 * - address and gateway: with `address = dhcp` both from the lease (`gateway` is not used, as the configuration
 *   warns), otherwise both from the configuration;
 * - name servers and time servers: those of the configuration when it names any, else those of the lease;
 * - search domains: of the lease;
 * - IPv6: the kernel's own, by router advertisements (accept_ra = 2: whether it forwards or not), beside a static address.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, ManagementConfig } from '../config/types.ts';
import { linkIndex, listLinks, setLinkUp, writeSysctl, reasonOf } from '../linux/mod.ts';
import type { ManagementStatus } from './status.ts';
import type { Logger } from '../log/mod.ts';
import { DhcpClient } from './dhcp-client.ts';
import type { DhcpEvent, Lease } from './dhcp-lease.ts';
import { type DnsRelay, RELAY_ADDRESS } from './dns-relay.ts';
import { InterfaceSettings } from './interface-settings.ts';
import { type Resolver, writeResolvConf } from './resolv-conf.ts';
import type { Service } from '../supervise/mod.ts';

/** Drivers may still be probing when the boot comes by: how long that is no failure yet. */
const APPEAR_MS = 10_000;
const POLL_MS = 100;
/** How often a missing interface is looked for after that. */
const LOOK_MS = 5_000;
/** How often cable and interface are looked at. */
const LINK_MS = 1_000;

type Method = 'dhcp' | 'static';
type Ready = Extract<ManagementStatus, { readonly state: 'ready' }>;

export interface ManagementOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Kernel name of the first NIC that is not given to VPP, once there is one. */
  readonly chooseInterface: (config: Config) => string | undefined;
  /** Path of this executable: udhcpc runs it at each event. */
  readonly self: string;
  readonly onChange: (status: ManagementStatus) => void;
  /** The time servers to use, and who named them; called when they change, once there is a network. */
  readonly onTimeServers?: (servers: readonly string[], source: 'configuration' | 'dhcp') => void;
  /** Asks the name servers for the programs on the box, which then ask it; without one they ask the servers themselves. */
  readonly relay?: DnsRelay;
  /** Default /run/appliance. */
  readonly runDir?: string;
  /** Default /etc/resolv.conf. */
  readonly resolvConf?: string;
}

export class Management {
  readonly #options: ManagementOptions;
  #config: Config;
  #attempt = new AbortController();
  #status: ManagementStatus = { state: 'none', reason: 'not started yet' };
  /** The interface that is the management's now. */
  #current: { readonly name: string; readonly settings: InterfaceSettings } | undefined;
  #hasCarrier = true;
  #client: DhcpClient | undefined;
  #lease: Lease | undefined;
  #timeServers = '';

  constructor(options: ManagementOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** The DHCP client, when one runs. */
  get service(): Service | undefined {
    return this.#client?.service;
  }

  /** The state; addresses are read anew, since the kernel adds IPv6 ones by itself. */
  get status(): ManagementStatus {
    const status = this.#status;
    const current = this.#current;
    if (current === undefined || (status.state !== 'ready' && status.state !== 'configuring')) return status;
    const { name, settings } = current;
    if (!this.#hasCarrier) {
      const kept = status.state === 'ready' ? `, and keeps ${settings.addresses().join(' ')}` : '';
      const reason = `${name} has no link (no cable, or the other end is off)${kept}`;
      return { state: 'configuring', interface: name, method: this.#method, reason };
    }
    return status.state === 'ready' ? { ...status, addresses: settings.addresses() } : status;
  }

  /** Name of the interface that is, or is going to be, the management's. */
  get interfaceName(): string | undefined {
    return this.#current?.name ?? this.#wanted.interface;
  }

  /** Brings the interface up in the background; resolves when it is configured or has failed. Never rejects. */
  async start(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    // Name servers of the configuration may be reached through the data plane, whatever becomes of this interface.
    this.#attempted(() => this.#applyResolver());
    const name = await this.#waitForInterface(signal);
    if (signal.aborted) return;
    this.#watchLink(signal);
    if (name === undefined) this.#sayMissing();
    else this.#begin(name);
  }

  /**
   * Takes another configuration into use, changing only what differs: name servers alone leave the interface as it is,
   * a static address is added before the old one goes. Resolves when the interface is configured, or waits for a DHCP
   * server or a cable; rejects in words when it cannot be configured (the configuration holds nevertheless).
   */
  async reconfigure(config: Config): Promise<void> {
    await this.#change(config);
    const status = this.#status;
    if (status.state === 'failed' || status.state === 'none') {
      throw new Error(`management: ${status.reason}`);
    }
  }

  async #change(config: Config): Promise<void> {
    const before = this.#config;
    const old = before.management;
    const next = config.management;
    this.#config = config;
    const current = this.#current?.name;
    const name = next.interface ?? this.#options.chooseInterface(this.#config) ?? current;
    const isSameClient = next.address !== 'dhcp' || before.system.hostname === config.system.hostname;
    const isSameMethod = (old.address === 'dhcp') === (next.address === 'dhcp');
    if (current === undefined || name !== current || !isSameMethod || !isSameClient) {
      await this.#giveUp();
      return this.start();
    }
    this.#sayTimeServers();
    this.#client?.service.setPolicy(config.supervisor);
    const { address } = next;
    if (address !== 'dhcp') this.#attempted(() => this.#applyStatic(address));
    else if (this.#lease !== undefined) this.#attempted(() => this.#applyLease(this.#lease));
  }

  /** At the end of the machine: the client ends, addresses stay. */
  async stop(): Promise<void> {
    this.#attempt.abort();
    await this.#client?.stop();
  }

  get #wanted(): ManagementConfig {
    return this.#config.management;
  }

  get #method(): Method {
    return this.#wanted.address === 'dhcp' ? 'dhcp' : 'static';
  }

  #setStatus(status: ManagementStatus): void {
    this.#status = status;
    this.#options.onChange(this.status);
  }

  async #waitForInterface(signal: AbortSignal): Promise<string | undefined> {
    const deadline = performance.now() + APPEAR_MS;
    for (;;) {
      const name = this.#findInterface();
      if (name !== undefined || signal.aborted || performance.now() > deadline) return name;
      await sleep(POLL_MS);
    }
  }

  #findInterface(): string | undefined {
    const name = this.#wanted.interface ?? this.#options.chooseInterface(this.#config);
    return name !== undefined && linkIndex(name) !== undefined ? name : undefined;
  }

  #sayMissing(): void {
    const wanted = this.#wanted.interface;
    if (wanted === undefined) {
      this.#setStatus({ state: 'none', reason: 'no network interface is left for management' });
      return;
    }
    const reason = `there is no interface ${wanted}`;
    this.#setStatus({ state: 'failed', interface: wanted, method: this.#method, reason });
  }

  #begin(name: string): void {
    this.#current = { name, settings: new InterfaceSettings(name) };
    this.#attempted(() => {
      const reason = 'bringing the link up';
      this.#setStatus({ state: 'configuring', interface: name, method: this.#method, reason });
      // Without IPv6 in this kernel there is nothing to accept.
      attempt(() => writeSysctl(`net/ipv6/conf/${name}/accept_ra`, '2'));
      setLinkUp(name, true);
      const { address } = this.#wanted;
      if (address === 'dhcp') this.#startDhcp(name);
      else this.#applyStatic(address);
    });
  }

  /** Runs a step; what goes wrong is the status. */
  #attempted(work: () => void): void {
    try {
      work();
    } catch (error) {
      const reason = reasonOf(error);
      this.#setStatus({
        state: 'failed',
        interface: this.interfaceName ?? '?',
        method: this.#method,
        reason,
      });
    }
  }

  /** Looks at cable and interface until the signal; an interface that comes (back) is configured. */
  #watchLink(signal: AbortSignal): void {
    let lookedAt = performance.now();
    const look = (): void => {
      const current = this.#current?.name;
      if (current === undefined) {
        if (performance.now() - lookedAt < LOOK_MS) return;
        lookedAt = performance.now();
        const name = this.#findInterface();
        if (name !== undefined) this.#begin(name);
        return;
      }
      const link = listLinks().find(({ name }) => name === current);
      if (link === undefined) this.#loseInterface(current);
      else if (link.running !== this.#hasCarrier) this.#carrierChanged(current, link.running);
    };
    const timer = setInterval(() => attempt(look), LINK_MS).unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  #carrierChanged(name: string, hasCarrier: boolean): void {
    this.#hasCarrier = hasCarrier;
    this.#options.logger.info('management', `${name} ${hasCarrier ? 'has a link' : 'has no link'}`);
    // The cable may lead to another network now.
    if (hasCarrier && this.#lease !== undefined) this.#client?.renew();
    this.#options.onChange(this.status);
  }

  #loseInterface(name: string): void {
    const method = this.#method;
    void this.#forget();
    this.#setStatus({ state: 'failed', interface: name, method, reason: `the interface ${name} is gone` });
  }

  #applyStatic(address: { readonly address: string; readonly length: number }): void {
    const { gateway } = this.#wanted;
    this.#apply(address, gateway, { method: 'static' });
  }

  /** Puts address, gateway and name servers in place; the status is then `ready`. */
  #apply(
    address: { readonly address: string; readonly length: number },
    gateway: string | undefined,
    how: Pick<Ready, 'method' | 'lease'>,
  ): void {
    const current = this.#current;
    if (current === undefined) return;
    const { name, settings } = current;
    if (settings.setAddress(address)) {
      const from = how.lease === undefined ? '' : ` from the DHCP server ${how.lease.server}`;
      this.#options.logger.info('management', `${name} has ${address.address}/${address.length}${from}`);
    }
    settings.setGateway(gateway);
    const { dns } = this.#applyResolver();
    // Not earlier: an NTP client that finds no network asks again only after a minute.
    this.#sayTimeServers();
    this.#setStatus({
      state: 'ready',
      interface: name,
      ...how,
      addresses: settings.addresses(),
      ...(gateway === undefined ? {} : { gateway }),
      dns,
    });
  }

  #applyResolver(): Resolver {
    const { dns } = this.#wanted;
    const resolver = {
      dns: dns.length > 0 ? dns : (this.#lease?.dns ?? []),
      searchDomains: this.#lease?.searchDomains ?? [],
    };
    const { relay, resolvConf = '/etc/resolv.conf' } = this.#options;
    if (relay !== undefined) {
      relay.servers = resolver.dns;
      relay.serve(undefined);
    }
    writeResolvConf(resolvConf, relay === undefined ? resolver : { ...resolver, dns: [RELAY_ADDRESS] });
    return resolver;
  }

  #startDhcp(name: string): void {
    const reason = 'waiting for a DHCP server';
    this.#setStatus({ state: 'configuring', interface: name, method: 'dhcp', reason });
    this.#client = new DhcpClient({
      interface: name,
      hostname: this.#config.system.hostname,
      self: this.#options.self,
      directory: `${this.#options.runDir ?? '/run/appliance'}/dhcp`,
      policy: this.#config.supervisor,
      logger: this.#options.logger,
      onEvent: (event) => this.#attempted(() => this.#onEvent(event)),
    });
  }

  #onEvent(event: DhcpEvent): void {
    if ('lease' in event) {
      this.#applyLease(event.lease);
      return;
    }
    // A failed renewal leaves the lease as long as it lasts.
    if (event.event === 'leasefail' && this.#lease !== undefined) return;
    this.#loseLease();
    const isStart = event.event === 'deconfig';
    // Without a DHCP server there may still be IPv6.
    if (!isStart) this.#sayTimeServers();
    const reason = isStart ? 'waiting for a DHCP server' : `no lease: ${event.reason}`;
    this.#setStatus({ state: 'configuring', interface: event.interface, method: 'dhcp', reason });
  }

  #applyLease(lease: Lease | undefined): void {
    if (lease === undefined) return;
    this.#lease = lease;
    const { server, obtainedAt, expiresAt } = lease;
    this.#apply(lease, lease.gateway, { method: 'dhcp', lease: { server, obtainedAt, expiresAt } });
  }

  /** Takes the lease's address and route back; the kernel's own IPv6 addresses stay. */
  #loseLease(): void {
    this.#lease = undefined;
    this.#current?.settings.withdraw();
  }

  /** Ends the client and takes back everything on the interface. */
  async #forget(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#loseLease();
    this.#current = undefined;
    this.#hasCarrier = true;
    await client?.stop();
  }

  async #giveUp(): Promise<void> {
    this.#attempt.abort();
    await this.#forget();
  }

  #sayTimeServers(): void {
    const configured = this.#wanted.ntp;
    const isConfigured = configured.length > 0;
    const servers = isConfigured ? configured : (this.#lease?.ntp ?? []);
    const source = isConfigured ? 'configuration' : 'dhcp';
    const key = `${source} ${servers.join(' ')}`;
    if (key === this.#timeServers) return;
    this.#timeServers = key;
    this.#options.onTimeServers?.(servers, source);
  }
}

/** For steps whose failure is told by something else. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Said by the status: the interface is gone, or this kernel has no IPv6.
  }
}
