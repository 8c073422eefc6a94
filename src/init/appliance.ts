/**
 * Everything that runs, whoever owns the machine: configuration, data plane, telemetry and control. PID 1 and
 * `appliance run` are two ways of starting it.
 *
 * Owns the value behind /status; each part keeps its own state and is asked for it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config, ConfigProblem } from '../config/types.ts';
import type { ControlTarget } from '../control/mod.ts';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import type {
  ApplianceStatus,
  BoxStatus,
  ConfigStatus,
  FibRoute,
  ManagementStatus,
  NextHopStatus,
  OutputLine,
  RouteAnswer,
  StatusProvider,
} from '../telemetry/mod.ts';
import { dumpInterfaces } from '../vpp/api/mod.ts';
import { VppCommandLine, VppError } from '../vpp/mod.ts';
import { Changes } from './changes.ts';
import { Conditions, type Console } from '../log/mod.ts';
import { DataPlane, type MachineHooks, Feeds, NicReport, nextHopStatus } from '../dataplane/mod.ts';
import { type Appliers, LiveConfig, type LoadedConfig, machineFacts, readConfigFile } from '../live/mod.ts';
import { Phases } from './phases.ts';
import { type Service, Services } from '../supervise/mod.ts';
import { Web } from './web.ts';
import { reasonOf } from '../linux/mod.ts';

export const VERSION = process.env.APPLIANCE_VERSION ?? 'development';
/** For VPP's list of its interfaces. */
const INTERFACES_TIMEOUT_MS = 5_000;

/** What the owner of the machine adds: PID 1's `Box`. */
export interface MachineOwner {
  readonly hooks: MachineHooks;
  /** What takes a changed configuration beside the data plane, HTTP and the services. */
  readonly appliers: Omit<Appliers, 'data-plane' | 'http' | 'services'>;
  /** What changing requests do beside changing the configuration. */
  readonly target: Omit<ControlTarget, 'config' | 'runVppCommand' | 'retryVpp'>;
  readonly managementStatus: ManagementStatus;
  readonly managementInterface: string | undefined;
  /** Programs in the namespace ask for names from now on. Idempotent. */
  resolveNamesIn(netns: string): void;
  /** A configuration is to be kept from now on: it was confirmed, or read from the file again. */
  configKept(): void;
  status(): BoxStatus;
  services(): readonly Service[];
}

export interface ApplianceOptions {
  readonly console: Console;
  /** `performance.now()` of the first own line. */
  readonly startedAt: number;
  /** `/run/appliance` on the box. */
  readonly runDir: string;
  /** `/run/vpp` on the box. */
  readonly vppRunDir: string;
  /** PID 1's; undefined under `appliance run`. */
  readonly owner?: (appliance: Appliance) => MachineOwner;
}

/** Where the configuration came from and what is kept. */
export interface ApplianceMedia {
  /** Undefined under `appliance run`. */
  readonly boot: BootPartition | undefined;
  readonly data: DataPartition;
  /** Replaces the configuration's file as a whole. */
  readonly writeConfig: (text: string) => Promise<void>;
  /** No clock is before it, Unix milliseconds. */
  readonly builtAt: number;
}

