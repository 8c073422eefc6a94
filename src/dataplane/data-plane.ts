/**
 * The data plane: VPP, what is programmed through its connection, and the kernel as the fallback when VPP is disabled
 * or looping.
 *
 * Invariants: the kernel is configured for the data plane only while VPP is not (the NICs are then on their original
 * drivers); after each connection interfaces are programmed before routes; `restoreNics`, after `stop`, returns the
 * NICs. `reconfigure` keeps the parts and replaces their targets; a restart of VPP creates a new link, so no reference
 * to its connection or poller may be kept.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/types.ts';
import { Fib } from '../fib/mod.ts';
import { Mirror, VppInterfaces } from '../interfaces/mod.ts';
import { HeldTaps, HostNamespace } from '../mirror/mod.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import { type ConnectedEvent, setNeighborLimits } from '../vpp/api/mod.ts';
import { InterfaceGate } from './interface-gate.ts';
import { lcpSettingsOf, nicSettingsOf } from './interface-settings.ts';
import { KernelPlane } from './kernel-plane.ts';
import { prepareControlNamespace } from '../machine/mod.ts';
import { type MachineHooks, VppLife } from './vpp-life.ts';
import type { VppStartOptions } from './vpp-start.ts';
import { reasonOf } from '../linux/mod.ts';
import { WanClients } from './wan-clients.ts';

const NEIGHBORS = 'vpp.neighbors';
/** How long a change waits for VPP to apply it; refusals and slow steps show in the status. */
const RECONFIGURE_MS = 10_000;

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
  readonly vpp: VppLife;
  readonly kernel: KernelPlane;
  /** The namespace of the TAPs, while VPP mirrors it. */
  #host: HostNamespace | undefined;
  /** The TAPs of our own VPP outlive it, so that daemons keep their links and sessions. */
  readonly #taps: HeldTaps;
  #config: Config;
  #life: 'running' | 'restarting' | 'stopped' = 'running';
  /** Addresses of interfaces by DHCP. */
  readonly wans: WanClients;
  /** Delays the start of daemons. */
  readonly #gate = new InterfaceGate();

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { config, logger } = options;
    this.#config = config;
    this.#taps = new HeldTaps((message) => logger.warning('mirror', message));
    this.vpp = new VppLife({
      ...options,
      interfaceNames: () => this.interfaces.givenNames,
      filterNames: () => this.interfaces.filterNames,
      takeNics: () => this.kernel.leave(),
      onConnected: (event) => this.#program(event),
      onDisconnected: (reason) => this.#detach(reason),
      onLooping: (reason) => this.#fallBack(reason),
      reportsEnd: () => this.#life === 'running',
    });
    this.interfaces = new VppInterfaces({
      config,
      lcp: lcpSettingsOf(config),
      mirror: this.#newMirror(config),
      nics: nicSettingsOf(config),
      letGoOfTable: (id) => this.fib.vpp.letGoOfTable(id),
      elsewhere: (...asked) => this.fib.table.elsewhere(...asked),
      onHostInterfaces: () => this.kernel.hostInterfacesChanged(),
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
    this.kernel = new KernelPlane({
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
    this.wans = new WanClients({
      logger,
      self: options.self ?? process.execPath,
      directory: `${options.runDir}/dhcp`,
      onChange: options.onChange,
      onNameServers: options.onNameServers,
    });
  }

  /** Status of the forwarding data plane's interfaces: VPP's, or the kernel's in its place. */
  get interfaceStatus(): InterfaceStatus[] {
    const inKernel = this.kernel.interfaces;
    return inKernel.active ? inKernel.status : this.interfaces.status;
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
      await this.kernel.take();
      this.#gate.open();
      return 'VPP is disabled: the kernel is the data plane';
    }
    // Slow steps continue in the background, and show in the status.
    void this.kernel.leave();
    return this.vpp.start();
  }

  /**
   * Puts `next` in force. Without `restartVpp` it may differ from the last one only in leaves that need no restart
   * (`inForceAfter` of config/difference.ts); with it, VPP is stopped and the data plane of `next` is started. Resolves
   * when VPP and the kernel have applied it, or after ten seconds; refusals are in the status of the interfaces and
   * routes, and are retried. Rejects when the data plane was stopped meanwhile.
   */
  async reconfigure(next: Config, { restartVpp }: { readonly restartVpp: boolean }): Promise<void> {
    if (this.#life !== 'running') throw new Error(`cannot change the data plane: it is ${this.#life}`);
    if (restartVpp || this.vpp.movesSocket(next)) await this.#restartWith(next);
    else await this.#applyLive(next);
  }

  /** Stops VPP and everything that depends on it. */
  async stop(): Promise<void> {
    this.#life = 'stopped';
    await this.wans.stop();
    await this.vpp.stop('the appliance is shutting down');
    this.#taps[Symbol.dispose]();
    this.#detach('the appliance is shutting down');
    this.#host?.[Symbol.dispose]();
    await this.kernel[Symbol.asyncDispose]();
  }

  async #applyLive(next: Config): Promise<void> {
    const isOther = JSON.stringify(next.vpp.neighbors) !== JSON.stringify(this.#config.vpp.neighbors);
    this.#config = next;
    const limits = isOther ? this.#setNeighborLimits() : Promise.resolve();
    this.vpp.reconfigure(next);
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
    await this.kernel.reconfigure(next);
  }

  async #restartWith(next: Config): Promise<void> {
    const reason = 'VPP is restarted for a change of the configuration';
    this.#life = 'restarting';
    try {
      await this.vpp.pause(reason);
      this.#detach(reason);
      await this.kernel.leave();
      await this.vpp.releaseNics(next);
      if (this.#isStopped()) throw new Error('cannot restart VPP: the appliance is shutting down');
      this.#config = next;
      this.vpp.adopt(next);
      this.interfaces.settings = {
        lcp: lcpSettingsOf(next),
        mirror: this.#newMirror(next),
        nics: nicSettingsOf(next),
      };
      if (this.#host === undefined) this.#releaseTaps();
      await this.interfaces.reconfigure(next);
      await this.#reprogram(next);
    } finally {
      if (!this.#isStopped()) this.#life = 'running';
    }
    await this.start();
  }

  // The type of a getter would be narrowed by assignments before an await.
  #isStopped(): boolean {
    return this.#life === 'stopped';
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
    const { client } = this.vpp.connection;
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

  async #fallBack(reason: string): Promise<void> {
    const seconds = this.#config.supervisor.loopRetryMs / 1000;
    this.#options.conditions.set(
      'error',
      'vpp-looping',
      `${reason}; the kernel has the NICs and forwards slowly; VPP is retried every ${seconds} s`,
    );
    // The NICs need their names.
    this.#releaseTaps();
    await this.vpp.restoreNics();
    await this.kernel.take();
    this.#gate.open();
  }

  #releaseTaps(): void {
    this.#taps[Symbol.dispose]();
    this.interfaces.detach();
  }
}
