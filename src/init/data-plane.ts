/**
 * The data plane's life: VPP's process with everything that a start needs, its API connection, what is programmed
 * through it, and the kernel as the fallback when VPP is disabled or loops.
 *
 * Invariants: the kernel is configured for the data plane only while VPP is not (its NICs are then on their own
 * drivers); after each connection interfaces come before routes; `stop()` gives the NICs back.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/types.ts';
import {
  allocateHugepages,
  assessNics,
  bindNics,
  chooseManagementInterface,
  dpdkNumaNodes,
  hugepageBudget,
  type NicPlan,
  restoreNics,
  takeInventory,
} from '../dpdk/mod.ts';
import { KernelFib, VppFib } from '../fib/mod.ts';
import { KernelInterfaces, VppInterfaces } from '../interfaces/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import type { HugepageStatus, ServiceStatus, VppStatus } from '../telemetry/status.ts';
import { type ConnectedEvent, REQUIRED_MESSAGES, VppConnection } from '../vpp/api/mod.ts';
import {
  explainExit,
  findPluginDir,
  readVppVersion,
  renderStartupConf,
  type VppVersion,
} from '../vpp/mod.ts';
import { StatsPoller } from '../vpp/stats/mod.ts';
import { apiStatus } from './api-status.ts';
import type { Conditions } from './conditions.ts';
import type { Logger } from './console.ts';
import type { LifeEnd } from './restart-policy.ts';
import { type Command, Service } from './service.ts';
import { exists, freeSocketPath, isSocket } from './socket-path.ts';
import { Stopwatch } from './stopwatch.ts';

/** Attempts at the API once its socket is there, one a second, before VPP counts as stuck (the specification). */
const ATTEMPTS_WITH_SOCKET = 10;
const MONITOR_MS = 250;
/** A slow machine needs seconds to start a program of this size. */
const VERSION_TIMEOUT_MS = 20_000;
/** How long the boot waits for VPP's exec before it goes on. */
const FIRST_START_MS = 10_000;

export interface DataPlaneOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly conditions: Conditions;
  /** Ours: startup.conf, the record of NICs. `/run/appliance` on the box. */
  readonly runDir: string;
  /** VPP's runtime directory, which holds cli.sock. */
  readonly vppRunDir: string;
  /** PID 1 owns hugepages; elsewhere they are used when there are enough, and done without otherwise. */
  readonly ownsMachine: boolean;
  /** VPP was executed; called at each start. */
  readonly onExec?: () => void;
}

