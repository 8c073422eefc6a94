/**
 * The programs of `[service.NAME]`: started in their network namespaces, kept running, and following the configuration.
 *
 * Invariants: one service a name; a program runs on while its command and its namespace stay what they are; after
 * `stop()` none runs and none is started.
 */
import type { Config, ServiceConfig, SupervisorConfig } from '../config/types.ts';
import { createNamedNetns, isProgram, withNetns } from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';
import { Service } from './service.ts';

/** For programs that start others; the kernel gives PID 1 none. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export interface ServicesOptions {
  readonly logger: Logger;
  /** A program is about to be started in the namespace, which is there. */
  readonly onNamespace?: (netns: string) => void;
  /**
   * Resolves when a program finds in the namespace what it needs, or has waited long enough; it says by `onWait` what it
   * waits for. Rejects when the signal aborts.
   */
  readonly untilReady?: (
    netns: string,
    onWait: (reason: string) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** The status of a service became another one. */
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

  /** Of all, for people. */
  get names(): string {
    return this.list.map(({ name }) => name).join(', ') || 'none';
  }

  /**
   * Makes these services run, and no others. Resolves when those that are gone or changed have ended; waits for no
   * start: what becomes of each is in its status.
   */
  async use({ services, supervisor }: Pick<Config, 'services' | 'supervisor'>): Promise<void> {
    if (this.#isStopped) throw new Error('could not change the services: the appliance stops');
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
    const gone = [...before.values()].map(({ service }) => service.stop('the configuration has it no more'));
    await Promise.all(gone);
    // one whose place another takes has let go of its sockets by now
    for (const service of started) service.start();
    this.#options.onChange?.();
  }

  /** Looping ones are tried at once. */
  retryNow(): void {
    for (const service of this.list) service.retryNow();
  }

  /** Ends them all, for good. Resolves when they are gone. */
  async stop(): Promise<string> {
    this.#isStopped = true;
    await Promise.all(this.list.map((service) => service.stop('the appliance stops')));
    return this.names;
  }

  #make({ name, command, netns, restart }: ServiceConfig, policy: SupervisorConfig): Service {
    const [file = '', ...args] = command;
    const { logger, onChange, onNamespace, untilReady } = this.#options;
    return new Service({
      name,
      policy,
      restart,
      logger,
      prepare: async (signal, onWait) => {
        if (!isProgram(file)) throw new Error(`there is no program ${file}`);
        if (netns !== undefined) {
          createNamedNetns(netns);
          onNamespace?.(netns);
          await untilReady?.(netns, onWait, signal);
        }
        return { file, args, cwd: '/', env: { PATH, ...process.env } };
      },
      ...(netns === undefined ? {} : { aroundSpawn: (spawn) => withNetns(netns, spawn) }),
      ...(onChange === undefined ? {} : { onStatus: onChange }),
    });
  }
}

function isSameProgram(a: ServiceConfig, b: ServiceConfig): boolean {
  return a.netns === b.netns && a.command.join('\0') === b.command.join('\0');
}
