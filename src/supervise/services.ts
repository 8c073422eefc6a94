/**
 * The programs of `[service.NAME]`: started in their network namespaces, kept running, and kept in step with the
 * configuration.
 *
 * Invariants: one service per name; a program keeps running while its command and its namespace are unchanged; after
 * `stop()` none runs and none is started.
 */
import type { Config, ServiceConfig, SupervisorConfig } from '../config/types.ts';
import { createNamedNetns, isProgram, withNetns } from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';
import type { Command } from './life.ts';
import { Service } from './service.ts';

/**
 * iproute2, which starts a program whose sockets are bound to a VRF device: by a cgroup of the VRF with a BPF program for
 * new sockets (iproute2, ip/ipvrf.c). Debian has it in one of these places.
 */
const IP_PROGRAMS = ['/usr/sbin/ip', '/usr/bin/ip', '/sbin/ip', '/bin/ip'];

/** For programs that start others; the kernel gives PID 1 no PATH. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export interface ServicesOptions {
  readonly logger: Logger;
  /** A program is about to be started in the namespace, which exists. */
  readonly onNamespace?: (netns: string) => void;
  /**
   * Resolves when the namespace has what a program needs, or after a bounded wait; reports by `onWait` what it waits
   * for. Rejects when the signal aborts.
   */
  readonly untilReady?: (
    netns: string,
    onWait: (reason: string) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** The status of a service has changed. */
  readonly onChange?: () => void;
}

interface Running {
  readonly config: ServiceConfig;
  readonly service: Service;
}

export class Services {
  readonly #options: ServicesOptions;
  #running: readonly Running[] = [];
  #isStopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /** In the order of the configuration. */
  get list(): readonly Service[] {
    return this.#running.map(({ service }) => service);
  }

  /** The names of all services, for display. */
  get names(): string {
    return this.list.map(({ name }) => name).join(', ') || 'none';
  }

  /**
   * Runs these services and no others. Resolves when removed and changed ones have ended; does not wait for starts:
   * the outcome of each is in its status.
   */
  async use({ services, supervisor }: Pick<Config, 'services' | 'supervisor'>): Promise<void> {
    if (this.#isStopped) throw new Error('cannot change the services: the appliance is shutting down');
    const before = new Map(this.#running.map((one) => [one.config.name, one]));
    const started: Service[] = [];
    this.#running = services.map((config): Running => {
      const old = before.get(config.name);
      if (old === undefined || !isSameProgram(old.config, config)) {
        const service = this.#make(config, supervisor);
        started.push(service);
        return { config, service };
      }
      before.delete(config.name);
      old.service.setPolicy(supervisor);
      old.service.setRestart(config.restart);
      return { config, service: old.service };
    });
    const gone = [...before.values()].map(({ service }) => service.stop('removed from the configuration'));
    await Promise.all(gone);
    // a replaced service has released its sockets by now
    for (const service of started) service.start();
    this.#options.onChange?.();
  }

  /** Starts looping services at once. */
  retryNow(): void {
    for (const service of this.list) service.retryNow();
  }

  /** Ends all services for good. Resolves when they have ended. */
  async stop(): Promise<string> {
    this.#isStopped = true;
    await Promise.all(this.list.map((service) => service.stop('the appliance is shutting down')));
    return this.names;
  }

  #make({ name, command, netns, vrf, restart }: ServiceConfig, policy: SupervisorConfig): Service {
    const [file = '', ...args] = command;
    const { logger, onChange, onNamespace, untilReady } = this.#options;
    return new Service({
      name,
      policy,
      restart,
      logger,
      prepare: async (signal, onWait) => {
        if (!isProgram(file)) throw new Error(`no executable file ${file}`);
        if (netns !== undefined) {
          createNamedNetns(netns);
          onNamespace?.(netns);
          await untilReady?.(netns, onWait, signal);
        }
        return { ...inVrf(vrf, { file, args }), cwd: '/', env: { PATH, ...process.env } };
      },
      ...(netns === undefined ? {} : { aroundSpawn: (spawn) => withNetns(netns, spawn) }),
      ...(onChange === undefined ? {} : { onStatus: onChange }),
    });
  }
}

/** The command with its sockets bound to a VRF device. Throws when no program can do that. */
function inVrf(
  vrf: string | undefined,
  { file, args }: Pick<Command, 'file' | 'args'>,
): Pick<Command, 'file' | 'args'> {
  if (vrf === undefined) return { file, args };
  const program = IP_PROGRAMS.find(isProgram);
  if (program === undefined) {
    throw new Error(`cannot bind it to the VRF ${vrf}: no program ${IP_PROGRAMS[0]} (--add iproute2)`);
  }
  return { file: program, args: ['vrf', 'exec', vrf, file, ...args] };
}

function isSameProgram(a: ServiceConfig, b: ServiceConfig): boolean {
  return a.netns === b.netns && a.vrf === b.vrf && a.command.join('\0') === b.command.join('\0');
}
