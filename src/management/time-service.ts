/**
 * Clock synchronisation by chronyd (Debian's busybox has no NTP client), supervised as the service `ntp`.
 *
 * chronyd is a client only: no server port, no command port, no command socket. `use` sets its servers; without any it
 * is not started. Whether the clock is synchronised is read from the kernel (adjtimex): chronyd with `rtcsync` clears
 * STA_UNSYNC while it is synchronised.
 * Sources: chrony.conf(5), chronyd(8) of chrony 4.3.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { SupervisorConfig } from '../config/types.ts';
import { type ClockState, readClockState } from '../linux/mod.ts';
import type { TimeSource, TimeStatus } from './status.ts';
import type { Logger } from '../log/mod.ts';
import { Service } from '../supervise/mod.ts';

const NTP_PORT = 123;
/** Lines of the service's log searched for its last report. */
const SEARCHED_LINES = 100;

export interface TimeServiceOptions {
  readonly logger: Logger;
  readonly policy: SupervisorConfig;
  /** Directory of chrony.conf and the pid file: /run/appliance on the box. */
  readonly runDir: string;
  /** Keeps the clock's drift over restarts: /data/chrony.drift. */
  readonly driftFile: string;
  /** Default /usr/sbin/chronyd. */
  readonly program?: string;
  /** Port of the servers; default 123. */
  readonly port?: number;
  /** Placed before all others: a test adds `-x`, so that the machine's clock is not changed. */
  readonly extraArguments?: readonly string[];
  readonly readClock?: () => ClockState;
}

export class TimeService {
  readonly service: Service;
  readonly #options: TimeServiceOptions;
  #servers: readonly string[] = [];
  #source: TimeSource = 'configuration';
  #offReason: string | undefined = 'not started yet';
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: TimeServiceOptions) {
    this.#options = options;
    this.service = new Service({
      name: 'ntp',
      policy: options.policy,
      logger: options.logger,
      prepare: async () => this.#prepare(),
    });
  }

  get status(): TimeStatus {
    if (this.#offReason !== undefined) return { state: 'off', reason: this.#offReason };
    const named = { servers: this.#servers, source: this.#source };
    const { status } = this.service;
    if (status.state !== 'running') {
      const reason =
        'reason' in status ? `chronyd ${status.state}: ${status.reason}` : `chronyd is ${status.state}`;
      return { state: 'unsynchronised', reason, ...named };
    }
    const clock = (this.#options.readClock ?? readClockState)();
    const lastReport = this.#lastReport();
    if (!clock.synchronised) {
      return {
        state: 'unsynchronised',
        reason: lastReport.complaint ?? 'no server has answered yet',
        ...named,
      };
    }
    const { estimatedErrorSeconds, maximumErrorSeconds } = clock;
    const server = lastReport.server === undefined ? {} : { server: lastReport.server };
    return { state: 'synchronised', ...named, ...server, estimatedErrorSeconds, maximumErrorSeconds };
  }

  /**
   * Uses these servers from now on; without any, the clock is not adjusted. Resolves when the service runs with them or
   * has ended; does not wait for a server. Calls run one after the other.
   */
  use(servers: readonly string[], source: TimeSource): Promise<void> {
    const turn = this.#last.then(() => this.#change(servers, source));
    this.#last = turn;
    return turn;
  }

  /** At shutdown. */
  async stop(): Promise<void> {
    await this.#last;
    this.#offReason = 'the appliance is shutting down';
    await this.service.stop();
  }

  async #change(servers: readonly string[], source: TimeSource): Promise<void> {
    const program = this.#program;
    const offReason =
      servers.length === 0
        ? 'no time server configured: neither management.ntp nor DHCP names one'
        : existsSync(program)
          ? undefined
          : `this image has no ${program}`;
    const isSame = offReason === this.#offReason && servers.join(' ') === this.#servers.join(' ');
    this.#servers = servers;
    this.#source = source;
    this.#offReason = offReason;
    if (isSame) return;
    if (offReason !== undefined) this.#options.logger.info('ntp', offReason);
    await this.service.pause(offReason ?? 'time servers changed');
    if (offReason === undefined) this.service.start();
  }

  get #program(): string {
    return this.#options.program ?? '/usr/sbin/chronyd';
  }

  #prepare() {
    const { runDir, port = NTP_PORT, driftFile, extraArguments = [] } = this.#options;
    mkdirSync(runDir, { recursive: true });
    const file = `${runDir}/chrony.conf`;
    writeFileSync(file, renderChronyConf(this.#servers, { runDir, driftFile, port }));
    // -d: in the foreground, log to stderr.
    return { file: this.#program, args: [...extraArguments, '-d', '-u', 'root', '-f', file] };
  }

  #lastReport(): { server?: string; complaint?: string } {
    for (const { line } of this.service.log().slice(-SEARCHED_LINES).toReversed()) {
      const selected = /Selected source (\S+)(?: \((\S+)\))?/.exec(line);
      if (selected !== null) return { server: selected[2] ?? selected[1] ?? '' };
      if (/Can't synchronise|Could not resolve/.test(line)) {
        return { complaint: line.replace(/^\S+Z /, '') };
      }
    }
    return {};
  }
}

/** Renders chrony.conf for a client of these servers that listens on no port. */
export function renderChronyConf(
  servers: readonly string[],
  options: { readonly runDir: string; readonly driftFile: string; readonly port: number },
): string {
  const port = options.port === NTP_PORT ? '' : ` port ${options.port}`;
  return [
    ...servers.map((server) => `server ${server}${port} iburst`),
    'port 0',
    'cmdport 0',
    'bindcmdaddress /',
    `pidfile ${options.runDir}/chronyd.pid`,
    `driftfile ${options.driftFile}`,
    'makestep 1 3',
    'rtcsync',
    '',
  ].join('\n');
}
