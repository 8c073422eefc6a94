/**
 * VPP, ours or an external one: its process with the preparation of each start, and the link to it.
 *
 * Invariant: a restart of VPP creates a new link, so no reference to its connection or poller may be kept.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startsVpp } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { HugepageStatus } from '../dpdk/status.ts';
import type { ServiceCrash } from '../log/mod.ts';
import { type LifeEnd, Service, type ServiceOptions } from '../supervise/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';
import type { VppConnection } from '../vpp/api/mod.ts';
import { apiStatus, explainExit } from '../vpp/mod.ts';
import type { StatsPoller } from '../vpp/stats/mod.ts';
import type { VppStatus } from '../vpp/status.ts';
import { giveNicsBack } from './nic-restore.ts';
import { isSocket } from './socket-path.ts';
import { awaitAnswer } from './vpp-answer.ts';
import { VppLink, type VppLinkOptions } from './vpp-link.ts';
import { retryVpp, type VppRetry } from './vpp-retry.ts';
import { VppStart, type VppStartOptions } from './vpp-start.ts';

/** How long the boot waits for VPP's exec before it continues. */
const FIRST_START_MS = 10_000;
/** The conditions of a VPP, by subject. */
const SUBJECTS = ['vpp', 'vpp-api', 'vpp-workers', 'vpp-looping', 'hugepages'];

/** Actions of the machine's owner around the lives of our own VPP. */
export interface MachineHooks
  extends Pick<ServiceOptions, 'aroundSpawn' | 'onUnkillable'>,
    Pick<VppStartOptions, 'prepareMachine'> {
  /** VPP ended without a request; with its version, if known. */
  readonly onCrash?: (crash: ServiceCrash, version: string | undefined) => Promise<unknown> | void;
  /** Loads kernel modules, each with its parameters; returns those that could not be loaded, with the reason. */
  readonly loadModules?: (modules: readonly string[]) => readonly string[];
  /** VPP was executed. */
  readonly onExec?: (pid: number) => void;
  /** VPP answers on its API, so that its threads exist. The signal aborts at its end. */
  readonly onAnswered?: (pid: number, config: Config, life: AbortSignal) => unknown;
  /** VPP has ended, or could not be started. Awaited before the next start. */
  readonly onEnded?: () => unknown;
}

export interface VppLifeOptions
  extends Omit<VppStartOptions, 'prepareMachine'>,
    Pick<VppLinkOptions, 'interfaceNames' | 'filterNames' | 'onConnected' | 'onDisconnected' | 'reportsEnd'> {
  readonly config: Config;
  /** A part of the status has changed; called often. */
  readonly onChange?: (() => void) | undefined;
  readonly hooks?: MachineHooks | undefined;
  /** Awaited before the first NIC is touched: until then the kernel forwards. */
  readonly takeNics: () => Promise<void>;
  /** VPP ends again and again: it is retried later. */
  readonly onLooping: (reason: string) => Promise<void>;
}

export class VppLife {
  readonly #options: VppLifeOptions;
  #config: Config;
  #link: VppLink;
  #service: Service | undefined;
  #vppStart: VppStart;
  #hangs = 0;
  /** Set while the counters are watched. */
  #watch: Disposable | undefined;
  /** The outcome of the first start: executed, or why not. */
  #firstStart = Promise.withResolvers<string>();

  constructor(options: VppLifeOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#vppStart = this.#newVppStart();
    this.#link = this.#newLink();
    this.#service = startsVpp(this.#config) ? this.#newService() : undefined;
  }

  /** The process of VPP, if we run it. */
  get service(): Service | undefined {
    return this.#service;
  }

  get connection(): VppConnection {
    return this.#link.connection;
  }

  get stats(): StatsPoller {
    return this.#link.stats;
  }

  get hugepages(): HugepageStatus {
    return this.#vppStart.hugepages;
  }

