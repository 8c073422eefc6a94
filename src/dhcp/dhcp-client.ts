/**
 * The DHCP client of one interface: busybox's udhcpc, supervised, with this executable as the program that it runs at each
 * event (dhcp-lease.ts). Its results arrive here as events; it changes no address itself.
 */
import { type FSWatcher, mkdirSync, rmSync, watch } from 'node:fs';
import type { SupervisorConfig } from '../config/types.ts';
import { killProcess, withNetns } from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';
import { type DhcpEvent, LEASE_FILE_VARIABLE, readDhcpEvent } from './dhcp-lease.ts';
import { Service } from '../supervise/mod.ts';

const BUSYBOX = '/usr/bin/busybox';
/** Options beyond those that it requests by default: time servers (42), search list (119), classless routes (121). */
const OPTIONS = ['ntpsrv', 'search', 'staticroutes'];

export interface DhcpClientOptions {
  readonly interface: string;
  /** The namespace of the interface; undefined: this one's. */
  readonly netns?: string;
  /** Asks for answers to 255.255.255.255: an interface of VPP without an address gets no others. */
  readonly broadcasts?: boolean;
  /** Of the service; default `dhcp`. */
  readonly name?: string;
  readonly hostname: string;
  /** Path of this executable. */
  readonly self: string;
  /** Directory of the lease file. */
  readonly directory: string;
  readonly policy: SupervisorConfig;
  readonly logger: Logger;
  readonly onEvent: (event: DhcpEvent) => void;
}

export class DhcpClient {
  readonly service: Service;
  readonly #watcher: FSWatcher;

  constructor(options: DhcpClientOptions) {
    const { interface: name, directory, netns, broadcasts = false } = options;
    const file = `${name}.json`;
    const path = `${directory}/${file}`;
    mkdirSync(directory, { recursive: true });
    // An earlier client's lease of this interface is no longer valid.
    rmSync(path, { force: true });
    this.#watcher = watch(directory, (_event, changed) => {
      if (changed !== file) return;
      const event = readDhcpEvent(path);
      if (event !== undefined) options.onEvent(event);
    });
    this.service = new Service({
      name: options.name ?? 'dhcp',
      policy: options.policy,
      logger: options.logger,
      prepare: async () => ({
        file: BUSYBOX,
        args: [
          ...['udhcpc', '-f', '-i', name, '-s', options.self, '-x', `hostname:${options.hostname}`],
          ...OPTIONS.flatMap((option) => ['-O', option]),
          ...(broadcasts ? ['-B'] : []),
          ...['-t', '3', '-T', '2', '-A', '3'],
        ],
        env: { PATH: '/bin', [LEASE_FILE_VARIABLE]: path },
      }),
      ...(netns === undefined ? {} : { aroundSpawn: (spawn) => withNetns(netns, spawn) }),
    });
    this.service.start();
  }

  /** Renews the lease at once: the cable may lead to another network now. */
  renew(): void {
    if (this.service.pid !== undefined) killProcess(this.service.pid, 'SIGUSR1');
  }

  async stop(): Promise<void> {
    this.#watcher.close();
    await this.service.stop();
  }
}
