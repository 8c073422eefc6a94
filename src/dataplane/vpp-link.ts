/**
 * The link to a running VPP, our own or an external one: the connection to its API, and the poller of its counters. One
 * link serves one pair of sockets.
 */
import type { VppConfig } from '../config/types.ts';
import { type ConnectedEvent, REQUIRED_MESSAGES, VppConnection } from '../vpp/api/mod.ts';
import { StatsPoller, type StatsPollerOptions } from '../vpp/stats/mod.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { reasonOf } from '../linux/mod.ts';

export interface VppLinkOptions {
  readonly vpp: VppConfig;
  readonly logger: Logger;
  readonly conditions: Conditions;
  readonly interfaceNames: () => ReadonlyMap<number, string>;
  readonly filterNames: NonNullable<StatsPollerOptions['filterNames']>;
  /** Programs VPP; rejects when the connection broke. */
  readonly onConnected: (event: ConnectedEvent) => Promise<void>;
  readonly onDisconnected: (reason: string) => void;
  /** VPP has not answered for `vpp.answer-timeout`. Called before the disconnection. */
  readonly onHung: (reason: string, wasConnected: boolean) => void;
  /** False when the end of the connection is intended and not reported. */
  readonly reportsEnd: () => boolean;
}

export class VppLink implements AsyncDisposable {
  readonly #options: VppLinkOptions;
  readonly connection: VppConnection;
  readonly stats: StatsPoller;
  #version: string | undefined;
  #restarts = 0;
  #connectedSince: number | undefined;
  #connectedAtMs = 0;

  constructor(options: VppLinkOptions) {
    this.#options = options;
    const { vpp, logger, conditions } = options;
    this.connection = new VppConnection({
      socketPath: vpp.apiSocket,
      clientName: 'appliance',
      requiredMessages: REQUIRED_MESSAGES,
      answerTimeoutMs: vpp.answerTimeoutSeconds * 1000,
      startsFresh: !vpp.external,
    });
    this.stats = new StatsPoller({
      socketPath: vpp.stats.socketPath,
      intervalMs: vpp.stats.pollIntervalSeconds * 1000,
      interfaceNames: options.interfaceNames,
      filterNames: options.filterNames,
      onStatus: (status) => {
        if (status.state === 'stale') logger.warning('stats', `stale: ${status.reason}`);
        const stalled = status.state === 'fresh' ? status.stalledWorkers : [];
        if (stalled.length === 0) conditions.clear('vpp-workers');
        else
          conditions.set(
            'error',
            'vpp-workers',
            `${stalled.join(', ')} of VPP stands still: packets of its NICs wait`,
          );
      },
    });
    this.#subscribe();
  }

  /** Connects to a VPP that was started or is running. Forgets what was known of an earlier process. */
  start(): void {
    this.#version = undefined;
    this.connection.start();
    // Not `start`: it may still read the segment of a process that ended before it was connected.
    this.stats.reattach();
  }

  /** Applies the live settings of the configuration. */
  reconfigure({ answerTimeoutSeconds, stats }: VppConfig): void {
    this.connection.answerTimeoutMs = answerTimeoutSeconds * 1000;
    this.stats.setInterval(stats.pollIntervalSeconds * 1000);
  }

  /** As reported by the API; kept after a disconnect. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Restarts of VPP observed on this link. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Unix milliseconds; undefined while not connected. */
  get connectedSince(): number | undefined {
    return this.#connectedSince;
  }

  /** `performance.now()` of the last connection. */
  get connectedAtMs(): number {
    return this.#connectedAtMs;
  }

  /** Ends both for good, without callbacks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
    this.#connectedSince = undefined;
    this.stats[Symbol.dispose]();
  }

  #subscribe(): void {
    const { logger, conditions, onConnected, onDisconnected, onHung, reportsEnd } = this.#options;
    this.connection.on('connected', (event: ConnectedEvent) => {
      const { kind, version, vpePid } = event;
      this.#version = version.version;
      this.#connectedSince = Date.now();
      this.#connectedAtMs = performance.now();
      if (kind === 'restarted') this.#restarts += 1;
      conditions.clear('vpp-api');
      const word = kind === 'reconnected' ? 'reconnected' : 'connected';
      logger.info('vpp', `${word}: API of VPP ${version.version}, pid ${vpePid} (${kind})`);
      this.stats.reattach();
      onConnected(event).catch((error: unknown) => {
        // A broken connection is followed by a new one, which programs everything again.
        const words = reasonOf(error);
        logger.warning('vpp', `programming was interrupted: ${words}`);
      });
    });
    this.connection.on('disconnected', ({ reason }) => {
      this.#connectedSince = undefined;
      this.stats.detach(`VPP is disconnected: ${reason.text}`);
      onDisconnected(`VPP is disconnected: ${reason.text}`);
      if (reportsEnd()) conditions.set('error', 'vpp-api', `disconnected from VPP: ${reason.text}`);
    });
    this.connection.on('hung', ({ reason, wasConnected }) => onHung(reason, wasConnected));
    this.connection.on('incompatible', ({ reason }) => {
      conditions.set('error', 'vpp-api', `this VPP speaks another API: ${reason}`);
    });
  }
}
