/**
 * Everything that runs, whoever owns the machine: configuration, data plane, telemetry. PID 1 and
 * `appliance run` are two ways of starting it.
 *
 * Owns the value behind /status; each part keeps its own state and is asked for it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '../config/types.ts';
import { iniLineFor, type Inventory, type Nic, takeInventory } from '../dpdk/mod.ts';
import { isErrno } from '../linux/mod.ts';
import type {
  ApplianceStatus,
  ConfigStatus,
  FibRoute,
  HttpServer,
  ManagementStatus,
  NicRole,
  NicStatus,
  OutputLine,
  StatusProvider,
} from '../telemetry/mod.ts';
import { runCli } from '../vpp/mod.ts';
import { Conditions } from './conditions.ts';
import type { Console } from './console.ts';
import { DataPlane } from './data-plane.ts';
import type { Management } from './management.ts';
import { Phases } from './phases.ts';
import type { Service } from './service.ts';

export const VERSION = process.env.APPLIANCE_VERSION ?? 'development';
/** How long a reading of the PCI bus serves, in ms: /status may be asked for often. */
const INVENTORY_MS = 1_000;
const VPPCTL_TIMEOUT_MS = 10_000;

export interface ApplianceOptions {
  readonly mode: 'pid1' | 'run';
  readonly console: Console;
  /** `performance.now()` of the first own line. */
  readonly startedAt: number;
  /** `/run/appliance` on the box. */
  readonly runDir: string;
  /** `/run/vpp` on the box. */
  readonly vppRunDir: string;
}

/** Before `configure` was called there is nothing but phases and conditions. */
export class Appliance implements StatusProvider {
  readonly console: Console;
  readonly conditions: Conditions;
  readonly phases: Phases;
  readonly #options: ApplianceOptions;
  #config: Config | undefined;
  #configStatus: ConfigStatus;
  #dataPlane: DataPlane | undefined;
  #http: HttpServer | undefined;
  #inventory: { readonly at: number; readonly value: Inventory } | undefined;
  /** Set by PID 1, which alone owns a management interface. */
  management: Management | undefined;