/** Before `configure` was called there is nothing but phases and conditions. */
export class Appliance implements StatusProvider {
  readonly console: Console;
  readonly conditions: Conditions;
  readonly phases: Phases;
  readonly owner: MachineOwner | undefined;
  readonly #options: ApplianceOptions;
  readonly #changes = new Changes();
  readonly #nics: NicReport;
  #config: Config | undefined;
  #configStatus: ConfigStatus;
  #live: LiveConfig | undefined;
  #dataPlane: DataPlane | undefined;
  #feeds: Feeds | undefined;
  #web: Web | undefined;
  readonly #configured: Services;
  readonly #vppCommandLine: VppCommandLine;
  /** Subjects of conditions that the configuration in force is the reason of. */
  #warned: string[] = [];
  #execReported = false;
  #nextHops: { readonly of: Config | undefined; readonly value: readonly NextHopStatus[] } = {
    of: undefined,
    value: [],
  };

  constructor(options: ApplianceOptions) {
    this.#options = options;
    this.console = options.console;
    this.conditions = new Conditions(options.console, this.#changes.announce);
    this.phases = new Phases(options.console, options.startedAt);
    this.#configured = new Services({
      logger: options.console,
      onNamespace: (netns) => this.owner?.resolveNamesIn(netns),
      untilReady: async (netns, onWait, signal) => this.#dataPlane?.untilInterfaces(netns, onWait, signal),
      onChange: this.#changes.announce,
    });
    this.#nics = new NicReport(options.runDir);
    this.#vppCommandLine = new VppCommandLine({
      cliSocket: `${options.vppRunDir}/cli.sock`,
      interfaces: () => this.#vppInterfaces(),
    });
    this.#configStatus = {
      state: 'missing',
      source: 'default',
      path: '',
      reason: 'not read yet',
      problems: [],
    };
    this.owner = options.owner?.(this);
  }

  get config(): Config {
    return this.#need(this.#config);
  }

  get live(): LiveConfig {
    return this.#need(this.#live);
  }

  get dataPlane(): DataPlane {
    return this.#need(this.#dataPlane);
  }

  get web(): Web {
    return this.#need(this.#web);
  }

  /** Whether there is a configuration, and with it a data plane. */
  get isConfigured(): boolean {
    return this.#config !== undefined;
  }

  /** Takes a configuration into use: builds what it describes, starts nothing. */
  configure({ config, status, text }: LoadedConfig, media: ApplianceMedia): void {
    const { runDir, vppRunDir } = this.#options;
    const { console, conditions, owner } = this;
    this.#config = config;
    this.#setConfigStatus(status);
    for (const problem of status.problems) {
      const where = problem.line === 0 ? status.path : `${status.path}:${problem.line}`;
      console.log(problem.severity, 'config', `${where}: ${problem.leaf}: ${problem.message}`);
    }
    mkdirSync(runDir, { recursive: true });
    const dataPlane = new DataPlane({
      config,
      logger: console,
      conditions,
      runDir,
      vppRunDir,
      ownsMachine: owner !== undefined,
      hooks: { ...owner?.hooks, onExec: () => this.#reportExec() },
      onChange: this.#changes.announce,
      managementInterface: () => owner?.managementInterface,
    });
    this.#dataPlane = dataPlane;
    const { fib, kernelFib } = dataPlane;
    this.#feeds = new Feeds({ fib, kernelFib, runDir, logger: console, conditions });
    const web = new Web({
      source: this,
      console,
      conditions,
      runDir,
      ownsMachine: owner !== undefined,
      boot: media.boot,
      data: media.data,
      target: this.#target(),
      hostname: () => this.#hostname(),
      names: () => this.config.http.names,
      addresses: () => this.#managementAddresses(),
      builtAt: media.builtAt,
    });
    this.#web = web;
    let before = config;
    this.#live = new LiveConfig({
      text,
      config,
      isFile: status.state === 'ok',
      path: status.path,
      readFile: () => readConfigFile(status.path),
      writeFile: media.writeConfig,
      logger: console,
      conditions,
      facts: machineFacts,
      appliers: {
        ...(owner?.appliers ?? NOTHING_TO_APPLY),
        http: (next) => web.reconfigure(before, next),
        services: (next) => this.#configured.use(next),
        'data-plane': (next, how) => dataPlane.reconfigure(next, how),
      },
      onInForce: (running, warnings) => {
        before = running;
        this.#config = running;
        const isFirst = this.live.current() === text;
        this.#setConfigStatus(
          isFirst ? status : { state: 'ok', source: 'file', path: status.path, problems: warnings },
        );
        this.#changes.announce();
      },
    });
  }

  /** Reads the file again, and tries what loops at once. */
  async reload(): Promise<void> {
    this.#configured.retryNow();
    this.#dataPlane?.service?.retryNow();
    if (this.#live === undefined) return;
    try {
      const { result } = await this.#reload({ dryRun: false, restartVpp: false });
      // What was refused is said by whoever refused it.
      if (result !== 'rejected') this.console.info('config', `read again: ${result}`);
    } catch (error) {
      this.console.error('config', reasonOf(error));
    }
  }

  /** Starts what the configuration names; says what. */
  async startServices(): Promise<string> {
    await this.#configured.use(this.config);
    return this.#configured.names;
  }

  /** Ends what `startServices` started; says what. */
  stopServices(): Promise<string> {
    return this.#configured.stop();
  }

  /** Takes routes from feeders; says where. Rejects when it cannot. */
  startFeeds(): Promise<string> {
    return this.#need(this.#feeds).start();
  }

  /** Serves the page, metrics, JSON and control over TCP and a Unix socket; says where. */
  async startHttp(): Promise<string> {
    try {
      return await this.web.start(this.config);
    } catch (error) {
      const reason = reasonOf(error);
      this.conditions.set('error', 'http', reason);
      throw error;
    }
  }

  /** From now on nothing changes any more; before anything is stopped. */
  endChanges(): void {
    this.#live?.[Symbol.dispose]();
    this.#feeds?.[Symbol.dispose]();
  }

  async stopHttp(): Promise<void> {
    await this.#web?.[Symbol.asyncDispose]();
  }

  /** Which kernel interface management may have: the first NIC with one that is not meant for VPP. */
  freeKernelInterface(): string | undefined {
    return this.#nics.freeKernelInterface(this.config);
  }

  status(): ApplianceStatus {
    const plane = this.#dataPlane;
    const { totalMs } = this.phases;
    const { owner } = this;
    return {
      version: VERSION,
      hostname: this.#hostname(),
      pid: process.pid,
      mode: owner === undefined ? 'run' : 'pid1',
      uptimeSeconds: (performance.now() - this.#options.startedAt) / 1000,
      ...kernelRelease(),
      boot: { phases: this.phases.report, ...(totalMs === undefined ? {} : { totalMs }) },
      conditions: this.conditions.list(),
      config: this.#configStatus,
      ...(this.#live === undefined ? {} : { change: this.#live.status }),
      services: this.#services().map((service) => service.report()),
      vpp: plane?.vppStatus ?? {
        process: { state: 'disabled', reason: 'the configuration was not read yet' },
        api: { state: 'idle', reason: 'the configuration was not read yet' },
        restarts: 0,
        hangs: 0,
      },
      stats: plane?.stats.status ?? { state: 'idle', reason: 'the configuration was not read yet' },
      ...(plane === undefined ? {} : { statsReads: plane.stats.reads, apiTraffic: plane.connection.traffic }),
      ...(this.#config === undefined ? {} : { telemetry: this.#config.telemetry }),
      nics: this.#nics.list({
        config: this.#config,
        dataPlane: plane,
        managementInterface: owner?.managementInterface,
      }),
      interfaces: plane?.interfaceStatus ?? [],
      fib: plane === undefined ? [] : [plane.fib.vpp.status, plane.kernelFib.status],
      ...(plane?.kernelImport === undefined ? {} : { kernelImport: plane.kernelImport }),
      ...(this.#feeds === undefined ? {} : { feeds: this.#feeds.status }),
      nextHops: this.#nextHopStatus(),
      hugepages: plane === undefined ? [] : [plane.hugepages],
      management: owner?.managementStatus ?? { state: 'none', reason: 'the host owns its interfaces' },
      ...(owner === undefined ? {} : { box: owner.status() }),
    };
  }

  *fibRoutes(backend: 'vpp' | 'kernel'): Iterable<FibRoute> {
    const plane = this.#dataPlane;
    if (plane === undefined) return;
    yield* backend === 'vpp' ? plane.fib.vpp.programmed() : plane.kernelFib.programmed();
  }

  explainRoute(destination: string, table: string | undefined): RouteAnswer {
    const reason = 'the configuration was not read yet';
    return this.#feeds?.explain(destination, table) ?? { kind: 'none', reason };
  }

  statsSnapshot(): ReturnType<StatusProvider['statsSnapshot']> {
    return this.#dataPlane?.stats.latest;
  }

  log(name: string): readonly OutputLine[] | undefined {
    return (
      this.console.hub.log(name) ??
      this.#services()
        .find((service) => service.name === name)
        ?.log()
    );
  }

  followLog(name: string, listener: (line: OutputLine) => void): (() => void) | undefined {
    return this.console.hub.followLog(name, listener);
  }

  history(): ReturnType<StatusProvider['history']> {
    return this.#dataPlane?.stats.history;
  }

  watch(onChange: () => void): () => void {
    const unsubscribe = this.#changes.subscribe(onChange);
    this.#dataPlane?.setWatched(true);
    return () => {
      unsubscribe();
      if (this.#changes.listeners === 0) this.#dataPlane?.setWatched(false);
    };
  }

  #target(): ControlTarget {
    const { owner } = this;
    return {
      ...(owner?.target ?? REFUSES),
      config: {
        current: () => this.live.current(),
        put: (text, how) => this.live.put(text, how),
        confirm: async () => {
          const change = await this.live.confirm();
          if (change.result === 'applied') owner?.configKept();
          return change;
        },
        reload: (how) => this.#reload(how),
        confirmBefore: () => {
          const { status } = this.live;
          return status.state === 'waiting' ? status.confirmBefore : undefined;
        },
      },
      runVppCommand: (command) => this.#vppCommandLine.run(command),
      retryVpp: () => this.dataPlane.retryVpp(),
    };
  }

  async #reload(how: { dryRun: boolean; restartVpp: boolean }): ReturnType<LiveConfig['reload']> {
    const change = await this.live.reload(how);
    if (change.result === 'applied') this.owner?.configKept();
    return change;
  }

  #setConfigStatus(status: ConfigStatus): void {
    const { conditions } = this;
    this.#configStatus = status;
    if (status.state === 'ok') conditions.clear('config');
    else conditions.set('error', 'config', status.reason);
    // Too few cores, a NIC that is not there: true for as long as the machine is what it is.
    const warnings = status.problems.filter(({ severity }: ConfigProblem) => severity === 'warning');
    for (const leaf of this.#warned) if (!warnings.some((one) => one.leaf === leaf)) conditions.clear(leaf);
    for (const { leaf, message } of warnings) conditions.set('warning', leaf, message);
    this.#warned = warnings.map(({ leaf }) => leaf);
  }

  /** Worked out anew for another configuration only. */
  #nextHopStatus(): readonly NextHopStatus[] {
    if (this.#config !== this.#nextHops.of) {
      const value = this.#config === undefined ? [] : nextHopStatus(this.#config);
      this.#nextHops = { of: this.#config, value };
    }
    return this.#nextHops.value;
  }

  #hostname(): string {
    const own = this.owner === undefined ? undefined : this.#config?.system.hostname;
    return own ?? hostname();
  }

  /** As VPP has them now; rejects when it cannot be asked. */
  async #vppInterfaces(): Promise<{ name: string; isHardware: boolean }[]> {
    const client = this.#dataPlane?.connection.client;
    if (client === undefined) {
      throw new VppError('cli-unreachable', "VPP's interfaces are not known: its API is not connected");
    }
    const all = await dumpInterfaces(client, { timeoutMs: INTERFACES_TIMEOUT_MS });
    return all.map(({ name, swIfIndex, supSwIfIndex }) => ({ name, isHardware: supSwIfIndex === swIfIndex }));
  }

  #managementAddresses(): string[] {
    const status = this.owner?.managementStatus;
    if (status?.state !== 'ready') return [];
    return status.addresses.map((prefix) => prefix.replace(/\/.*/, ''));
  }

  #services(): Service[] {
    const own = [this.#dataPlane?.service, ...(this.owner?.services() ?? [])];
    return [...own.filter((service) => service !== undefined), ...this.#configured.list];
  }

  #reportExec(): void {
    if (this.#execReported) return;
    this.#execReported = true;
    const ms = performance.now() - this.#options.startedAt;
    this.console.info('boot', `VPP's exec ${ms.toFixed(0)} ms after the first own line`);
  }

  #need<T>(part: T | undefined): T {
    if (part === undefined) throw new Error('the configuration was not read yet');
    return part;
  }
}

/** `appliance run` has no machine: nothing of it follows the configuration. */
const NOTHING_TO_APPLY: MachineOwner['appliers'] = {
  system() {},
  log() {},
  update() {},
  watchdog() {},
  management() {},
};

const notTheMachine = async (): Promise<never> => {
  throw Object.assign(new Error('`appliance run` does not own the machine: only a box can do this'), {
    code: 'refused',
  });
};

const REFUSES: MachineOwner['target'] = {
  update: { receive: notTheMachine },
  power() {
    throw new Error('`appliance run` does not own the machine: end its process instead');
  },
  factoryReset: notTheMachine,
  installTargets: async () => [],
  install: notTheMachine,
};

function kernelRelease(): { kernel?: string } {
  try {
    return { kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim() };
  } catch {
    // No /proc: said by the phase that could not mount it.
    return {};
  }
}
