/**
 * Everything that runs regardless of who owns the machine: configuration, data plane, telemetry and control. PID 1 and
 * `appliance run` both start it.
 *
 * Owns the value behind /status; each part keeps its own state.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BgpSpeaker } from '../bgp/mod.ts';
import type { ConfigChange } from '../config/mod.ts';
import type { Config, ConfigProblem } from '../config/types.ts';
import type { ControlTarget } from '../control/mod.ts';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import type { ConfigStatus } from '../live/status.ts';
import type { NextHopStatus } from '../dataplane/status.ts';
import { withCounters } from '../objects/status.ts';
import type { FibRoute, RouteAnswer } from '../fib/status.ts';
import type { LogLine } from '../log/mod.ts';
import type { ApplianceStatus, StatusProvider } from '../status/mod.ts';
import { dumpInterfaces } from '../vpp/api/mod.ts';
import { VppCommandLine, VppError } from '../vpp/mod.ts';
import type { ShutdownStep } from '../machine/mod.ts';
import { DataPlane, Feeds, NicReport, nextHopStatus } from '../dataplane/mod.ts';
import {
  type ChangeOptions,
  LiveConfig,
  type LoadedConfig,
  machineFacts,
  readConfigFile,
} from '../live/mod.ts';
import type { Phase } from './phases.ts';
import { type MachineOwner, NO_OWNER } from './machine-owner.ts';
import type { Reports } from './reports.ts';
import { type Service, Services } from '../supervise/mod.ts';
import { Web } from './web.ts';
import { reasonOf } from '../linux/mod.ts';

export const VERSION = process.env.APPLIANCE_VERSION ?? 'development';
/** Timeout for VPP's list of interfaces. */
const INTERFACES_TIMEOUT_MS = 5_000;
/** Routes that wait for a FIB, beyond which BGP sessions are read no further. */
const MAX_BACKLOG = 131_072;

export interface ApplianceOptions {
  readonly reports: Reports;
  /** `/run/appliance` on the box. */
  readonly runDir: string;
  /** `/run/vpp` on the box. */
  readonly vppRunDir: string;
  readonly loaded: LoadedConfig;
  readonly media: ApplianceMedia;
  /** PID 1's; undefined under `appliance run`. */
  readonly owner?: MachineOwner;
}

/** The sources of the configuration and the storage. */
export interface ApplianceMedia {
  /** Undefined under `appliance run`. */
  readonly boot: BootPartition | undefined;
  readonly data: DataPartition;
  /** Replaces the configuration file as a whole. */
  readonly writeConfig: (text: string) => Promise<void>;
  /** Build time of the image, a lower bound of the clock, in Unix milliseconds. */
  readonly builtAt: number;
}

export class Appliance implements StatusProvider {
  readonly reports: Reports;
  readonly live: LiveConfig;
  readonly dataPlane: DataPlane;
  readonly web: Web;
  /** The actions of changing requests from any source. */
  readonly target: ControlTarget;
  readonly #owner: MachineOwner | undefined;
  readonly #nics: NicReport;
  readonly #feeds: Feeds;
  readonly #bgp: BgpSpeaker;
  readonly #services: Services;
  #config: Config;
  #configStatus: ConfigStatus;
  /** Subjects of conditions that the configuration in force causes. */
  #warned: string[] = [];
  #execReported = false;
  #nextHops: { readonly of: Config; readonly value: readonly NextHopStatus[] } | undefined;

