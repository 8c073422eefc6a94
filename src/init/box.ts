/**
 * What PID 1 owns beside what the appliance runs: the disk, the watchdog, the worker cores, the management interface,
 * the clock, the logs beyond the memory, updates and their trial, and the menu on the consoles.
 *
 * Each part keeps its own state; this file puts them together in the order of the boot and takes them down again.
 */
import type { Config } from '../config/types.ts';
import { DiskError } from '../disk/mod.ts';
import { type ModuleLoader, readText, setHostname } from '../linux/mod.ts';
import type { BoxStatus, ManagementStatus } from '../telemetry/mod.ts';
import type { Appliance, ApplianceMedia, MachineOwner } from './appliance.ts';
import { VERSION } from './appliance.ts';
import { BootMedia } from './boot-media.ts';
import { BoxLogs } from './box-logs.ts';
import { activeConsoles } from '../log/mod.ts';
import { boxActions } from './box-actions.ts';
import {
  ConsoleMenu,
  type ImageFacts,
  readImageFacts,
  type PowerAction,
  type ShutdownStep,
  Watchdog,
  WorkerCores,
} from '../machine/mod.ts';
import type { MachineHooks } from '../dataplane/mod.ts';
import { DnsRelay, Management, TimeService } from '../management/mod.ts';
import { CONFIG_NAME, tellMistakes } from '../live/mod.ts';
import type { Phase } from './phases.ts';
import { resetBox } from './reset-box.ts';
import type { Service } from '../supervise/mod.ts';
import { Trial } from './trial.ts';

const SELF = '/init';

export interface BoxOptions {
  readonly startedAt: number;
  readonly runDir: string;
  readonly modules: () => ModuleLoader;
  /** Brings VPP's machine to what a configuration wants; called before each start of VPP. */
  readonly prepareMachine: (config: Config) => void;
  readonly end: (action: PowerAction, why: string) => void;
}

export class Box implements MachineOwner {
  readonly media: BootMedia;
  readonly logs: BoxLogs;
  readonly watchdog: Watchdog;
  readonly #appliance: Appliance;
  readonly #options: BoxOptions;
  readonly #cores: WorkerCores;
  readonly #trial: Trial;
  readonly #image: ImageFacts;
  readonly #relay: DnsRelay;
  #management: Management | undefined;
  #time: TimeService | undefined;
  #menu: ConsoleMenu | undefined;

  constructor(appliance: Appliance, options: BoxOptions) {
    const { console, conditions } = appliance;
    this.#appliance = appliance;
    this.#options = options;
    this.#image = readImageFacts() ?? { version: VERSION, architecture: 'x86_64', builtAt: undefined };
    this.media = new BootMedia({
      logger: console,
      conditions,
      modules: options.modules,
      version: this.#image.version,
    });
    this.logs = new BoxLogs(console, conditions);
    this.watchdog = new Watchdog({ logger: console, conditions });
    this.#cores = new WorkerCores(console, conditions);
    this.#relay = new DnsRelay({ onError: (message) => console.warning('dns', message) });
    this.#trial = new Trial(appliance, this.#image, (why) => options.end('restart', why));
  }

  /** Between the modules and the configuration. */
  diskPhases(): Phase[] {
    return [
      { name: 'watchdog', run: () => this.watchdog.arm() },
      ...this.media.phases(),
      {
        name: 'updates',
        run: async () => {
          await this.logs.collectPanic(this.media.data);
          const { installer, boot, data } = this.media;
          return this.#trial.open(installer === undefined ? undefined : boot, data, this.#lastEnd());
        },
      },
    ];
  }