  constructor(options: ApplianceOptions) {
    this.#options = options;
    this.console = options.console;
    this.conditions = new Conditions(options.console);
    this.phases = new Phases(options.console, options.startedAt);
    this.#configStatus = {
      state: 'missing',
      source: 'default',
      path: '',
      reason: 'not read yet',
      problems: [],
    };
  }

  get config(): Config {
    if (this.#config === undefined) throw new Error('the configuration was not read yet');
    return this.#config;
  }

  get dataPlane(): DataPlane {
    if (this.#dataPlane === undefined) throw new Error('the configuration was not read yet');
    return this.#dataPlane;
  }

  /** Takes a configuration into use: builds what it describes, starts nothing. */
  configure(config: Config, status: ConfigStatus): void {
    this.#config = config;
    this.#configStatus = status;
    const where = (line: number): string => (line === 0 ? status.path : `${status.path}:${line}`);
    if (status.state !== 'ok') this.conditions.set('error', 'config', status.reason);
    for (const problem of status.problems) {
      const words = `${where(problem.line)}: ${problem.leaf}: ${problem.message}`;
      this.console.log(problem.severity, 'config', words);
      // Too few cores, a NIC that is not there: true for as long as the machine is what it is.
      if (problem.severity === 'warning') this.conditions.set('warning', problem.leaf, problem.message);
    }
    mkdirSync(this.#options.runDir, { recursive: true });
    this.#dataPlane = new DataPlane({
      config,
      logger: this.console,
      conditions: this.conditions,
      runDir: this.#options.runDir,
      vppRunDir: this.#options.vppRunDir,
      ownsMachine: this.#options.mode === 'pid1',
      onExec: () => this.#reportExec(),
    });
  }

  /** Ends the wait of a looping VPP; without effect otherwise. */
  retryVpp(): void {
    this.#dataPlane?.service?.retryNow();
  }

  /** Serves the page, metrics and JSON over TCP, and the same over a Unix socket for the command line. */
  async startHttp(): Promise<string> {
    const { startHttpServer } = await import('../telemetry/mod.ts');
    const { listen } = this.config.http;
    const logger = (line: string): void => this.console.info('http', line);
    const socket = { path: `${this.#options.runDir}/appliance.sock` };
    try {
      const start = (host: string): Promise<HttpServer> =>
        startHttpServer({ listen: [{ ...listen, host }, socket], source: this, logger });
      // A kernel without IPv6 has no [::]: there it means all of IPv4.
      this.#http = await start(listen.host).catch((error: unknown) => {
        if (listen.host !== '::' || !isWithoutIpv6(error)) throw error;
        return start('0.0.0.0');
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.conditions.set('error', 'http', reason);
      throw error;
    }
    const [bound] = this.#http.addresses;
    return bound !== undefined && 'port' in bound ? `port ${bound.port}` : 'no TCP port';
  }

  async stopHttp(): Promise<void> {
    await this.#http?.[Symbol.asyncDispose]();
    this.#http = undefined;
  }

  /** Which kernel interface management may have: the first NIC with one that is not meant for VPP. */
  freeKernelInterface(): string | undefined {
    const { vpp } = this.config;
    const taken = new Set(
      vpp.enabled && !vpp.external ? vpp.dpdk.interfaces.map(({ pciAddress }) => pciAddress) : [],
    );
    return takeInventory({ runDir: this.#options.runDir }).nics.find(
      (nic) => nic.kernelInterface && nic.kernelName !== undefined && !taken.has(nic.pciAddress),
    )?.kernelName;
  }

  status(): ApplianceStatus {
    const plane = this.#dataPlane;
    const { totalMs } = this.phases;
    return {
      version: VERSION,
      hostname: this.#options.mode === 'pid1' ? (this.#config?.system.hostname ?? hostname()) : hostname(),
      pid: process.pid,
      mode: this.#options.mode,
      uptimeSeconds: (performance.now() - this.#options.startedAt) / 1000,
      ...kernelRelease(),
      boot: { phases: this.phases.report, ...(totalMs === undefined ? {} : { totalMs }) },
      conditions: this.conditions.list(),
      config: this.#configStatus,
      services: this.#services().map((service) => service.report()),
      vpp: plane?.vppStatus ?? {
        process: { state: 'disabled', reason: 'the configuration was not read yet' },
        api: { state: 'idle', reason: 'the configuration was not read yet' },
        restarts: 0,
      },
      stats: plane?.stats.status ?? { state: 'idle', reason: 'the configuration was not read yet' },
      nics: this.#nics(),
      interfaces: plane === undefined ? [] : [...plane.interfaces.status, ...plane.kernelInterfaces.status],
      fib: plane === undefined ? [] : [plane.fib.status, plane.kernelFib.status],
      hugepages: plane === undefined ? [] : [plane.hugepages],
      management: this.#managementStatus(),
    };
  }

  *fibRoutes(): Iterable<FibRoute> {
    if (this.#dataPlane !== undefined) yield* this.#dataPlane.fib.programmed();
  }

  statsSnapshot(): ReturnType<StatusProvider['statsSnapshot']> {
    return this.#dataPlane?.stats.latest;
  }

  log(name: string): readonly OutputLine[] | undefined {
    if (name === 'appliance') return this.console.ring.tail();
    return this.#services()
      .find((service) => service.name === name)
      ?.log();
  }

  vppctl(command: string, signal: AbortSignal): Promise<string> {
    const timeoutMs = VPPCTL_TIMEOUT_MS;
    return runCli(`${this.#options.vppRunDir}/cli.sock`, command, { signal, timeoutMs });
  }

  #services(): Service[] {
    return [this.#dataPlane?.service, this.management?.service].filter((service) => service !== undefined);
  }

  #managementStatus(): ManagementStatus {
    if (this.management !== undefined) return this.management.status;
    const reason = this.#options.mode === 'run' ? 'the host owns its interfaces' : 'not started yet';
    return { state: 'none', reason };
  }

  #nics(): NicStatus[] {
    const now = performance.now();
    if (this.#inventory === undefined || now - this.#inventory.at > INVENTORY_MS) {
      this.#inventory = { at: now, value: takeInventory({ runDir: this.#options.runDir }) };
    }
    const { nics } = this.#inventory.value;
    return nics.map((nic) => this.#nicStatus(nic, nics));
  }

  #nicStatus(nic: Nic, nics: readonly Nic[]): NicStatus {
    const given = this.#config === undefined ? [] : this.#config.vpp.dpdk.interfaces;
    return {
      pciAddress: nic.pciAddress,
      pciId: nic.pciId,
      ...(nic.mac === undefined ? {} : { mac: nic.mac }),
      ...(nic.kernelName === undefined ? {} : { kernelName: nic.kernelName }),
      ...(nic.driver === undefined ? {} : { driver: nic.driver }),
      ...(nic.originalDriver === undefined ? {} : { originalDriver: nic.originalDriver }),
      link: nic.link,
      ...(nic.speedMbps === undefined ? {} : { speedMbps: nic.speedMbps }),
      ...(nic.iommuGroup === undefined ? {} : { iommuGroup: nic.iommuGroup }),
      groupMembers: nic.groupMembers.map(({ pciAddress }) => pciAddress),
      use: this.#roleOf(nic),
      iniLine: iniLineFor(nic, nics, { dpdk: { unsafeNoIommu: false, interfaces: given } }),
    };
  }

  #roleOf(nic: Nic): NicRole {
    const configured = this.#config?.vpp.dpdk.interfaces.find(
      ({ pciAddress }) => pciAddress === nic.pciAddress,
    );
    if (configured === undefined) {
      const name = this.management?.interfaceName;
      const isManagement = name !== undefined && nic.kernelName === name;
      return isManagement ? { role: 'management', name } : { role: 'free' };
    }
    const { name } = configured;
    const refusal = this.#dataPlane?.refusals.get(nic.pciAddress);
    if (refusal !== undefined) return { role: 'refused', name, reason: refusal };
    if (this.#dataPlane?.kernelInterfaces.active === true) {
      return { role: 'fallback', name, reason: 'VPP does not run: the kernel forwards' };
    }
    return { role: 'vpp', name };
  }

  #execReported = false;

  #reportExec(): void {
    if (this.#execReported) return;
    this.#execReported = true;
    const ms = performance.now() - this.#options.startedAt;
    this.console.info('boot', `VPP's exec ${ms.toFixed(0)} ms after the first own line`);
  }
}

function isWithoutIpv6(error: unknown): boolean {
  return error instanceof Error && isErrno(error.cause, 'EAFNOSUPPORT', 'EADDRNOTAVAIL');
}

function kernelRelease(): { kernel?: string } {
  try {
    return { kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim() };
  } catch {
    // No /proc: said by the phase that could not mount it.
    return {};
  }
}
