/**
 * The management interface: it stays with the kernel and is reachable when everything else fails.
 *
 * Owns its addresses, the default route of the main table that goes through it, /etc/resolv.conf and the DHCP
 * client. Nothing here is awaited by the boot: a network that does not answer delays nobody.
 */
import { mkdirSync, type FSWatcher, watch, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/types.ts';
import {
  addAddress,
  flushAddresses,
  linkIndex,
  listAddresses,
  removeAddress,
  replaceRoute,
  setLinkUp,
} from '../linux/mod.ts';
import type { ManagementStatus } from '../telemetry/status.ts';
import type { Logger } from './console.ts';
import { LEASE_FILE_VARIABLE, type Lease, readDhcpEvent } from './dhcp-lease.ts';
import { Service } from './service.ts';

const LEASE_DIRECTORY = '/run/appliance/dhcp';
const BUSYBOX = '/usr/bin/busybox';
/** Drivers may still be probing when the boot comes by. */
const APPEAR_MS = 10_000;
const POLL_MS = 100;
/** Metric of the default route, so that routes of the data plane in the main table win. */
const DEFAULT_ROUTE_METRIC = 4096;

export interface ManagementOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Kernel name of the first NIC that is not given to VPP, once there is one. */
  readonly chooseInterface: () => string | undefined;
  /** Path of this executable: udhcpc runs it at each event. */
  readonly self: string;
  readonly onChange: (status: ManagementStatus) => void;
}

export class Management {
  readonly #options: ManagementOptions;
  readonly #stopping = new AbortController();
  #status: ManagementStatus = { state: 'none', reason: 'not started yet' };
  #client: Service | undefined;
  #watcher: FSWatcher | undefined;
  #lease: Lease | undefined;

  constructor(options: ManagementOptions) {
    this.#options = options;
  }

  /** The DHCP client, when one runs. */
  get service(): Service | undefined {
    return this.#client;
  }

