/**
 * PID 1's logs beyond memory: the kernel's lines, the files on the data partition, the syslog server, and the evidence
 * of crashes.
 *
 * Owns the sinks and the reader of the kernel log until it is disposed.
 */
import type { Config } from '../config/types.ts';
import type { DataPartition } from '../disk/mod.ts';
import { VERSION } from './appliance.ts';
import {
  CrashEvidence,
  collectPstore,
  DiskSink,
  type Evidence,
  KernelLog,
  SyslogSink,
  type Conditions,
  type Console,
} from '../log/mod.ts';
import { reasonOf } from '../linux/mod.ts';

const SYSLOG_CLOSE_MS = 1_000;

export class BoxLogs implements AsyncDisposable {
  readonly #console: Console;
  readonly #conditions: Conditions;
  #kernel: KernelLog | undefined;
  #disk: DiskSink | undefined;
  #syslog: SyslogSink | undefined;
  #evidence: CrashEvidence | undefined;
  #panic: string | undefined;

  constructor(console: Console, conditions: Conditions) {
    this.#console = console;
    this.#conditions = conditions;
  }

  /** Begins to read the kernel's log. Throws when /dev/kmsg does not exist. */
  readKernel(): void {
    this.#kernel = new KernelLog(this.#console.hub);
  }

  /** Collects the panic record of the last kernel; called before `open`, since it may end a trial. */
  async collectPanic(data: DataPartition): Promise<void> {
    try {
      const panic = await collectPstore({ directory: `${data.root}/crash`, persistent: data.persistent });
      if (panic === undefined) return;
      this.#panic = panic.reason;
      this.#conditions.set('warning', 'last-boot', panic.reason);
    } catch (error) {
      this.#console.warning('pstore', reasonOf(error));
    }
  }

  /** Opens the files on the data partition; returns a summary of the recorded crashes. */
  async open(data: DataPartition, config: Config): Promise<string> {
    const { persistent } = data;
    this.#disk = new DiskSink({
      directory: `${data.root}/log`,
      diskBytes: config.log.diskBytes,
      persistent,
      boot: `version ${VERSION}`,
      onStatus: (status) => {
        if (status.state === 'failed') this.#conditions.set('error', 'log', status.reason);
        else this.#conditions.clear('log');
      },
    });
    this.#console.hub.attach(this.#disk);
    this.#sendTo(config);
    const evidence = new CrashEvidence({ directory: `${data.root}/crash`, persistent });
    const words = await evidence.open();
    this.#evidence = evidence;
    return words;
  }

  reconfigure(config: Config): void {
    this.#disk?.reconfigure(config.log.diskBytes);
    if (this.#syslog === undefined) this.#sendTo(config);
    else this.#syslog.reconfigure(config.log.syslog, config.system.hostname);
  }

  /** Where crashes are recorded; undefined before `open`. */
  get evidence(): CrashEvidence | undefined {
    return this.#evidence;
  }

  /** Recorded crashes, newest first. */
  get crashes(): readonly Evidence[] {
    return this.#evidence?.evidence() ?? [];
  }

  /** Why the previous kernel panicked, if known. */
  get panic(): string | undefined {
    return this.#panic;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kernel?.[Symbol.dispose]();
    const { promise, resolve } = Promise.withResolvers<void>();
    // A server that does not answer must not delay the log to the disk.
    const timer = setTimeout(resolve, SYSLOG_CLOSE_MS);
    await Promise.race([this.#syslog?.[Symbol.asyncDispose](), promise]);
    clearTimeout(timer);
    await this.#disk?.[Symbol.asyncDispose]();
  }

  /** Attaches the sink with its first server, so that it receives the boot's lines too. */
  #sendTo(config: Config): void {
    if (config.log.syslog === undefined) return;
    this.#syslog = new SyslogSink({
      hostname: config.system.hostname,
      target: config.log.syslog,
      onProblem: (words) => this.#console.warning('syslog', words),
      onTrouble: (reason) => {
        if (reason === undefined) this.#conditions.clear('syslog');
        else this.#conditions.set('warning', 'syslog', reason, 'log.syslog');
      },
    });
    this.#console.hub.attach(this.#syslog);
  }
}