  /** Sets whether the counters are watched, and therefore read every second. */
  setWatched(isWatched: boolean): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = isWatched ? this.stats.watch() : undefined;
  }

  /** Why VPP does not have a configured NIC, by PCI address. */
  get refusals(): VppStart['refusals'] {
    return this.#vppStart.refusals;
  }

  /** The status of VPP's process and API. */
  get status(): VppStatus {
    const { vpp } = this.#config;
    const process: ServiceStatus =
      this.#service?.status ??
      (vpp.enabled
        ? { state: 'external', reason: `not run by the appliance; its socket is ${vpp.apiSocket}` }
        : { state: 'disabled', reason: 'vpp.enabled is false' });
    const api = this.connection.status;
    const pid = this.#service?.pid ?? ('vpePid' in api ? api.vpePid : undefined);
    const version = this.#link.version ?? this.#vppStart.version;
    const startedAt = this.#link.connectedSince;
    return {
      process,
      api: apiStatus(this.connection),
      ...(version === undefined ? {} : { version }),
      ...(pid === undefined ? {} : { pid }),
      ...(startedAt === undefined ? {} : { startedAt }),
      restarts: this.#service?.restarts ?? this.#link.restarts,
      hangs: this.#hangs,
    };
  }

  /** Starts VPP, or connects to an external one; resolves without waiting for its API. */
  async start(): Promise<string> {
    const { external, apiSocket, binary } = this.#config.vpp;
    if (external) {
      this.#link.start();
      return `VPP is external: connecting to ${apiSocket}`;
    }
    this.#service?.start();
    // The next phase (HTTP) must not delay VPP's exec, nor wait for it without limit.
    const first = await Promise.race([
      this.#firstStart.promise,
      sleep(FIRST_START_MS, 'still preparing', { ref: false }),
    ]);
    return `${binary}: ${first}`;
  }

  /** Applies the live settings of a configuration. */
  reconfigure(next: Config): void {
    this.#config = next;
    this.#link.reconfigure(next.vpp);
    this.#service?.setPolicy(next.supervisor);
  }

  /** Ends the wait for VPP's next start. Throws an error with the code `refused` when we do not run VPP. */
  retry(): VppRetry {
    return retryVpp(this.#service, this.#config.vpp);
  }

  /** Ends VPP, until `adopt` and `start`. */
  async pause(reason: string): Promise<void> {
    await this.#service?.pause(reason);
    await this.#link[Symbol.asyncDispose]();
    for (const subject of SUBJECTS) this.#options.conditions.clear(subject);
  }

  /** Creates a link and, for our own VPP, a service for a configuration, after `pause`. */
  adopt(config: Config): void {
    this.#config = config;
    this.#link = this.#newLink();
    // the new link has a new poller
    this.setWatched(this.#watch !== undefined);
    this.#firstStart = Promise.withResolvers<string>();
    if (!startsVpp(this.#config)) {
      this.#service = undefined;
      this.#vppStart[Symbol.dispose]();
      this.#vppStart = this.#newVppStart();
      return;
    }
    // The same service continues, with its output and its counts.
    this.#service ??= this.#newService();
    this.#service.setPolicy(this.#config.supervisor);
  }

  /** Ends VPP for good. */
  async stop(reason: string): Promise<void> {
    await this.#service?.stop(reason);
    await this.#link[Symbol.asyncDispose]();
  }

  /** Whether the sockets of an external VPP change, for which a new connection suffices. */
  movesSocket({ vpp }: Config): boolean {
    const now = this.#config.vpp;
    if (!vpp.enabled || !vpp.external) return false;
    return vpp.apiSocket !== now.apiSocket || vpp.stats.socketPath !== now.stats.socketPath;
  }

  /** Restores the NICs that VPP has now and will not have with `next`. */
  async releaseNics(next: Config): Promise<void> {
    if (!startsVpp(this.#config)) return;
    const kept = new Set(startsVpp(next) ? next.vpp.dpdk.interfaces.map(({ pciAddress }) => pciAddress) : []);
    const released = this.#config.vpp.dpdk.interfaces
      .map(({ pciAddress }) => pciAddress)
      .filter((pciAddress) => !kept.has(pciAddress));
    if (released.length === 0) return;
    await giveNicsBack(this.#options.runDir, this.#options.logger, released);
    this.#vppStart.forget(released);
  }

  /** Returns every recorded NIC to its original driver; returns the outcome of each. */
  async restoreNics(): Promise<string> {
    if (this.#service === undefined) return 'no NIC was taken';
    return giveNicsBack(this.#options.runDir, this.#options.logger);
  }

  #newLink(): VppLink {
    const { onConnected, onDisconnected } = this.#options;
    return new VppLink({
      ...this.#options,
      vpp: this.#config.vpp,
      onConnected: (event) => {
        this.#options.onChange?.();
        return onConnected(event);
      },
      onDisconnected: (reason) => {
        onDisconnected(reason);
        this.#options.onChange?.();
      },
      onHung: (reason, wasConnected) => this.#hung(reason, wasConnected),
    });
  }

  /** Handles a VPP that no longer answers: our own is ended, and restarted by its supervisor. */
  #hung(reason: string, wasConnected: boolean): void {
    const { logger } = this.#options;
    if (this.#service === undefined) {
      // Without a connection it may have ended.
      if (!wasConnected) return;
      this.#hangs += 1;
      logger.error('vpp', `${reason}; it is external and is not ended: reconnecting`);
      return;
    }
    this.#hangs += 1;
    logger.error('vpp', `${reason}: it is ended (vpp.answer-timeout)`);
    this.#service.abort(reason).catch((error: unknown) => logger.error('vpp', String(error)));
  }

  #newVppStart(): VppStart {
    const prepareMachine = this.#options.hooks?.prepareMachine;
    return new VppStart({ ...this.#options, ...(prepareMachine === undefined ? {} : { prepareMachine }) });
  }

  #newService(): Service {
    const { logger, conditions, hooks, takeNics, onLooping } = this.#options;
    const { aroundSpawn, onCrash, onUnkillable } = hooks ?? {};
    return new Service({
      name: 'vpp',
      policy: this.#config.supervisor,
      logger,
      prepare: (signal) => this.#vppStart.prepare(this.#config, signal, takeNics),
      onStarted: (pid, life) => this.#started(pid, life),
      onEnded: (end) => this.#ended(end),
      onLooping: (reason) => onLooping(`VPP is looping: ${reason}`),
      explainExit: (end) => explainExit(end),
      onStatus: (status) => {
        if (status.state !== 'looping') conditions.clear('vpp-looping');
        this.#options.onChange?.();
      },
      ...(aroundSpawn === undefined ? {} : { aroundSpawn }),
      onCrash: (crash) => onCrash?.(crash, this.status.version),
      ...(onUnkillable === undefined ? {} : { onUnkillable }),
    });
  }

  #started(pid: number, life: AbortSignal): void {
    this.#options.conditions.clear('vpp');
    this.#options.hooks?.onExec?.(pid);
    this.#firstStart.resolve(`executed as pid ${pid}`);
    this.#link.start();
    this.#watchStart(pid, life).catch((error: unknown) => this.#options.logger.error('vpp', String(error)));
  }

  /** Ends a VPP whose API does not answer in time, so that it is restarted. */
  async #watchStart(pid: number, life: AbortSignal): Promise<void> {
    const { apiSocket, startTimeoutSeconds } = this.#config.vpp;
    const link = this.#link;
    const { connection } = link;
    const timeoutSeconds = startTimeoutSeconds;
    const answer = await awaitAnswer({ connection, apiSocket, pid, life, timeoutSeconds });
    if (answer.state === 'stuck') await this.#service?.abort(answer.reason);
    if (answer.state !== 'answered') return;
    const after = answer.socketAtMs === undefined ? 0 : link.connectedAtMs - answer.socketAtMs;
    this.#options.logger.info('vpp', `API answered ${after.toFixed(0)} ms after its socket appeared`);
    await this.#options.hooks?.onAnswered?.(pid, this.#config, life);
  }

  async #ended({ reason }: LifeEnd): Promise<void> {
    this.#firstStart.resolve(`not executed: ${reason}`);
    this.#link.connection.processEnded();
    if (this.#options.reportsEnd()) this.#options.conditions.set('error', 'vpp', `VPP ended: ${reason}`);
    // A killed VPP leaves its socket files, which must not be taken for those of a starting VPP.
    const { apiSocket, stats } = this.#config.vpp;
    for (const path of [apiSocket, stats.socketPath]) if (isSocket(path)) rmSync(path, { force: true });
    await this.#options.hooks?.onEnded?.();
  }
}