  /** The state; addresses are read anew, since the kernel adds IPv6 ones by itself. */
  get status(): ManagementStatus {
    if (this.#status.state !== 'ready') return this.#status;
    return { ...this.#status, addresses: addressesOf(this.#status.interface) };
  }

  /** Name of the interface that is, or is going to be, the management's. */
  get interfaceName(): string | undefined {
    return this.#status.state === 'none' ? this.#options.config.management.interface : this.#status.interface;
  }

  /** Brings the interface up in the background; resolves when it is configured or has failed. Never rejects. */
  async start(): Promise<void> {
    const { config } = this.#options;
    const method = config.management.address === 'dhcp' ? 'dhcp' : 'static';
    const name = await this.#waitForInterface();
    if (name === undefined) {
      const wanted = config.management.interface;
      const reason =
        wanted === undefined
          ? 'no network interface is left for management'
          : `there is no interface ${wanted}`;
      this.#setStatus(
        wanted === undefined
          ? { state: 'none', reason }
          : { state: 'failed', interface: wanted, method, reason },
      );
      return;
    }
    try {
      this.#setStatus({ state: 'configuring', interface: name, method, reason: 'bringing the link up' });
      setLinkUp(name, true);
      if (config.management.address === 'dhcp') this.#startDhcp(name);
      else this.#applyStatic(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#setStatus({ state: 'failed', interface: name, method, reason });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watcher?.close();
    await this.#client?.stop();
  }

  #setStatus(status: ManagementStatus): void {
    this.#status = status;
    this.#options.onChange(status);
  }

  async #waitForInterface(): Promise<string | undefined> {
    const wanted = this.#options.config.management.interface;
    const deadline = performance.now() + APPEAR_MS;
    for (;;) {
      const name = wanted ?? this.#options.chooseInterface();
      if (name !== undefined && linkIndex(name) !== undefined) return name;
      if (this.#stopping.signal.aborted || performance.now() > deadline) return undefined;
      await sleep(POLL_MS);
    }
  }

  #applyStatic(name: string): void {
    const { address, gateway, dns } = this.#options.config.management;
    if (address === 'dhcp') return;
    addAddress(name, address.address, address.length);
    this.#applyGateway(name, gateway);
    writeResolvConf(dns);
    this.#setStatus({
      state: 'ready',
      interface: name,
      method: 'static',
      addresses: addressesOf(name),
      ...(gateway === undefined ? {} : { gateway }),
      dns,
    });
    this.#options.logger.info('management', `${name} has ${address.address}/${address.length}`);
  }

  #applyGateway(name: string, gateway: string | undefined): void {
    if (gateway === undefined) return;
    const family = gateway.includes(':') ? 6 : 4;
    replaceRoute({
      family,
      address: family === 4 ? '0.0.0.0' : '::',
      length: 0,
      kind: 'unicast',
      metric: DEFAULT_ROUTE_METRIC,
      nextHops: [{ gateway, ifIndex: linkIndex(name) ?? 0, weight: 1 }],
    });
  }

  #startDhcp(name: string): void {
    mkdirSync(LEASE_DIRECTORY, { recursive: true });
    const leaseFile = `${LEASE_DIRECTORY}/${name}.json`;
    this.#watcher = watch(LEASE_DIRECTORY, (_event, file) => {
      if (file === `${name}.json`) this.#onEvent(leaseFile);
    });
    this.#setStatus({
      state: 'configuring',
      interface: name,
      method: 'dhcp',
      reason: 'waiting for a DHCP server',
    });
    const { hostname } = this.#options.config.system;
    this.#client = new Service({
      name: 'dhcp',
      policy: this.#options.config.supervisor,
      logger: this.#options.logger,
      prepare: async () => ({
        file: BUSYBOX,
        args: [
          'udhcpc',
          '-f',
          '-i',
          name,
          '-s',
          this.#options.self,
          '-x',
          `hostname:${hostname}`,
          '-t',
          '3',
          '-T',
          '2',
          '-A',
          '3',
        ],
        env: { PATH: '/bin', [LEASE_FILE_VARIABLE]: leaseFile },
      }),
    });
    this.#client.start();
  }

  #onEvent(leaseFile: string): void {
    const event = readDhcpEvent(leaseFile);
    if (event === undefined) return;
    try {
      if ('lease' in event) this.#applyLease(event.lease);
      else if (event.event !== 'leasefail' || this.#lease === undefined) {
        this.#loseLease(event.interface, event.reason);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#setStatus({ state: 'failed', interface: this.interfaceName ?? '?', method: 'dhcp', reason });
    }
  }

  #applyLease(lease: Lease): void {
    const old = this.#lease;
    if (old !== undefined && (old.address !== lease.address || old.length !== lease.length)) {
      removeAddress(old.interface, old.address, old.length);
    }
    this.#lease = lease;
    addAddress(lease.interface, lease.address, lease.length);
    const { config } = this.#options;
    const gateway = config.management.gateway ?? lease.gateway;
    this.#applyGateway(lease.interface, gateway);
    const dns = config.management.dns.length > 0 ? config.management.dns : lease.dns;
    writeResolvConf(dns);
    if (old?.address !== lease.address) {
      this.#options.logger.info(
        'management',
        `${lease.interface} has ${lease.address}/${lease.length} from the DHCP server ${lease.server}`,
      );
    }
    this.#setStatus({
      state: 'ready',
      interface: lease.interface,
      method: 'dhcp',
      addresses: addressesOf(lease.interface),
      ...(gateway === undefined ? {} : { gateway }),
      dns,
      lease: { server: lease.server, obtainedAt: lease.obtainedAt, expiresAt: lease.expiresAt },
    });
  }

  #loseLease(name: string, reason: string): void {
    if (this.#lease !== undefined) flushAddresses(name);
    this.#lease = undefined;
    this.#setStatus({ state: 'configuring', interface: name, method: 'dhcp', reason: `no lease: ${reason}` });
  }
}

function addressesOf(name: string): string[] {
  try {
    return listAddresses(name).map(({ address, length }) => `${address}/${length}`);
  } catch {
    // The interface is gone; its absence is stated elsewhere.
    return [];
  }
}

function writeResolvConf(dns: readonly string[]): void {
  mkdirSync('/etc', { recursive: true });
  writeFileSync('/etc/resolv.conf', dns.map((server) => `nameserver ${server}\n`).join(''));
}
