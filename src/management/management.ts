/**
 * The management interface: it stays with the kernel and remains reachable when everything else fails.
 *
 * Owns its addresses, the default route of the main table over it, resolv.conf (which names the relay of `dns-relay.ts`,
 * if used) and the DHCP client. The boot does not wait for any of it: a network that does not answer delays nothing, and
 * a missing interface is waited for without limit.
 *
 * Sources of the settings:
 * - address and gateway: with `address = dhcp` both from the lease (`gateway` is not used, as the configuration
 *   warns), otherwise both from the configuration;
 * - name servers and time servers: from the configuration when it names any, else from the lease;
 * - search domains: from the lease;
 * - IPv6: from the kernel by router advertisements (accept_ra = 2: regardless of forwarding), beside a static address.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, ManagementConfig } from '../config/types.ts';
import { linkIndex, listLinks, setLinkUp, writeSysctl, reasonOf } from '../linux/mod.ts';
import type { ManagementStatus } from './status.ts';
import type { Logger } from '../log/mod.ts';
import { DhcpClient, type DhcpEvent, type Lease } from '../dhcp/mod.ts';
import { type DnsRelay, RELAY_ADDRESS } from './dns-relay.ts';
import { InterfaceSettings } from './interface-settings.ts';
import { type Resolver, writeResolvConf } from './resolv-conf.ts';
import type { Service } from '../supervise/mod.ts';

/** How long a missing interface is no failure: drivers may still be probing during the boot. */
const APPEAR_MS = 10_000;
const POLL_MS = 100;
/** Interval at which a missing interface is looked for after that. */
const LOOK_MS = 5_000;
/** Interval at which interface and link state are checked. */
const LINK_MS = 1_000;

type Method = 'dhcp' | 'static';
type Ready = Extract<ManagementStatus, { readonly state: 'ready' }>;

export interface ManagementOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Kernel name of the first NIC that VPP does not use, once one exists. */
  readonly chooseInterface: (config: Config) => string | undefined;
  /** Path of this executable, which udhcpc runs at each event. */
  readonly self: string;
  readonly onChange: (status: ManagementStatus) => void;
  /** Called when the time servers change, once there is a network; with the source that names them. */
  readonly onTimeServers?: (servers: readonly string[], source: 'configuration' | 'dhcp') => void;
  /** The DNS relay that programs on the box query; without one they query the name servers directly. */
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
  /** The current management interface. */
  #current: { readonly name: string; readonly settings: InterfaceSettings } | undefined;
  #hasCarrier = true;
  #client: DhcpClient | undefined;
  #lease: Lease | undefined;
  #timeServers = '';

  constructor(options: ManagementOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** The DHCP client, while it runs. */
  get service(): Service | undefined {
    return this.#client?.service;
  }

  /** The state; addresses are read each time, since the kernel adds IPv6 addresses. */
  get status(): ManagementStatus {
    const status = this.#status;
    const current = this.#current;
    if (current === undefined || (status.state !== 'ready' && status.state !== 'configuring')) return status;
    const { name, settings } = current;
    if (!this.#hasCarrier) {
      const kept = status.state === 'ready' ? `, and keeps ${settings.addresses().join(' ')}` : '';
      const reason = `${name} has no link (no cable, or the peer is down)${kept}`;
      return { state: 'configuring', interface: name, method: this.#method, reason };
    }
    return status.state === 'ready' ? { ...status, addresses: settings.addresses() } : status;
  }

  /** Name of the current or configured management interface. */
  get interfaceName(): string | undefined {
    return this.#current?.name ?? this.#wanted.interface;
  }

  /** Brings the interface up in the background; resolves when it is configured or has failed. Never rejects. */
  async start(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    // Configured name servers may be reachable through the data plane, even if this interface fails.
    this.#attempted(() => this.#applyResolver());
    const name = await this.#waitForInterface(signal);
    if (signal.aborted) return;
    this.#watchLink(signal);
    if (name === undefined) this.#reportMissing();
    else this.#begin(name);
  }

  /**
   * Applies another configuration, changing only what differs: a change of name servers does not touch the interface,
   * a static address is added before the old one is removed. Resolves when the interface is configured, or waits for a
   * DHCP server or a link; rejects with the reason when it cannot be configured (the configuration stays in force).
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
      await this.#abandon();
      return this.start();
    }
    this.#reportTimeServers();
    this.#client?.service.setPolicy(config.supervisor);
    const { address } = next;
    if (address !== 'dhcp') this.#attempted(() => this.#applyStatic(address));
    else if (this.#lease !== undefined) this.#attempted(() => this.#applyLease(this.#lease));
  }

  /** At shutdown: ends the client, keeps the addresses. */
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

  #reportMissing(): void {
    const wanted = this.#wanted.interface;
    if (wanted === undefined) {
      this.#setStatus({
        state: 'none',
        reason: 'VPP uses all network interfaces: none is left for management',
      });
      return;
    }
    const reason = `interface ${wanted} does not exist`;
    this.#setStatus({ state: 'failed', interface: wanted, method: this.#method, reason });
  }

  #begin(name: string): void {
    this.#current = { name, settings: new InterfaceSettings(name) };
    this.#attempted(() => {
      const reason = 'bringing the link up';
      this.#setStatus({ state: 'configuring', interface: name, method: this.#method, reason });
      // Fails when this kernel has no IPv6.
      attempt(() => writeSysctl(`net/ipv6/conf/${name}/accept_ra`, '2'));
      setLinkUp(name, true);
      const { address } = this.#wanted;
      if (address === 'dhcp') this.#startDhcp(name);
      else this.#applyStatic(address);
    });
  }

  /** Runs a step; a failure becomes the status. */
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

  /** Checks interface and link state until the signal aborts; configures an interface that appears. */
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
    this.#setStatus({ state: 'failed', interface: name, method, reason: `interface ${name} was removed` });
  }

  #applyStatic(address: { readonly address: string; readonly length: number }): void {
    const { gateway } = this.#wanted;
    this.#apply(address, gateway, { method: 'static' });
  }

  /** Applies address, gateway and name servers; the status is then `ready`. */
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
    // Not earlier: an NTP client that finds no network retries only after a minute.
    this.#reportTimeServers();
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
    // After a failed renewal the lease stays valid until it expires.
    if (event.event === 'leasefail' && this.#lease !== undefined) return;
    this.#loseLease();
    const isStart = event.event === 'deconfig';
    // IPv6 may work without a DHCP server.
    if (!isStart) this.#reportTimeServers();
    const reason = isStart ? 'waiting for a DHCP server' : `no lease: ${event.reason}`;
    this.#setStatus({ state: 'configuring', interface: event.interface, method: 'dhcp', reason });
  }

  #applyLease(lease: Lease | undefined): void {
    if (lease === undefined) return;
    this.#lease = lease;
    const { server, obtainedAt, expiresAt } = lease;
    this.#apply(lease, lease.gateway, { method: 'dhcp', lease: { server, obtainedAt, expiresAt } });
  }

  /** Removes the lease's address and route; the kernel's own IPv6 addresses stay. */
  #loseLease(): void {
    this.#lease = undefined;
    this.#current?.settings.withdraw();
  }

  /** Ends the client and removes all our settings from the interface. */
  async #forget(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#loseLease();
    this.#current = undefined;
    this.#hasCarrier = true;
    await client?.stop();
  }

  async #abandon(): Promise<void> {
    this.#attempt.abort();
    await this.#forget();
  }

  #reportTimeServers(): void {
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

/** Runs a step whose failure is reported elsewhere. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Shown by the status: the interface was removed, or this kernel has no IPv6.
  }
}
