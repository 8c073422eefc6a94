/**
 * What PID 1 owns beside the appliance once the configuration is loaded: the early parts (early-box.ts), the worker
 * cores, the management interface, the clock and the menu on the consoles.
 *
 * Each part keeps its own state; this file composes them and stops them.
 */
import type { Config } from '../config/types.ts';
import { type MachineHooks, NicReport } from '../dataplane/mod.ts';
import { DiskError } from '../disk/mod.ts';
import { readText, setHostname } from '../linux/mod.ts';
import { activeConsoles } from '../log/mod.ts';
import { ConsoleMenu, type PowerAction, type ShutdownStep, WorkerCores } from '../machine/mod.ts';
import { DnsRelay, Management, TimeService } from '../management/mod.ts';
import type { Service } from '../supervise/mod.ts';
import type { ManagementStatus } from '../management/status.ts';
import type { BoxStatus } from '../status/mod.ts';
import type { Appliance } from './appliance.ts';
import type { MachineOwner } from './machine-owner.ts';
import { boxActions } from './box-actions.ts';
import type { EarlyBox } from './early-box.ts';
import type { Reports } from './reports.ts';
import { resetBox } from './reset-box.ts';

const SELF = '/init';

export interface BoxOptions {
  readonly runDir: string;
  /** Prepares the machine for a VPP of this configuration; called before each start of VPP. */
  readonly prepareMachine: (config: Config) => void;
  /** Loads kernel modules, each with its parameters; returns those that could not be loaded, with the reason. */
  readonly loadModules: (modules: readonly string[]) => readonly string[];
  readonly end: (action: PowerAction, why: string) => void;
}

export class Box implements MachineOwner {
  readonly #early: EarlyBox;
  readonly #reports: Reports;
  readonly #options: BoxOptions;
  readonly #cores: WorkerCores;
  readonly #relay: DnsRelay;
  readonly #management: Management;
  readonly #time: TimeService;
  #menu: ConsoleMenu | undefined;