export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly connection: VppConnection;
  readonly stats: StatsPoller;
  readonly fib: VppFib;
  readonly kernelFib: KernelFib;
  readonly interfaces: VppInterfaces;
  readonly kernelInterfaces: KernelInterfaces;
  readonly service: Service | undefined;
  #hugepages: HugepageStatus = { state: 'not-needed', reason: 'VPP is not started by this program' };
  /** Why a configured NIC is not VPP's, by PCI address. */
  readonly refusals = new Map<string, string>();
  /** How the first start went: executed, or why not. */
  readonly #firstStart = Promise.withResolvers<string>();
  #version: string | undefined;
  #binaryVersion: { readonly identity: string; readonly version: VppVersion } | undefined;
  #restartsSeen = 0;
  #connectedSince: number | undefined;
  #connectedAtMs = 0;
  #stopping = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { config, logger, conditions } = options;
    this.connection = new VppConnection({
      socketPath: config.vpp.apiSocket,
      clientName: 'appliance',
      requiredMessages: REQUIRED_MESSAGES,
    });
    this.stats = new StatsPoller({
      socketPath: config.vpp.stats.socketPath,
      intervalMs: config.vpp.stats.pollIntervalSeconds * 1000,
      onStatus: (status) => {
        if (status.state === 'stale') logger.warning('stats', `stale: ${status.reason}`);
      },
    });
    this.interfaces = new VppInterfaces({
      configs: config.interfaces,
      onChange: (name, what) => {
        logger.info('interface', `${name} ${what}`);
        if (what === 'up' || what === 'added') this.fib.interfacesChanged();
      },
      onError: (name, reason) => logger.warning('interface', `${name}: ${reason}`),
    });
    this.fib = new VppFib({
      config: config.fib.vpp,
      routes: config.routes,
      resolveInterface: (name) => this.interfaces.indexOf(name),
      onError: (message) => logger.warning('fib', message),
    });
    const kernelName = (name: string): string | undefined => this.#kernelNameOf(name);
    this.kernelInterfaces = new KernelInterfaces(config.interfaces, kernelName);
    this.kernelFib = new KernelFib(config.routes, kernelName);
    this.#subscribe();
    if (config.vpp.enabled && !config.vpp.external) {
      this.service = new Service({
        name: 'vpp',
        policy: config.supervisor,
        logger,
        prepare: (signal) => this.#prepare(signal),
        onStarted: (pid, life) => this.#started(pid, life),
        onEnded: (end) => this.#ended(end),
        onLooping: (reason) => this.#fallBack(`VPP loops: ${reason}`),
        explainExit: (end) => explainExit(end),
        onStatus: (status) => {
          if (status.state !== 'looping') conditions.clear('vpp-looping');
        },
      });
    }
  }

  /** Starts what the configuration asks for; resolves without waiting for VPP. */
  async start(): Promise<string> {
    const { config, conditions } = this.#options;
    if (!config.vpp.enabled) {
      conditions.set('info', 'vpp', 'VPP is disabled (vpp.enabled = false): the kernel forwards');
      await this.#useKernel();
      return 'VPP is disabled: the kernel is the data plane';
    }
    if (config.vpp.external) {
      this.connection.start();
      this.stats.start();
      return `VPP is external: connecting to ${config.vpp.apiSocket}`;
    }
    this.service?.start();
    // What comes next in the boot (HTTP) must not delay VPP's exec, and not wait for ever for one either.
    const first = await Promise.race([
      this.#firstStart.promise,
      sleep(FIRST_START_MS, 'still being prepared'),
    ]);
    return `${config.vpp.binary}: ${first}`;
  }

  /** Stops VPP and what hangs on it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.service?.stop('the appliance stops');
    await this.connection[Symbol.asyncDispose]();
    this.fib[Symbol.dispose]();
    this.interfaces.detach();
    this.stats[Symbol.dispose]();
  }

  /** Gives every recorded NIC back to its driver; says what became of each. */
  async restoreNics(): Promise<string> {
    if (this.service === undefined) return 'no NIC was taken';
    const outcomes = await restoreNics({ runDir: this.#options.runDir });
    for (const { pciAddress, state, driver, kernelName, reason } of outcomes) {
      const words = `${pciAddress} ${state}, driver ${driver ?? 'none'}${kernelName === undefined ? '' : ` (${kernelName})`}`;
      if (state === 'failed') this.#options.logger.error('nic', `${words}: ${reason ?? 'unknown reason'}`);
      else this.#options.logger.info('nic', words);
    }
    return outcomes.length === 0
      ? 'no NIC was taken'
      : outcomes.map(({ pciAddress, driver }) => `${pciAddress} on ${driver ?? 'no driver'}`).join(', ');
  }

  get hugepages(): HugepageStatus {
    return this.#hugepages;
  }

  /** VPP's process and API, in words. */
  get vppStatus(): VppStatus {
    const { config } = this.#options;
    const process: ServiceStatus =
      this.service?.status ??
      (config.vpp.enabled
        ? { state: 'external', reason: `someone else runs it; its socket is ${config.vpp.apiSocket}` }
        : { state: 'disabled', reason: 'vpp.enabled is false' });
    const api = this.connection.status;
    const pid = this.service?.pid ?? ('vpePid' in api ? api.vpePid : undefined);
    return {
      process,
      api: apiStatus(api),
      ...(this.#version === undefined ? {} : { version: this.#version }),
      ...(pid === undefined ? {} : { pid }),
      ...(this.#connectedSince === undefined ? {} : { startedAt: this.#connectedSince }),
      restarts: this.service?.restarts ?? this.#restartsSeen,
    };
  }

  #subscribe(): void {
    const { logger, conditions } = this.#options;
    this.connection.on('connected', (event: ConnectedEvent) => {
      this.#version = event.version.version;
      this.#connectedSince = Date.now();
      this.#connectedAtMs = performance.now();
      if (event.kind === 'restarted') this.#restartsSeen += 1;
      conditions.clear('vpp-api');
      const word = event.kind === 'first' ? 'connected' : 'reconnected';
      logger.info('vpp', `${word}: API of VPP ${event.version.version}, pid ${event.vpePid} (${event.kind})`);
      this.#program(event).catch((error: unknown) => {
        // A broken connection is followed by a new one, which programs everything again.
        logger.warning(
          'vpp',
          `programming was cut off: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    });
    this.connection.on('disconnected', ({ reason }) => {
      this.#connectedSince = undefined;
      this.interfaces.detach();
      this.fib.detach(`VPP is disconnected: ${reason.text}`);
      this.stats.detach(`VPP is disconnected: ${reason.text}`);
      if (!this.#stopping) {
        conditions.set('error', 'vpp-api', `disconnected from VPP: ${reason.text}`);
      }
    });
    this.connection.on('incompatible', ({ reason }) => {
      conditions.set('error', 'vpp-api', `this VPP speaks another API: ${reason}`);
    });
  }

  async #program({ client, kind }: ConnectedEvent): Promise<void> {
    this.stats.reattach();
    await this.interfaces.attach(client);
    await this.fib.attach(client, kind);
    const { desired, programmed, failed } = this.fib.status;
    this.#options.logger.info('fib', `${programmed} of ${desired} routes programmed, ${failed} refused`);
  }

  /** Everything that one start of VPP needs; throws in words what is missing. */
  async #prepare(signal: AbortSignal): Promise<Command> {
    const { config, runDir, vppRunDir } = this.#options;
    const times = new Stopwatch();
    this.#useVpp();
    const version = await this.#readVersion(signal);
    times.lap('version');
    this.#version = version.text;
    const hugepages = await this.#ensureHugepages();
    times.lap('hugepages');
    const plans = hugepages ? await this.#bind() : [];
    times.lap('NICs');
    mkdirSync(vppRunDir, { recursive: true });
    for (const path of [config.vpp.apiSocket, config.vpp.stats.socketPath]) await freeSocketPath(path);
    const pluginDir = findPluginDir(config.vpp.binary);
    const uioDriver = plans.find((plan) => plan.kind === 'bind' || plan.kind === 'already')?.driver;
    const text = renderStartupConf(config, {
      version,
      runDir: vppRunDir,
      netnsPresent: exists(`${NETNS_DIR}/${config.vpp.lcp.netns}`),
      hugepages,
      pciAddresses: plans.filter(({ kind }) => kind !== 'refuse').map(({ pciAddress }) => pciAddress),
      ...(uioDriver === undefined ? {} : { uioDriver }),
      ...(pluginDir === undefined ? {} : { pluginDir }),
    });
    mkdirSync(runDir, { recursive: true });
    const path = `${runDir}/startup.conf`;
    writeFileSync(path, text);
    times.lap('startup.conf');
    this.#options.logger.info('vpp', `prepared in ${times.toString()}`);
    return { file: config.vpp.binary, args: ['-c', path] };
  }

  /** The binary's version, asked for again only when the file changed. */
  async #readVersion(signal: AbortSignal): Promise<VppVersion> {
    const { binary } = this.#options.config.vpp;
    const found = statSync(binary, { throwIfNoEntry: false });
    const identity = `${found?.ino} ${found?.size} ${found?.mtimeMs}`;
    if (this.#binaryVersion?.identity !== identity) {
      const version = await readVppVersion(binary, { signal, timeoutMs: VERSION_TIMEOUT_MS });
      this.#binaryVersion = { identity, version };
    }
    return this.#binaryVersion.version;
  }

  /** True when VPP can have hugepages. PID 1 fails without them; elsewhere VPP is started without. */
  async #ensureHugepages(): Promise<boolean> {
    const { config, conditions, ownsMachine, logger } = this.#options;
    const budget = hugepageBudget(config.vpp, { numaNodes: dpdkNumaNodes(config.vpp.cpu.mainCore) });
    // Only PID 1 takes memory from the machine; elsewhere what is free counts.
    this.#hugepages = await allocateHugepages(budget, ownsMachine ? {} : { write: async () => {} });
    if (this.#hugepages.state === 'ok') {
      conditions.clear('hugepages');
      return true;
    }
    const reason = 'reason' in this.#hugepages ? this.#hugepages.reason : 'unknown';
    if (ownsMachine || config.vpp.dpdk.interfaces.length > 0) {
      conditions.set('error', 'hugepages', reason);
      throw new Error(`no hugepages for VPP: ${reason}`);
    }
    this.#hugepages = {
      state: 'not-needed',
      reason: 'too few are free, and VPP runs in ordinary pages here',
    };
    logger.info('hugepages', `VPP is started without them: ${reason}`);
    return false;
  }

  async #bind(): Promise<NicPlan[]> {
    const { config, conditions, runDir, logger } = this.#options;
    this.refusals.clear();
    if (config.vpp.dpdk.interfaces.length === 0) return [];
    const inventory = takeInventory({ runDir });
    const managementInterface = chooseManagementInterface(
      inventory.nics,
      config.management.interface,
      config.vpp,
    );
    const plans = assessNics(inventory, config.vpp, { managementInterface });
    const outcomes = await bindNics(plans, { runDir });
    const usable = new Set<string>();
    for (const { pciAddress, name, state, driver, reason } of outcomes) {
      if (state === 'refused' || state === 'failed') {
        this.refusals.set(pciAddress, reason ?? state);
        conditions.set('error', `nic ${pciAddress}`, `${name} is not given to VPP: ${reason ?? state}`);
      } else {
        usable.add(pciAddress);
        conditions.clear(`nic ${pciAddress}`);
        if (reason !== undefined) conditions.set('warning', `nic ${pciAddress}`, `${name}: ${reason}`);
        logger.info('nic', `${pciAddress} (${name}) ${state}, driver ${driver ?? 'none'}`);
      }
    }
    return plans.filter(({ pciAddress }) => usable.has(pciAddress));
  }

  #started(pid: number, life: AbortSignal): void {
    this.#options.onExec?.();
    this.#firstStart.resolve(`executed as pid ${pid}`);
    this.connection.start();
    this.connection.retryNow();
    this.stats.start();
    this.#monitor(pid, life).catch((error: unknown) => this.#options.logger.error('vpp', String(error)));
  }

  /** Declares VPP stuck when its API does not answer in time, and has it restarted. */
  async #monitor(pid: number, life: AbortSignal): Promise<void> {
    const { config, logger } = this.#options;
    const startedAt = performance.now();
    const limitMs = config.vpp.startTimeoutSeconds * 1000;
    let socketAt: number | undefined;
    while (!life.aborted) {
      const { status } = this.connection;
      if ('vpePid' in status && status.vpePid === pid) {
        const after = socketAt === undefined ? 0 : this.#connectedAtMs - socketAt;
        logger.info('vpp', `API answered ${after.toFixed(0)} ms after its socket appeared`);
        return;
      }
      if (socketAt === undefined && exists(config.vpp.apiSocket)) {
        socketAt = performance.now();
        this.connection.retryNow();
      }
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > limitMs) {
        const what =
          socketAt === undefined ? 'did not open its API socket' : 'did not answer on its API socket';
        await this.service?.fail(
          `VPP ${what} within ${config.vpp.startTimeoutSeconds} s (vpp.start-timeout)`,
        );
        return;
      }
      if (status.state === 'connecting' && status.attemptsWithSocket >= ATTEMPTS_WITH_SOCKET) {
        const last = status.lastError === undefined ? '' : `: ${status.lastError}`;
        await this.service?.fail(`VPP did not answer ${ATTEMPTS_WITH_SOCKET} connection attempts${last}`);
        return;
      }
      await sleep(socketAt === undefined ? 20 : MONITOR_MS);
    }
  }

  #ended({ reason }: LifeEnd): void {
    this.#firstStart.resolve(`not executed: ${reason}`);
    if (!this.#stopping) this.#options.conditions.set('error', 'vpp', `VPP ended: ${reason}`);
    // A killed VPP leaves its socket files; nobody may take them for a VPP that is coming up.
    for (const path of [this.#options.config.vpp.apiSocket, this.#options.config.vpp.stats.socketPath]) {
      if (isSocket(path)) rmSync(path, { force: true });
    }
  }

  async #fallBack(reason: string): Promise<void> {
    const { conditions, config } = this.#options;
    const seconds = config.supervisor.loopRetryMs / 1000;
    conditions.set(
      'error',
      'vpp-looping',
      `${reason}; its NICs are back with the kernel, which forwards slowly; VPP is tried every ${seconds} s`,
    );
    await this.restoreNics();
    await this.#useKernel();
  }

  async #useKernel(): Promise<void> {
    this.kernelInterfaces.apply();
    await this.kernelFib.program();
  }

  #useVpp(): void {
    this.#options.conditions.clear('vpp');
    if (!this.kernelInterfaces.active) return;
    this.kernelFib.withdraw();
    this.kernelInterfaces.withdraw();
  }

  /** The kernel's name of a configured interface: by its PCI address, or the same name (a loopback, a VLAN). */
  #kernelNameOf(name: string): string | undefined {
    const nic = this.#options.config.vpp.dpdk.interfaces.find((candidate) => candidate.name === name);
    if (nic === undefined) return undefined;
    const found = takeInventory({ runDir: this.#options.runDir }).nics.find(
      ({ pciAddress }) => pciAddress === nic.pciAddress,
    );
    return found?.kernelInterface === true ? found.kernelName : undefined;
  }
}