  /** Creates the parts that the configuration describes; starts nothing. */
  constructor({ reports, runDir, vppRunDir, loaded, media, owner }: ApplianceOptions) {
    const { console, conditions, changes } = reports;
    const { config, status, text } = loaded;
    this.reports = reports;
    this.#owner = owner;
    this.#config = config;
    this.#configStatus = status;
    this.#setConfigStatus(status);
    for (const problem of status.problems) {
      const where = problem.line === 0 ? status.path : `${status.path}:${problem.line}`;
      console.log(problem.severity, 'config', `${where}: ${problem.leaf}: ${problem.message}`);
    }
    mkdirSync(runDir, { recursive: true });
    this.#nics = new NicReport(runDir);
    const dataPlane = new DataPlane({
      config,
      logger: console,
      conditions,
      runDir,
      vppRunDir,
      ownsMachine: owner !== undefined,
      hooks: { ...owner?.hooks, onExec: () => this.#reportExec() },
      onChange: changes.announce,
      managementInterface: () => owner?.managementInterface,
      onNameServers: (netns, servers) => owner?.useNameServersIn(netns, servers),
    });
    this.dataPlane = dataPlane;
    this.#services = new Services({
      logger: console,
      onNamespace: (netns) => owner?.resolveNamesIn(netns),
      untilReady: (netns, onWait, signal) => dataPlane.untilInterfaces(netns, onWait, signal),
      onChange: changes.announce,
    });
    const { fib, kernel } = dataPlane;
    const kernelFib = kernel.fib;
    this.#feeds = new Feeds({ fib, kernelFib, runDir, logger: console, conditions });
    this.#bgp = new BgpSpeaker({
      table: fib.table,
      isBehind: () => fib.vpp.backlog + kernelFib.backlog > MAX_BACKLOG,
      log: (line) => console.info('bgp', line),
      onTrouble: (subject, reason) => {
        if (reason === undefined) conditions.clear(subject);
        else conditions.set('error', subject, reason);
      },
      onChange: changes.announce,
    });
    this.live = new LiveConfig({
      text,
      config,
      isFile: status.state === 'ok',
      path: status.path,
      readFile: () => readConfigFile(status.path),
      writeFile: media.writeConfig,
      logger: console,
      conditions,
      facts: machineFacts,
      preview: (next) => dataPlane.interfaces.preview(next),
      appliers: {
        ...(owner?.appliers ?? NO_OWNER.appliers),
        http: (next) => this.web.reconfigure(next),
        services: (next) => this.#services.use(next),
        bgp: (next) => this.#bgp.use(next),
        'data-plane': (next, how) => dataPlane.reconfigure(next, how),
      },
      onInForce: (running, warnings) => {
        this.#config = running;
        const isFirst = this.live.current() === text;
        this.#setConfigStatus(
          isFirst ? status : { state: 'ok', source: 'file', path: status.path, problems: warnings },
        );
        changes.announce();
      },
    });
    this.target = this.#makeTarget(
      new VppCommandLine({
        cliSocket: `${vppRunDir}/cli.sock`,
        interfaces: () => this.#vppInterfaces(),
      }),
    );
    this.web = new Web({
      source: this,
      console,
      conditions,
      runDir,
      ownsMachine: owner !== undefined,
      boot: media.boot,
      data: media.data,
      target: this.target,
      hostname: () => this.#hostname(),
      names: () => this.config.http.names,
      addresses: () => this.#managementAddresses(),
      builtAt: media.builtAt,
    });
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#config;
  }

  /** Reloads the configuration file, and starts looping services at once. */
  async reload(): Promise<void> {
    const { console } = this.reports;
    this.#services.retryNow();
    this.dataPlane.vpp.service?.retryNow();
    try {
      const { result } = await this.#reload({ dryRun: false, restartVpp: false });
      // A rejection has been logged already.
      if (result !== 'rejected') console.info('config', `reloaded: ${result}`);
    } catch (error) {
      console.error('config', reasonOf(error));
    }
  }

  /** The phases that start the parts, in order. */
  phases(): Phase[] {
    return [
      { name: 'data-plane', run: () => this.dataPlane.start() },
      { name: 'feeds', run: () => this.#feeds.start() },
      { name: 'bgp', run: () => this.#startBgp() },
      { name: 'services', run: () => this.#startServices() },
      { name: 'http', run: () => this.web.start(this.#config) },
    ];
  }

  /** Ends all changes; called before anything is stopped. */
  endChanges(): void {
    this.live[Symbol.dispose]();
    this.#feeds[Symbol.dispose]();
    this.#bgp[Symbol.dispose]();
  }

  /**
   * The steps that stop what `phases` started, in order.
   *
   * @param beforeVpp steps to run after the services have ended, while VPP still forwards
   */
  shutdownSteps(beforeVpp: readonly ShutdownStep[] = []): ShutdownStep[] {
    return [
      { name: 'services stopped', timeoutMs: 8_000, run: () => this.#services.stop() },
      ...beforeVpp,
      { name: 'VPP stopped', timeoutMs: 8_000, run: () => this.dataPlane.stop() },
      { name: 'NICs restored', timeoutMs: 5_000, run: () => this.dataPlane.vpp.restoreNics() },
      { name: 'HTTP stopped', timeoutMs: 1_000, run: () => this.web[Symbol.asyncDispose]() },
    ];
  }

  async #startBgp(): Promise<string> {
    await this.#bgp.use(this.#config);
    return this.#bgp.status?.neighbors.map(({ name }) => name).join(', ') || 'none';
  }

  async #startServices(): Promise<string> {
    await this.#services.use(this.#config);
    return this.#services.names;
  }

  status(): ApplianceStatus {
    const { dataPlane: plane, reports } = this;
    const { totalMs } = reports.phases;
    const owner = this.#owner;
    const bgp = this.#bgp.status;
    const { ruleHits } = plane.kernel;
    const { certificate } = this.web;
    const https = certificate && {
      fingerprint: certificate.fingerprint,
      source: certificate.source,
      expiresAt: certificate.expiresAt,
    };
    return {
      version: VERSION,
      hostname: this.#hostname(),
      pid: process.pid,
      mode: owner === undefined ? 'run' : 'pid1',
      uptimeSeconds: (performance.now() - reports.startedAt) / 1000,
      ...kernelRelease(),
      boot: { phases: reports.phases.report, ...(totalMs === undefined ? {} : { totalMs }) },
      conditions: reports.conditions.list(),
      config: this.#configStatus,
      change: this.live.status,
      services: this.#allServices().map((service) => service.report()),
      vpp: plane.vpp.status,
      stats: plane.vpp.stats.status,
      statsReads: plane.vpp.stats.reads,
      apiTraffic: plane.vpp.connection.traffic,
      telemetry: this.#config.telemetry,
      nics: this.#nics.list({
        config: this.#config,
        dataPlane: plane,
        managementInterface: owner?.managementInterface,
      }),
      interfaces: plane.interfaceStatus,
      objects: withCounters(plane.interfaces.objects, plane.vpp.stats.latest?.snapshot),
      wans: plane.wans.status,
      ...(ruleHits.length === 0 ? {} : { kernelRules: ruleHits }),
      fib: [plane.fib.vpp.status, plane.kernel.fib.status],
      ...(plane.kernel.importStatus === undefined ? {} : { kernelImport: plane.kernel.importStatus }),
      feeds: this.#feeds.status,
      ...(bgp === undefined ? {} : { bgp }),
      nextHops: this.#nextHopStatus(),
      hugepages: [plane.vpp.hugepages],
      management: owner?.managementStatus ?? { state: 'none', reason: 'the host owns its interfaces' },
      ...(owner === undefined
        ? {}
        : { box: { ...owner.status(), ...(https === undefined ? {} : { https }) } }),
    };
  }

  *fibRoutes(backend: 'vpp' | 'kernel'): Iterable<FibRoute> {
    const { fib, kernel } = this.dataPlane;
    yield* backend === 'vpp' ? fib.vpp.programmed() : kernel.fib.programmed();
  }

  explainRoute(destination: string, table: string | undefined): RouteAnswer {
    return this.#feeds.explain(destination, table);
  }

  statsSnapshot(): ReturnType<StatusProvider['statsSnapshot']> {
    return this.dataPlane.vpp.stats.latest;
  }

  log(name: string): readonly LogLine[] | undefined {
    return (
      this.reports.console.hub.log(name) ??
      this.#allServices()
        .find((service) => service.name === name)
        ?.log()
    );
  }

  followLog(name: string, listener: (line: LogLine) => void): (() => void) | undefined {
    return this.reports.console.hub.followLog(name, listener);
  }

  history(): ReturnType<StatusProvider['history']> {
    return this.dataPlane.vpp.stats.history;
  }

  watch(onChange: () => void): () => void {
    const { changes } = this.reports;
    const unsubscribe = changes.subscribe(onChange);
    this.dataPlane.vpp.setWatched(true);
    return () => {
      unsubscribe();
      if (changes.listeners === 0) this.dataPlane.vpp.setWatched(false);
    };
  }

  #makeTarget(vppCommandLine: VppCommandLine): ControlTarget {
    const { live } = this;
    const ofTheMachine = this.#owner?.target ?? NO_OWNER.target;
    return {
      ...ofTheMachine,
      factoryReset: (options) => ofTheMachine.factoryReset(options, this.#config),
      config: {
        current: () => live.current(),
        put: (text, how) => live.put(text, how),
        confirm: () => this.#kept(live.confirm()),
        reload: (how) => this.#reload(how),
        confirmBefore: () => (live.status.state === 'waiting' ? live.status.confirmBefore : undefined),
      },
      runVppCommand: (command) => vppCommandLine.run(command),
      retryVpp: () => this.dataPlane.vpp.retry(),
    };
  }

  #reload(how: ChangeOptions): Promise<ConfigChange> {
    return this.#kept(this.live.reload(how));
  }

  /** A permanent configuration has to be proven good. */
  async #kept(changing: Promise<ConfigChange>): Promise<ConfigChange> {
    const change = await changing;
    if (change.result === 'applied') this.#owner?.configKept();
    return change;
  }

  #setConfigStatus(status: ConfigStatus): void {
    const { conditions } = this.reports;
    this.#configStatus = status;
    if (status.state === 'ok') conditions.clear('config');
    else conditions.set('error', 'config', status.reason);
    // Too few cores, an absent NIC: true until the machine changes.
    const warnings = status.problems.filter(({ severity }: ConfigProblem) => severity === 'warning');
    for (const leaf of this.#warned) if (!warnings.some((one) => one.leaf === leaf)) conditions.clear(leaf);
    for (const { leaf, message } of warnings) conditions.set('warning', leaf, message);
    this.#warned = warnings.map(({ leaf }) => leaf);
  }

  /** Computed once per configuration. */
  #nextHopStatus(): readonly NextHopStatus[] {
    if (this.#nextHops?.of !== this.#config) {
      this.#nextHops = { of: this.#config, value: nextHopStatus(this.#config) };
    }
    return this.#nextHops.value;
  }

  #hostname(): string {
    const own = this.#owner === undefined ? undefined : this.#config.system.hostname;
    return own ?? hostname();
  }

  /** VPP's current interfaces; rejects when its API is not connected. */
  async #vppInterfaces(): Promise<{ name: string; isHardware: boolean }[]> {
    const client = this.dataPlane.vpp.connection.client;
    if (client === undefined) {
      throw new VppError('cli-unreachable', "cannot list VPP's interfaces: its API is not connected");
    }
    const all = await dumpInterfaces(client, { timeoutMs: INTERFACES_TIMEOUT_MS });
    return all.map(({ vppName: name, swIfIndex, supSwIfIndex }) => ({
      name,
      isHardware: supSwIfIndex === swIfIndex,
    }));
  }

  #managementAddresses(): string[] {
    const status = this.#owner?.managementStatus;
    if (status?.state !== 'ready') return [];
    return status.addresses.map((prefix) => prefix.replace(/\/.*/, ''));
  }

  #allServices(): Service[] {
    const own = [
      this.dataPlane.vpp.service,
      ...this.dataPlane.wans.services,
      ...(this.#owner?.services() ?? []),
    ];
    return [...own.filter((service) => service !== undefined), ...this.#services.list];
  }

  #reportExec(): void {
    if (this.#execReported) return;
    this.#execReported = true;
    const { console, startedAt } = this.reports;
    const ms = performance.now() - startedAt;
    console.info('boot', `VPP's exec ${ms.toFixed(0)} ms after the first own line`);
  }
}

function kernelRelease(): { kernel?: string } {
  try {
    return { kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim() };
  } catch {
    // No /proc: reported by the phase that failed to mount it.
    return {};
  }
}