  /** Starts nothing. */
  constructor(early: EarlyBox, config: Config, options: BoxOptions) {
    const { reports } = early;
    const { console, conditions } = reports;
    this.#early = early;
    this.#reports = reports;
    this.#options = options;
    this.#cores = new WorkerCores(console, conditions);
    this.#relay = new DnsRelay({ onError: (message) => console.warning('dns', message) });
    const time = new TimeService({
      logger: console,
      policy: config.supervisor,
      runDir: options.runDir,
      driftFile: `${early.media.data.root}/chrony.drift`,
    });
    this.#time = time;
    const nics = new NicReport(options.runDir);
    this.#management = new Management({
      config,
      logger: console,
      chooseInterface: (next) => nics.freeKernelInterface(next),
      relay: this.#relay,
      self: SELF,
      onTimeServers: (servers, source) => {
        time.use(servers, source).then(
          () => {
            // Servers are configured, but the image lacks the NTP client.
            const { status } = time;
            const isLacking = servers.length > 0 && source === 'configuration' && status.state === 'off';
            if (isLacking) conditions.set('warning', 'ntp', status.reason, 'management.ntp');
            else conditions.clear('ntp');
          },
          (error: unknown) => console.error('ntp', String(error)),
        );
      },
      onChange: (status) => {
        if (status.state === 'failed' || status.state === 'none') {
          conditions.set('error', 'management', status.reason);
        } else if (status.state === 'configuring') {
          conditions.set('warning', 'management', status.reason);
        } else {
          conditions.clear('management');
        }
      },
    });
  }

  /** Starts it without waiting: a network that does not answer must not delay the boot. */
  startManagement(): string {
    this.#management
      .start()
      .catch((error: unknown) => this.#reports.console.error('management', String(error)));
    return 'in the background';
  }

  /** Creates the first password, and opens the menu that shows it: not the log, which others read. */
  async openMenu(appliance: Appliance): Promise<string> {
    const paths = activeConsoles();
    const menu = new ConsoleMenu({
      paths,
      actions: boxActions(appliance, this),
      startedAt: this.#reports.startedAt,
    });
    this.#menu = menu;
    const password = await appliance.web.password();
    await password.ensure((words) => {
      menu.announce([
        `the password of this box is ${words}`,
        'it is shown only once; log in with it at the HTTPS address, or create another with "password" here',
      ]);
    });
    return paths.join(' ');
  }

  get hooks(): MachineHooks {
    const { console } = this.#reports;
    const { logs, watchdog } = this.#early;
    return {
      prepareMachine: async (config) => {
        this.#options.prepareMachine(config);
        await this.#cores.release();
      },
      loadModules: this.#options.loadModules,
      aroundSpawn: (spawn) => logs.evidence?.withCore(spawn) ?? spawn(),
      onAnswered: (pid, config, life) => this.#cores.take(pid, config.vpp.cpu, life),
      onEnded: () => this.#cores.release(),
      onCrash: async (crash, vppVersion) => {
        await logs.evidence?.recordCrash({
          ...crash,
          facts: {
            'VPP version': vppVersion ?? 'unknown',
            'uptime of the box': `${process.uptime().toFixed(0)} s`,
            'startup.conf': readText(`${this.#options.runDir}/startup.conf`) ?? '',
          },
        });
      },
      onUnkillable: (pid, ended) => {
        const reason = `process ${pid} survived SIGKILL: the kernel or the hardware hangs`;
        console.error('watchdog', reason);
        const gate = watchdog.feedOnlyWhile(() => false, reason);
        // It was only slow: freeing gigabytes of memory, or writing its core to a slow disk.
        void ended.then(() => gate[Symbol.dispose]());
      },
    };
  }

  get appliers(): MachineOwner['appliers'] {
    const { logs, trial, watchdog } = this.#early;
    return {
      system: ({ system }) => setHostname(system.hostname),
      log: (next) => logs.reconfigure(next),
      update: ({ update }) => trial.setTimeout(update.trialTimeoutSeconds),
      watchdog: (next) => void watchdog.configure(next.watchdog),
      management: async (next) => {
        const before = this.managementStatus.state;
        this.#time.service.setPolicy(next.supervisor);
        try {
          await this.#management.reconfigure(next);
        } catch (error) {
          // It had failed before the change as well: a condition, and no reason to refuse the change.
          if (before !== 'failed' && before !== 'none') throw error;
        }
      },
    };
  }

  get target(): MachineOwner['target'] {
    const { end } = this.#options;
    const { media, trial } = this.#early;
    return {
      update: { receive: (manifest, body, how) => trial.receive(manifest, body, how) },
      power: (action) => end(action, 'requested over HTTP or at the console'),
      factoryReset: (options, config) => {
        const { managementInterface } = this;
        return resetBox(
          { place: media.resetPlace, config, managementInterface, busy: this.#writes },
          options,
        );
      },
      installTargets: async () => (await media.installer?.targets()) ?? [],
      install: async (disk) => this.install(disk, () => {}),
    };
  }

  /** Describes a long write to the partitions in progress. */
  get #writes(): string | undefined {
    const { media, trial } = this.#early;
    const disk = media.installer?.running;
    if (trial.status().receiving !== undefined) return 'an image is being received';
    return disk === undefined ? undefined : `an installation to ${disk} is in progress`;
  }

  async install(disk: string, onProgress: (words: string) => void): Promise<void> {
    const { media, trial } = this.#early;
    const { installer } = media;
    if (installer === undefined)
      throw new DiskError('not-found', 'cannot install: this box has no boot disk to copy');
    if (trial.status().trial !== undefined) {
      throw new DiskError(
        'refused',
        'cannot install: the running version is on trial, retry when it is good',
      );
    }
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
    await installer.install(disk, ({ step, doneBytes, totalBytes }) =>
      onProgress(`${step} ${mib(doneBytes)} of ${mib(totalBytes)} MiB`),
    );
  }

  get managementStatus(): ManagementStatus {
    return this.#management.status;
  }

  get managementInterface(): string | undefined {
    return this.#management.interfaceName;
  }

  resolveNamesIn(netns: string): void {
    this.#relay.serve(netns);
  }

  useNameServersIn(netns: string, servers: readonly string[]): void {
    this.#relay.setServersOf(netns, servers);
  }

  configKept(): void {
    this.#early.trial.lookAgain();
  }

  services(): Service[] {
    const time = this.#time.status.state === 'off' ? undefined : this.#time.service;
    return [this.#management.service, time].filter((service) => service !== undefined);
  }

  status(): BoxStatus {
    const { image, media, logs, trial, watchdog } = this.#early;
    const { panic } = logs;
    return {
      image: image.version,
      bootDevice: media.boot.device,
      dataKept: media.data.persistent,
      update: trial.status(),
      watchdog: watchdog.status,
      cpuIsolation: this.#cores.status,
      time: this.#time.status,
      crashes: logs.crashes,
      ...(panic === undefined ? {} : { lastPanic: panic }),
    };
  }

  /** Run after the services, before the machine's own steps. */
  shutdownSteps(): ShutdownStep[] {
    return [
      { name: 'installation ended', timeoutMs: 500, run: () => this.#early.media.installer?.abort() },
      { name: 'management stopped', timeoutMs: 3_000, run: () => this.#management.stop() },
      { name: 'DNS relay stopped', timeoutMs: 500, run: () => this.#relay[Symbol.dispose]() },
      { name: 'time service stopped', timeoutMs: 3_000, run: () => this.#time.stop() },
      { name: 'menu closed', timeoutMs: 500, run: () => this.#menu?.[Symbol.dispose]() },
    ];
  }
}
