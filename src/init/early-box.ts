/**
 * What PID 1 has before the configuration is loaded: the running image, the disk, the watchdog, the logs and the trial
 * of a version, and the phases that start them.
 */
import type { ModuleLoader } from '../linux/mod.ts';
import { CONFIG_NAME, type LoadedConfig, writeErrorReport } from '../live/mod.ts';
import { type PowerAction, readImageFacts, type ShutdownStep, Watchdog } from '../machine/mod.ts';
import type { RunningImage } from '../update/mod.ts';
import { type ApplianceMedia, VERSION } from './appliance.ts';
import { BootMedia } from './boot-media.ts';
import { BoxLogs } from './box-logs.ts';
import type { Phase } from './phases.ts';
import type { Reports } from './reports.ts';
import { Trial } from './trial.ts';

export interface EarlyBoxOptions {
  readonly modules: () => ModuleLoader;
  readonly end: (action: PowerAction, why: string) => void;
}

export class EarlyBox {
  readonly reports: Reports;
  readonly image: RunningImage;
  readonly media: BootMedia;
  readonly logs: BoxLogs;
  readonly watchdog: Watchdog;
  readonly trial: Trial;

  constructor(reports: Reports, { modules, end }: EarlyBoxOptions) {
    const { console, conditions } = reports;
    this.reports = reports;
    this.image = readImageFacts() ?? { version: VERSION, architecture: 'x86_64', builtAt: undefined };
    this.media = new BootMedia({ logger: console, conditions, modules, version: this.image.version });
    this.logs = new BoxLogs(console, conditions);
    this.watchdog = new Watchdog({ logger: console, conditions });
    this.trial = new Trial(console, this.image, (why) => end('restart', why));
  }

  /** Run between the modules and the configuration. */
  diskPhases(): Phase[] {
    return [
      { name: 'watchdog', run: () => this.watchdog.arm() },
      ...this.media.phases(),
      {
        name: 'updates',
        run: async () => {
          await this.logs.collectPanic(this.media.data);
          const { installer, boot, data } = this.media;
          return this.trial.open(installer === undefined ? undefined : boot, data, this.#lastEnd());
        },
      },
    ];
  }

  /** Loads the configuration in force and applies it to the watchdog. */
  async loadConfiguration(): Promise<LoadedConfig> {
    const loaded = await this.media.loadConfiguration();
    this.watchdog.configure(loaded.config.watchdog);
    return loaded;
  }

  /** The media of a configuration that was loaded here. */
  mediaFor({ status: { path } }: LoadedConfig): ApplianceMedia {
    const { boot, data } = this.media;
    return {
      boot,
      data,
      builtAt: this.image.builtAt ?? 0,
      writeConfig: async (text) => {
        await boot.writeFile(CONFIG_NAME, text);
        await writeErrorReport(boot, { state: 'ok', source: 'file', path, problems: [] });
      },
    };
  }

  /** The last steps before the file systems are unmounted. */
  shutdownSteps(): ShutdownStep[] {
    return [
      ...this.media.shutdownSteps(),
      { name: 'logs on disk', timeoutMs: 4_000, run: () => this.logs[Symbol.asyncDispose]() },
    ];
  }

  /** Why the last boot ended, if known. */
  #lastEnd(): string | undefined {
    const { status } = this.watchdog;
    const wasReset = 'lastBootResetByWatchdog' in status && status.lastBootResetByWatchdog === true;
    return this.logs.panic ?? (wasReset ? 'the watchdog reset the box' : undefined);
  }
}
