/**
 * One emulated VPP in this process: state, sockets, faults. `main.ts` adds the behaviour of a process.
 */

import type { Server } from 'node:net';
import { addressText } from './address-bytes.ts';
import { ApiServer } from './api-server.ts';
import type { CliFacts } from './cli-command.ts';
import { type CliResult, runCommand } from './cli-commands.ts';
import { serveCli } from './cli-server.ts';
import type { ControlCommand } from './control.ts';
import { Faults, type StartFaults } from './faults.ts';
import { FibDigest, type ReportedRoute, reportRoutes, routeLine } from './fib-report.ts';
import { assignMessageIds } from './message-names.ts';
import { LinuxLinks } from './linux-links.ts';
import { isFrom, releaseOf } from './release.ts';
import { spin } from './spin.ts';
import type { StartupConf } from './startup-conf.ts';
import { EmulatedStats } from './stats.ts';
import { type Interface, VppState } from './vpp-state.ts';

const PLUGINS = [
  'dpdk_plugin.so',
  'linux_cp_plugin.so',
  'linux_nl_plugin.so',
  'tap_plugin.so',
  'policer_plugin.so',
  'acl_plugin.so',
  'nat_plugin.so',
  'vxlan_plugin.so',
];
/** Delay from an open API socket to the interfaces of VPP's native drivers: a process of VPP attaches them. */
const NATIVE_MS = 200;
const RESTART_MS = 200;
/** Added to the process id by `restart`, so that the new id is unused. */
const PID_STEP = 10_000_000;

interface Parts {
  readonly state: VppState;
  readonly api: ApiServer;
  readonly stats: EmulatedStats;
  cli: Server | undefined;
}

export class EmulatedVpp {
  readonly #conf: StartupConf;
  readonly #startFaults: StartFaults;
  readonly #faults = new Faults();
  readonly #version: string;
  readonly #links: LinuxLinks | undefined;
  readonly #buildDate = '2025-02-26T12:00:00';
  #pid = process.pid;
  #parts: Parts | undefined;

  constructor(conf: StartupConf, startFaults: StartFaults & { readonly version: string }) {
    this.#conf = conf;
    this.#startFaults = startFaults;
    this.#links = startFaults.wire === undefined ? undefined : new LinuxLinks(startFaults.wire);
    this.#version = startFaults.version;
    for (const [message, retval] of Object.entries(startFaults.refuse ?? {})) {
      this.#faults.set(message, { kind: 'error', retval });
    }
  }

