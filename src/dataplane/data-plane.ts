/**
 * The life of the data plane: VPP's process, its API connection, what is programmed through it, and the kernel as the
 * fallback when VPP is disabled or looping.
 *
 * Invariants: the kernel is configured for the data plane only while VPP is not (the NICs are then on their original
 * drivers); after each connection interfaces are programmed before routes; `restoreNics`, after `stop`, returns the
 * NICs. `reconfigure` keeps the parts and replaces their targets; a restart of VPP creates a new link, so no reference
 * to its connection or poller may be kept.
 */
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startsVpp } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { Fib, type KernelBackend } from '../fib/mod.ts';
import {
  type KernelInterfaces,
  type LcpSettings,
  Mirror,
  type NicSettings,
  VppInterfaces,
} from '../interfaces/mod.ts';
import type { ServiceCrash } from '../log/mod.ts';
import { HeldTaps, HostNamespace } from '../mirror/mod.ts';
import type { HugepageStatus } from '../dpdk/status.ts';
import type { KernelImportStatus } from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { KernelRule } from '../nftables/status.ts';
import type { ServiceStatus } from '../supervise/status.ts';
import type { VppStatus } from '../vpp/status.ts';
import { type ConnectedEvent, setNeighborLimits, type VppConnection } from '../vpp/api/mod.ts';
import { apiStatus, explainExit } from '../vpp/mod.ts';
import type { StatsPoller } from '../vpp/stats/mod.ts';
import { KernelPlane } from './kernel-plane.ts';
import { InterfaceGate } from './interface-gate.ts';
import { prepareControlNamespace } from '../machine/mod.ts';
import { giveNicsBack } from './nic-restore.ts';
import { type LifeEnd, Service, type ServiceOptions } from '../supervise/mod.ts';
import { isSocket } from './socket-path.ts';
import { awaitAnswer } from './vpp-answer.ts';
import { VppLink } from './vpp-link.ts';
import { retryVpp, type VppRetry } from './vpp-retry.ts';
import { VppStart, type VppStartOptions } from './vpp-start.ts';
import { reasonOf } from '../linux/mod.ts';
import { WanClients } from './wan-clients.ts';

const NEIGHBORS = 'vpp.neighbors';
/** How long the boot waits for VPP's exec before it continues. */
const FIRST_START_MS = 10_000;
/** How long a change waits for VPP to apply it; refusals and slow steps show in the status. */
const RECONFIGURE_MS = 10_000;

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

export interface DataPlaneOptions extends Omit<VppStartOptions, 'prepareMachine'> {
  readonly config: Config;
  /** Path of this executable, for DHCP clients; default: that of this process. */
  readonly self?: string;
  /** A part of the status has changed; called often. */
  readonly onChange?: () => void;
  /** Programs in a namespace are to be answered by these name servers first; none: no more. */
  readonly onNameServers?: ((netns: string, servers: readonly string[]) => void) | undefined;
  readonly hooks?: MachineHooks;
}