  /** The configuration phase: reads it and takes it into use. */
  async configure(): Promise<string> {
    const loaded = await this.media.loadConfiguration();
    const appliance = this.#appliance;
    appliance.configure(loaded, this.#applianceMedia(loaded.status.path));
    const { config } = loaded;
    this.watchdog.configure(config.watchdog);
    this.#trial.watch(this.watchdog);
    return loaded.status.state === 'ok' ? loaded.status.path : loaded.status.reason;
  }

  openLogs(): Promise<string> {
    return this.logs.open(this.media.data, this.#appliance.config);
  }

  /** Not awaited by the boot: a network that does not answer delays nobody. */
  startManagement(): string {
    const { console, conditions, config } = this.#appliance;
    const time = new TimeService({
      logger: console,
      policy: config.supervisor,
      runDir: this.#options.runDir,
      driftFile: `${this.media.data.root}/chrony.drift`,
    });
    this.#time = time;
    const management = new Management({
      config,
      logger: console,
      chooseInterface: () => this.#appliance.freeKernelInterface(),
      relay: this.#relay,
      self: SELF,
      onTimeServers: (servers, source) => {
        time.use(servers, source).then(
          () => {
            // Servers are named, and nothing asks them: the image lacks the program.
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
    this.#management = management;
    management.start().catch((error: unknown) => console.error('management', String(error)));
    return 'in the background';
  }

  /** Makes the first password, and opens the menu on which it is shown: not in the log, which others read. */
  async openMenu(): Promise<string> {
    const paths = activeConsoles();
    const { web } = this.#appliance;
    const menu = new ConsoleMenu({
      paths,
      actions: boxActions(this.#appliance, this),
      startedAt: this.#options.startedAt,
    });
    this.#menu = menu;
    const password = await web.password();
    await password.ensure((words) => {
      menu.announce([
        `the password of this box is ${words}`,
        'it is shown this once; log in with it at the HTTPS address, or make another with "password" here',
      ]);
    });
    return paths.join(' ');
  }

  get hooks(): MachineHooks {
    const { console } = this.#appliance;
    return {
      prepareMachine: async (config) => {
        this.#options.prepareMachine(config);
        await this.#cores.release();
      },
      aroundSpawn: (spawn) => this.logs.evidence?.withCore(spawn) ?? spawn(),
      onAnswered: (pid, config, life) => this.#cores.take(pid, config.vpp.cpu, life),
      onEnded: () => this.#cores.release(),
      onCrash: async (crash) => {
        await this.logs.evidence?.recordCrash({
          ...crash,
          facts: {
            'VPP version': this.#appliance.dataPlane.vppStatus.version ?? 'unknown',
            'uptime of the box': `${process.uptime().toFixed(0)} s`,
            'startup.conf': readText(`${this.#options.runDir}/startup.conf`) ?? '',
          },
        });
      },
      onUnkillable: (pid, ended) => {
        const reason = `process ${pid} survived SIGKILL: kernel or hardware is dead`;
        console.error('watchdog', reason);
        const gate = this.watchdog.feedOnlyWhile(() => false, reason);
        // It was slow, not dead: giving back gigabytes of memory, or writing its core to a slow disk.
        void ended.then(() => gate[Symbol.dispose]());
      },
    };
  }

  get appliers(): MachineOwner['appliers'] {
    return {
      system: ({ system }) => setHostname(system.hostname),
      log: (next) => this.logs.reconfigure(next),
      update: ({ update }) => this.#trial.setTimeout(update.trialTimeoutSeconds),
      watchdog: ({ watchdog }) => void this.watchdog.configure(watchdog),
      management: async (next) => {
        const before = this.managementStatus.state;
        this.#time?.service.setPolicy(next.supervisor);
        try {
          await this.#management?.reconfigure(next);
        } catch (error) {
          // It was not well before either: a condition, and no reason to refuse the change.
          if (before !== 'failed' && before !== 'none') throw error;
        }
      },
    };
  }

  get target(): MachineOwner['target'] {
    const { end } = this.#options;
    return {
      update: { receive: (manifest, body, how) => this.#trial.receive(manifest, body, how) },
      power: (action) => end(action, 'asked for over HTTP or at the console'),
      factoryReset: (options) => {
        const { resetPlace: place } = this.media;
        const { config } = this.#appliance;
        const { managementInterface } = this;
        const busy = this.#writes;
        return resetBox({ place, config, managementInterface, busy }, options);
      },
      installTargets: async () => (await this.media.installer?.targets()) ?? [],
      install: async (disk) => this.install(disk, () => {}),
    };
  }

  /** What writes to the partitions for long, in words. */
  get #writes(): string | undefined {
    const disk = this.media.installer?.running;
    if (this.#trial.status().receiving !== undefined) return 'an image is being received';
    return disk === undefined ? undefined : `an installation to ${disk} is under way`;
  }

  async install(disk: string, onProgress: (words: string) => void): Promise<void> {
    const { installer } = this.media;
    if (installer === undefined) throw new DiskError('not-found', 'there is no boot disk to install from');
    if (this.#trial.status().trial !== undefined) {
      throw new DiskError('refused', 'install: the running version is on trial, ask again when it is good');
    }
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
    await installer.install(disk, {
      onProgress: ({ step, doneBytes, totalBytes }) =>
        onProgress(`${step} ${mib(doneBytes)} of ${mib(totalBytes)} MiB`),
    });
  }

  get managementStatus(): ManagementStatus {
    return this.#management?.status ?? { state: 'none', reason: 'not started yet' };
  }

  get managementInterface(): string | undefined {
    return this.#management?.interfaceName;
  }

  resolveNamesIn(netns: string): void {
    this.#relay.serve(netns);
  }

  configKept(): void {
    this.#trial.lookAgain();
  }

  services(): Service[] {
    const time = this.#time?.status.state === 'off' ? undefined : this.#time?.service;
    return [this.#management?.service, time].filter((service) => service !== undefined);
  }

  status(): BoxStatus {
    const { boot, data } = this.media;
    const { certificate } = this.#appliance.isConfigured ? this.#appliance.web : { certificate: undefined };
    const { panic } = this.logs;
    return {
      image: this.#image.version,
      bootDevice: boot.device,
      dataKept: data.persistent,
      update: this.#trial.status(),
      watchdog: this.watchdog.status,
      cpuIsolation: this.#cores.status,
      time: this.#time?.status ?? { state: 'off', reason: 'not started yet' },
      crashes: this.logs.crashes,
      ...(panic === undefined ? {} : { lastPanic: panic }),
      ...(certificate === undefined
        ? {}
        : {
            https: {
              fingerprint: certificate.fingerprint,
              source: certificate.source,
              expiresAt: certificate.expiresAt,
            },
          }),
    };
  }

  /** Before VPP is stopped: why the machine ends, for the next boot. */
  firstSteps(why: string): ShutdownStep[] {
    return [
      {
        name: 'trial noted',
        timeoutMs: 2_000,
        run: () => this.#trial.end(why),
      },
    ];
  }

  /** After HTTP, before the file systems are unmounted. */
  lastSteps(): ShutdownStep[] {
    return [
      { name: 'management stopped', timeoutMs: 3_000, run: () => this.#management?.stop() },
      { name: 'names no longer answered', timeoutMs: 500, run: () => this.#relay[Symbol.dispose]() },
      { name: 'clock left alone', timeoutMs: 3_000, run: () => this.#time?.stop() },
      { name: 'menu closed', timeoutMs: 500, run: () => this.#menu?.[Symbol.dispose]() },
      ...this.media.shutdownSteps(),
      { name: 'logs on disk', timeoutMs: 4_000, run: () => this.logs[Symbol.asyncDispose]() },
    ];
  }

  /** What is known of how the last boot ended. */
  #lastEnd(): string | undefined {
    const { status } = this.watchdog;
    const wasReset = 'lastBootResetByWatchdog' in status && status.lastBootResetByWatchdog === true;
    return this.logs.panic ?? (wasReset ? 'the watchdog reset the box' : undefined);
  }

  #applianceMedia(path: string): ApplianceMedia {
    const { boot, data } = this.media;
    return {
      boot,
      data,
      builtAt: this.#image.builtAt ?? 0,
      writeConfig: async (text) => {
        await boot.writeFile(CONFIG_NAME, text);
        await tellMistakes(boot, { state: 'ok', source: 'file', path, problems: [] });
      },
    };
  }
}