  /** Opens the sockets; rejects with an Error in VPP's words. */
  async start(): Promise<void> {
    const conf = this.#conf;
    const { namespaces = [], linkMs } = this.#startFaults;
    const lcp = {
      isSync: conf.lcpSync,
      defaultNetns: conf.lcpDefaultNetns,
      namespaces,
      links: this.#links,
      hasTaps: conf.hasTaps,
      hasOsi: ['ppp', 'osi'].every((name) => conf.isPluginEnabled(`${name}_plugin.so`)),
    };
    const state = new VppState(lcp, {
      linkMs,
      bonds: {
        hasLacp: conf.isPluginEnabled('lacp_plugin.so'),
        followsMembers: isFrom(releaseOf(this.#version), [26, 6]),
      },
      takesIcmpForAttached: !isFrom(releaseOf(this.#version), [26, 2]),
      leaksNeighbors: !isFrom(releaseOf(this.#version), [26, 6]),
    });
    const { workers, perNodeCounters, statsBytes: sizeBytes } = conf;
    for (const { pciAddress, name, rxQueues, txQueues } of conf.dpdkDevices) {
      state.addDpdk(pciAddress, name, { rx: rxQueues, tx: txQueues === 0 ? workers + 1 : txQueues });
    }
    const stats = new EmulatedStats({
      ...{ state, sizeBytes, workers, perNodeCounters },
      hasNat: conf.isPluginEnabled('nat_plugin.so'),
    });
    const ids = assignMessageIds({
      wrongCrc: this.#startFaults.wrongCrc ?? [],
      missing: this.#startFaults.missing ?? [],
      isPluginEnabled: (file) => conf.isPluginEnabled(file),
      passesProtocols: isFrom(releaseOf(this.#version), [25, 6]),
      seed: this.#pid,
    });
    const facts = { vpePid: this.#pid, version: this.#version, buildDate: this.#buildDate };
    const api = new ApiServer({ state, ids, faults: this.#faults, facts });
    const parts: Parts = { state, api, stats, cli: undefined };
    this.#parts = parts;
    if (conf.statsSocket !== undefined) await stats.serve(conf.statsSocket);
    if (conf.cliSocket !== undefined)
      parts.cli = await serveCli(conf.cliSocket, (line) => this.#runCli(line));
    if (conf.apiSocket !== undefined && this.#startFaults.neverOpenSocket !== true)
      await api.listen(conf.apiSocket);
    setTimeout(() => {
      if (this.#parts !== parts) return;
      for (const { name } of conf.nativeDevices) state.addNative(name);
    }, NATIVE_MS).unref();
  }

  /** Closes the sockets and removes their files, as a VPP that exits normally does. */
  async stop(): Promise<void> {
    const parts = this.#parts;
    this.#parts = undefined;
    if (parts === undefined) return;
    for (const { netns, hostIfName } of parts.state.lcp.all()) this.#links?.delete(netns, hostIfName);
    parts.stats[Symbol.dispose]();
    parts.cli?.close();
    if (this.#startFaults.neverOpenSocket !== true) await parts.api.close();
  }

  #runCli(line: string): CliResult {
    const facts: CliFacts = {
      version: this.#version,
      buildDate: this.#buildDate,
      vpePid: this.#pid,
      plugins: PLUGINS.filter((name) => this.#conf.isPluginEnabled(name)),
    };
    return runCommand(line, this.#running().state, facts);
  }

  #running(): Parts {
    if (this.#parts === undefined) throw new Error('the emulated VPP is not running');
    return this.#parts;
  }

  #interface(name: string): Interface {
    for (const one of this.#running().state.interfaces.values()) if (one.name === name) return one;
    throw new Error(`unknown interface '${name}'`);
  }

  /** Executes a control command; throws an Error for an impossible one. */
  control(given: ControlCommand): object | undefined {
    const parts = this.#running();
    switch (given.command) {
      case 'crash':
        // The answer must leave first.
        setTimeout(() => process.kill(process.pid, given.signal ?? 'SIGKILL'), 5);
        return undefined;
      case 'hang':
        this.#faults.isHanging = true;
        parts.stats.stop();
        if (given.ms !== undefined) setTimeout(() => this.#resume(), given.ms);
        return undefined;
      case 'resume':
        this.#resume();
        return undefined;
      case 'spin':
        // The answer must leave first.
        setTimeout(() => spin(given.ms), 5);
        return undefined;
      case 'late':
        this.#faults.set(given.message, { kind: 'late', delayMs: given.ms }, given);
        return undefined;
      case 'error':
        this.#faults.set(given.message, { kind: 'error', retval: given.retval }, given);
        return undefined;
      case 'drop':
        this.#faults.set(given.message, { kind: 'drop' }, given);
        return undefined;
      case 'lose':
        this.#faults.set(given.message, { kind: 'lose' }, given);
        return undefined;
      case 'seed':
        this.#faults.seed(given.seed);
        return undefined;
      case 'clear':
        this.#faults.clear();
        return undefined;
      case 'disconnect':
        if (given.afterRequests === undefined) parts.api.disconnectAll();
        else this.#faults.disconnectAfter = given.afterRequests;
        return undefined;
      case 'restart':
        void this.#restart(given.ms ?? RESTART_MS);
        return undefined;
      case 'link':
        parts.state.setCarrier(this.#interface(given.interface), given.up);
        return undefined;
      case 'counters':
        parts.stats.bump(
          this.#interface(given.interface).swIfIndex,
          given.counter,
          given.packets,
          given.bytes,
        );
        return undefined;
      case 'stall':
        if (given.stalled) parts.stats.stalled.add(given.worker);
        else parts.stats.stalled.delete(given.worker);
        return undefined;
      case 'structural':
        for (let round = 0; round < (given.rounds ?? 1); round++) {
          const made = parts.state.createLoopback(Buffer.alloc(6), undefined);
          if (typeof made !== 'number') parts.state.deleteLoopback(made.swIfIndex);
        }
        return { epoch: parts.stats.segment.epoch };
      case 'fib':
        return { routes: [...this.routes()] };
      case 'fib-digest':
        return this.#digest();
      case 'fib-dump':
        throw new Error('fib-dump is streamed: use a separate connection');
      case 'state':
        return this.#describe();
      default:
        throw new Error(`unknown command ${JSON.stringify(given)}`);
    }
  }

  #resume(): void {
    this.#faults.isHanging = false;
    this.#parts?.stats.start();
    this.#parts?.api.resume();
  }

  async #restart(ms: number): Promise<void> {
    await this.stop();
    this.#pid += PID_STEP;
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.start();
  }

  /** The routes of the API; a restart of the emulated VPP deletes them. */
  routes(): Iterable<ReportedRoute> {
    return reportRoutes(this.#running().state);
  }

  #digest(): object {
    const digest = new FibDigest();
    for (const route of this.routes()) digest.add(routeLine(route));
    return { routes: digest.routes, digest: digest.text };
  }

  #describe(): object {
    const { state, api } = this.#running();
    const interfaces = [...state.interfaces.values()].map((one) => ({
      swIfIndex: one.swIfIndex,
      name: one.name,
      adminUp: one.adminUp,
      linkUp: one.linkUp,
      mtu: one.mtu,
      linkMtu: one.linkMtu,
      mpls: one.mplsEnables > 0,
      tables: one.tables,
      ipv4: one.isIpv4On,
      ipv6Enables: one.ipv6Enables,
      isPromiscuous: one.isPromiscuous,
      addresses: one.addresses.map(({ address, length }) => `${addressText(address)}/${length}`),
    }));
    const tables = state.fib
      .tables()
      .map(({ family, id, name, apiRoutes }) => ({ family, id, name, apiRoutes }));
    return {
      vpePid: this.#pid,
      clients: api.clientCount,
      received: Object.fromEntries(api.received),
      interfaces,
      tables,
      multicast: state.multicast.describe(),
      ipv6Accepts: state.multicast.describeAccepts(),
      neighborLimits: state.neighborLimits,
      proxyRanges: [...state.proxyRanges],
      proxyInterfaces: [...state.proxyInterfaces].map((index) => state.interfaces.get(index)?.name),
      passedProtocols: [...state.lcp.passedProtocols].sort(),
      pairs: state.lcp.all().map((pair) => ({
        ...pair,
        linux: { ...pair.linux, addresses: [...pair.linux.addresses] },
      })),
    };
  }
}