export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly fib: Fib;
  readonly interfaces: VppInterfaces;
  readonly #kernel: KernelPlane;
  /** The namespace of the TAPs, while VPP mirrors it. */
  #host: HostNamespace | undefined;
  /** The TAPs of our own VPP outlive it, so that daemons keep their links and sessions. */
  readonly #taps: HeldTaps;
  #config: Config;
  #life: 'running' | 'restarting' | 'stopped' = 'running';
  #link: VppLink;
  #service: Service | undefined;
  #vppStart: VppStart;
  #hangs = 0;
  /** Set while the counters are watched. */
  #watch: Disposable | undefined;
  /** Addresses of interfaces by DHCP. */
  readonly wans: WanClients;
  /** Delays the start of daemons. */
  readonly #gate = new InterfaceGate();
  /** The outcome of the first start: executed, or why not. */
  #firstStart = Promise.withResolvers<string>();

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { config, logger } = options;
    this.#config = config;
    this.#taps = new HeldTaps((message) => logger.warning('mirror', message));
    this.#vppStart = this.#newVppStart();
    this.#link = this.#newLink();
    this.interfaces = new VppInterfaces({
      config,
      lcp: lcpSettingsOf(config),
      mirror: this.#newMirror(config),
      nics: nicSettingsOf(config),
      letGoOfTable: (id) => this.fib.vpp.letGoOfTable(id),
      elsewhere: (...asked) => this.fib.table.elsewhere(...asked),
      onHostInterfaces: () => this.#kernel.hostInterfacesChanged(),
      onChange: (name, what) => {
        logger.info('interface', `${name} ${what}`);
        options.onChange?.();
        this.fib.setConnected(this.interfaces.connected);
        this.fib.vpp.interfacesChanged();
      },
      onTables: () => this.fib.vpp.interfacesChanged(),
      onError: (name, reason) => logger.warning('interface', `${name}: ${reason}`),
      onNotice: (message) => logger.info('interface', message),
    });
    this.fib = new Fib({
      config: config.fib.vpp,
      routes: config.routes,
      resolveInterface: (name) => this.interfaces.indexOf(name),
      resolveVrf: (name) => this.interfaces.tableOfVrf(name),
      tableOf: (name, family) => this.interfaces.tableOfInterface(name, family),
      onError: (message) => logger.warning('fib', message),
    });
    this.#kernel = new KernelPlane({
      config,
      runDir: options.runDir,
      ownsMachine: options.ownsMachine,
      prepareNamespace: prepareControlNamespace,
      managementInterface: () => options.managementInterface?.(),
      table: this.fib.table,
      conditions: options.conditions,
      hostInterfaces: () => this.interfaces.hostInterfaces,
      loadModules: options.hooks?.loadModules,
      onError: (message) => logger.warning('fib', message),
    });
    this.#service = startsVpp(this.#config) ? this.#newService() : undefined;
    this.wans = new WanClients({
      logger,
      self: options.self ?? process.execPath,
      directory: `${options.runDir}/dhcp`,
      onChange: options.onChange,
      onNameServers: options.onNameServers,
    });
  }

  /** The process of VPP, if we run it. */
  get service(): Service | undefined {
    return this.#service;
  }

  get kernelInterfaces(): KernelInterfaces {
    return this.#kernel.interfaces;
  }

  /** Path of the sysfs of the NICs' namespace, while it differs from ours. */
  get namespaceSysfs(): string | undefined {
    return this.#kernel.namespaceSysfs;
  }

  get kernelFib(): KernelBackend {
    return this.#kernel.fib;
  }

  /** Status of the import from routing daemons; undefined when it is disabled. */
  get kernelImport(): KernelImportStatus | undefined {
    return this.#kernel.importStatus;
  }

  /** Rules of packets while the kernel forwards; none while VPP does. */
  get kernelRules(): KernelRule[] {
    return [...this.#kernel.ruleHits].map(([rule, packets]) => ({ rule, packets }));
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

  /** Status of the forwarding data plane's interfaces: VPP's, or the kernel's in its place. */
  get interfaceStatus(): InterfaceStatus[] {
    return this.kernelInterfaces.active ? this.kernelInterfaces.status : this.interfaces.status;
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

  /**
   * Resolves when the interfaces in the namespace of the TAPs have their addresses for the first time, from VPP or from
   * the kernel in its place, or after `vpp.start-timeout`, which is logged. At once for another namespace. Rejects when
   * the signal aborts.
   */
  async untilInterfaces(netns: string, onWait: (reason: string) => void, signal: AbortSignal): Promise<void> {
    const { lcp, enabled, startTimeoutSeconds } = this.#config.vpp;
    if (netns !== lcp.netns) return;
    prepareControlNamespace(netns);
    if ((enabled && !lcp.enabled) || this.#gate.isOpen) return;
    onWait(`waiting up to ${startTimeoutSeconds} s for the addresses of the interfaces in ${netns}`);
    if (await this.#gate.passed(startTimeoutSeconds * 1000, signal)) return;
    const words = `the interfaces in ${netns} have no addresses after ${startTimeoutSeconds} s: services start without them`;
    this.#options.logger.warning('services', words);
  }

  /** Starts the configured data plane; resolves without waiting for VPP. */
  async start(): Promise<string> {
    const { vpp } = this.#config;
    if (this.#life === 'stopped') return 'not started: the appliance is shutting down';
    await this.wans.use(this.#config);
    if (!vpp.enabled) {
      this.#options.conditions.set(
        'info',
        'vpp',
        'VPP is disabled (vpp.enabled = false): the kernel forwards',
      );
      await this.#kernel.take();
      this.#gate.open();
      return 'VPP is disabled: the kernel is the data plane';
    }
    // Slow steps continue in the background, and show in the status.
    void this.#kernel.leave();
    if (vpp.external) {
      this.#link.start();
      return `VPP is external: connecting to ${vpp.apiSocket}`;
    }
    this.#service?.start();
    // The next phase (HTTP) must not delay VPP's exec, nor wait for it without limit.
    const first = await Promise.race([
      this.#firstStart.promise,
      sleep(FIRST_START_MS, 'still preparing', { ref: false }),
    ]);
    return `${vpp.binary}: ${first}`;
  }

  /**
   * Puts `next` in force. Without `restartVpp` it may differ from the last one only in leaves that need no restart
   * (`inForceAfter` of config/difference.ts); with it, VPP is stopped and the data plane of `next` is started. Resolves
   * when VPP and the kernel have applied it, or after ten seconds; refusals are in the status of the interfaces and
   * routes, and are retried. Rejects when the data plane was stopped meanwhile.
   */
  async reconfigure(next: Config, { restartVpp }: { readonly restartVpp: boolean }): Promise<void> {
    if (this.#life !== 'running') throw new Error(`cannot change the data plane: it is ${this.#life}`);
    if (restartVpp || this.#movesExternalSocket(next)) await this.#restartWith(next);
    else await this.#applyLive(next);
  }

  /** Ends the wait for VPP's next start. Throws an error with the code `refused` when we do not run VPP. */
  retryVpp(): VppRetry {
    return retryVpp(this.#service, this.#config.vpp);
  }

  /**
   * Removes our routes from the kernel for good, on a machine that keeps running. Returns their number. Never rejects.
   * After a crash they stay, and the next run adopts them.
   */
  removeKernelRoutes(): Promise<string> {
    return this.#kernel.removeRoutes();
  }

  /** Stops VPP and everything that depends on it. */
  async stop(): Promise<void> {
    this.#life = 'stopped';
    await this.wans.stop();
    await this.#service?.stop('the appliance is shutting down');
    await this.#link[Symbol.asyncDispose]();
    this.#taps[Symbol.dispose]();
    this.#detach('the appliance is shutting down');
    this.#host?.[Symbol.dispose]();
    await this.#kernel[Symbol.asyncDispose]();
  }

  /** Returns every recorded NIC to its original driver; returns the outcome of each. */
  async restoreNics(): Promise<string> {
    if (this.#service === undefined) return 'no NIC was taken';
    return giveNicsBack(this.#options.runDir, this.#options.logger);
  }

  /** The status of VPP's process and API. */
  get vppStatus(): VppStatus {
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

  /** Whether the sockets of an external VPP change, for which a new connection suffices. */
  #movesExternalSocket({ vpp }: Config): boolean {
    const now = this.#config.vpp;
    if (!vpp.enabled || !vpp.external) return false;
    return vpp.apiSocket !== now.apiSocket || vpp.stats.socketPath !== now.stats.socketPath;
  }

  async #applyLive(next: Config): Promise<void> {
    const isOther = JSON.stringify(next.vpp.neighbors) !== JSON.stringify(this.#config.vpp.neighbors);
    this.#config = next;
    const limits = isOther ? this.#setNeighborLimits() : Promise.resolve();
    this.#link.reconfigure(next.vpp);
    this.#service?.setPolicy(next.supervisor);
    const inVpp = this.interfaces.reconfigure(next).catch((error: unknown) => {
      // The next connection programs everything again, and requests to a VPP that was only slow are retried.
      this.#options.logger.warning('interface', `cannot apply the whole change: ${reasonOf(error)}`);
    });
    const slow = Symbol('slow');
    const outcome = await Promise.race([
      Promise.all([inVpp, limits]),
      sleep(RECONFIGURE_MS, slow, { ref: false }),
    ]);
    if (outcome === slow) {
      const words = `VPP has not applied the change within ${RECONFIGURE_MS / 1000} s: continuing in the background`;
      this.#options.logger.warning('interface', words);
    }
    await this.#reprogram(next);
    await this.wans.use(next);
  }

  /** Programs the routes of `next` in VPP and in the kernel. Slow steps continue in the background. */
  async #reprogram(next: Config): Promise<void> {
    this.fib.setRoutes(next.routes);
    const inVpp = this.fib.vpp.reconfigure(next.fib.vpp);
    await Promise.race([inVpp, sleep(RECONFIGURE_MS, undefined, { ref: false })]);
    await this.#kernel.reconfigure(next);
  }

  async #restartWith(next: Config): Promise<void> {
    const { conditions } = this.#options;
    const reason = 'VPP is restarted for a change of the configuration';
    this.#life = 'restarting';
    try {
      await this.#service?.pause(reason);
      await this.#link[Symbol.asyncDispose]();
      this.#detach(reason);
      for (const subject of ['vpp', 'vpp-api', 'vpp-workers', 'vpp-looping', 'hugepages'])
        conditions.clear(subject);
      await this.#kernel.leave();
      await this.#releaseNics(next);
      if (this.#isStopped()) throw new Error('cannot restart VPP: the appliance is shutting down');
      this.#config = next;
      this.#adoptVpp();
      this.interfaces.lcp = lcpSettingsOf(next);
      this.interfaces.mirror = this.#newMirror(next);
      if (this.#host === undefined) this.#releaseTaps();
      this.interfaces.nics = nicSettingsOf(next);
      await this.interfaces.reconfigure(next);
      await this.#reprogram(next);
    } finally {
      if (!this.#isStopped()) this.#life = 'running';
    }
    await this.start();
  }

  /** Creates a link and, for our own VPP, a service for the configuration in force. */
  #adoptVpp(): void {
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

  /** Restores the NICs that VPP has now and will not have with `next`. */
  async #releaseNics(next: Config): Promise<void> {
    if (!startsVpp(this.#config)) return;
    const kept = new Set(startsVpp(next) ? next.vpp.dpdk.interfaces.map(({ pciAddress }) => pciAddress) : []);
    const released = this.#config.vpp.dpdk.interfaces
      .map(({ pciAddress }) => pciAddress)
      .filter((pciAddress) => !kept.has(pciAddress));
    if (released.length === 0) return;
    await giveNicsBack(this.#options.runDir, this.#options.logger, released);
    this.#vppStart.forget(released);
  }

  // The type of a getter would be narrowed by assignments before an await.
  #isStopped(): boolean {
    return this.#life === 'stopped';
  }

  #newLink(): VppLink {
    const { logger, conditions } = this.#options;
    return new VppLink({
      vpp: this.#config.vpp,
      logger,
      conditions,
      // Only called once VPP is connected.
      interfaceNames: () => this.interfaces.givenNames,
      filterNames: () => this.interfaces.filterNames,
      onConnected: (event) => {
        this.#options.onChange?.();
        return this.#program(event);
      },
      onDisconnected: (reason) => {
        this.#detach(reason);
        this.#options.onChange?.();
      },
      onHung: (reason, wasConnected) => this.#hung(reason, wasConnected),
      reportsEnd: () => this.#life === 'running',
    });
  }

  /** With `fib.kernel.import`, VPP does not load its own plugin for this (linux_nl). */
  #newMirror(config: Config): Mirror | undefined {
    this.#host?.[Symbol.dispose]();
    this.#host = undefined;
    const lcp = lcpSettingsOf(config);
    if (!config.vpp.enabled || !config.fib.kernel.import || lcp === undefined) return undefined;
    this.#host = new HostNamespace({
      netns: lcp.netns,
      prepare: prepareControlNamespace,
      onChange: () => this.interfaces.hostChanged(),
      onError: (message) => this.#options.logger.warning('mirror', message),
    });
    return new Mirror({
      host: this.#host,
      taps: config.vpp.external ? undefined : this.#taps,
      isSync: lcp.isSync,
      follows: config.vpp.lcp.follow,
      onNotice: (message) => this.#options.logger.info('mirror', message),
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
    const { logger, conditions, hooks } = this.#options;
    const { aroundSpawn, onCrash, onUnkillable } = hooks ?? {};
    return new Service({
      name: 'vpp',
      policy: this.#config.supervisor,
      logger,
      prepare: (signal) => this.#vppStart.prepare(this.#config, signal, () => this.#kernel.leave()),
      onStarted: (pid, life) => this.#started(pid, life),
      onEnded: (end) => this.#ended(end),
      onLooping: (reason) => this.#fallBack(`VPP is looping: ${reason}`),
      explainExit: (end) => explainExit(end),
      onStatus: (status) => {
        if (status.state !== 'looping') conditions.clear('vpp-looping');
        this.#options.onChange?.();
      },
      ...(aroundSpawn === undefined ? {} : { aroundSpawn }),
      onCrash: (crash) => onCrash?.(crash, this.vppStatus.version),
      ...(onUnkillable === undefined ? {} : { onUnkillable }),
    });
  }

  #detach(reason: string): void {
    this.interfaces.detach();
    this.fib.setConnected([]);
    this.fib.vpp.detach(reason);
  }

  async #program({ client, kind }: ConnectedEvent): Promise<void> {
    try {
      await this.#setNeighborLimits();
      await this.interfaces.attach(client, kind);
      this.#gate.open();
    } catch (error) {
      if (client.isClosed) throw error;
      this.#options.logger.warning('interface', `the configuration is incomplete: ${reasonOf(error)}`);
    }
    this.fib.setConnected(this.interfaces.connected);
    await this.fib.vpp.attach(client, kind);
    const { desired, programmed, failed } = this.fib.vpp.status;
    this.#options.onChange?.();
    this.#options.logger.info('fib', `${programmed} of ${desired} routes programmed, ${failed} refused`);
  }

  /** Sets VPP's limits on neighbours; a refusal is a condition. Never rejects. */
  async #setNeighborLimits(): Promise<void> {
    const { client } = this.connection;
    const { conditions } = this.#options;
    if (client === undefined) return;
    try {
      for (const family of [4, 6] as const) {
        await setNeighborLimits(client, family, this.#config.vpp.neighbors);
      }
      conditions.clear(NEIGHBORS);
    } catch (error) {
      // The next connection sets them.
      if (!client.isClosed)
        conditions.set('error', NEIGHBORS, `VPP refused the limits on neighbours: ${reasonOf(error)}`);
    }
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
    if (this.#life === 'running') this.#options.conditions.set('error', 'vpp', `VPP ended: ${reason}`);
    // A killed VPP leaves its socket files, which must not be taken for those of a starting VPP.
    const { apiSocket, stats } = this.#config.vpp;
    for (const path of [apiSocket, stats.socketPath]) if (isSocket(path)) rmSync(path, { force: true });
    await this.#options.hooks?.onEnded?.();
  }

  async #fallBack(reason: string): Promise<void> {
    const seconds = this.#config.supervisor.loopRetryMs / 1000;
    this.#options.conditions.set(
      'error',
      'vpp-looping',
      `${reason}; the kernel has the NICs and forwards slowly; VPP is retried every ${seconds} s`,
    );
    // The NICs need their names.
    this.#releaseTaps();
    await this.restoreNics();
    await this.#kernel.take();
    this.#gate.open();
  }

  #releaseTaps(): void {
    this.#taps[Symbol.dispose]();
    this.interfaces.detach();
  }
}

/** An external VPP's NICs are not ours; VPP's native drivers do not report their numbers of queues. */
function nicSettingsOf({ vpp }: Config): NicSettings[] {
  if (vpp.external) return [];
  return vpp.dpdk.interfaces.map(({ name, pciAddress, driver, rxQueues, txQueues }) => {
    const filtersVlans = isVirtio(pciAddress);
    return driver === 'native'
      ? { name, rxQueues: undefined, txQueues: undefined, filtersVlans }
      : { name, rxQueues, txQueues, filtersVlans };
  });
}

/** By its vendor, Red Hat's for virtio (virtio 1.2, section 4.1.2); false for a NIC that does not exist. */
function isVirtio(pciAddress: string): boolean {
  try {
    return readFileSync(`/sys/bus/pci/devices/${pciAddress}/vendor`, 'utf8').trim() === '0x1af4';
  } catch {
    return false;
  }
}

/** An external VPP's settings are not changed, and its NICs may differ from the configured ones. */
function lcpSettingsOf({ vpp }: Config): LcpSettings | undefined {
  const { enabled, sync, netns } = vpp.lcp;
  if (!enabled) return undefined;
  if (vpp.external) return { netns, isSync: false, nics: [] };
  return { netns, isSync: sync, nics: vpp.dpdk.interfaces.map(({ name }) => name) };
}
