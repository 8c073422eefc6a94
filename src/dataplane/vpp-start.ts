/**
 * Prepares one start of VPP: frees the paths of its sockets, allocates hugepages, binds its NICs to their drivers, and
 * writes a startup.conf for the version of the binary.
 *
 * Keeps the results of the last start: the version, the hugepages, and which NICs were refused and why.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import {
  allocateHugepages,
  assessNics,
  bindNics,
  chooseManagementInterface,
  dpdkNumaNodes,
  hugepageBudget,
  type NicPlan,
  takeInventory,
} from '../dpdk/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import type { HugepageStatus, NicRefusal } from '../dpdk/status.ts';
import {
  findPluginDir,
  hasDriverFile,
  hasPlugin,
  missingWords,
  readVppVersion,
  renderStartupConf,
  type StartupConfOptions,
  startupPlugins,
  type VppVersion,
  whyNotNative,
} from '../vpp/mod.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import type { Command } from '../supervise/mod.ts';
import { exists, freeSocketPath } from './socket-path.ts';
import { Stopwatch } from './stopwatch.ts';

/** A slow machine needs seconds to start a program of this size. */
const VERSION_TIMEOUT_MS = 20_000;

export interface VppStartOptions {
  readonly logger: Logger;
  readonly conditions: Conditions;
  /** Directory of startup.conf and the record of NICs. `/run/appliance` on the box. */
  readonly runDir: string;
  /** VPP's runtime directory, which holds cli.sock. */
  readonly vppRunDir: string;
  /** PID 1 allocates hugepages; elsewhere VPP uses them only if enough are free. */
  readonly ownsMachine: boolean;
  /**
   * Prepares the machine for a VPP of this configuration: modules, hugetlbfs, its namespace, its cores. Called before
   * each start, so it must be idempotent; a rejection is the reason of a failed start.
   */
  readonly prepareMachine?: (config: Config) => void | Promise<void>;
  /** Kernel name of the current management interface, which VPP never gets, even if configured. */
  readonly managementInterface?: () => string | undefined;
}

export class VppStart implements Disposable {
  readonly #options: VppStartOptions;
  #hugepages: HugepageStatus = { state: 'not-needed', reason: 'VPP is not started by this program' };
  #binaryVersion: { readonly identity: string; readonly version: VppVersion } | undefined;
  /** Subjects of the conditions about plugins that VPP lacks. */
  #lacking: readonly string[] = [];
  /** Why VPP does not have a configured NIC, by PCI address. */
  readonly refusals = new Map<string, NicRefusal>();

  constructor(options: VppStartOptions) {
    this.#options = options;
  }

  get hugepages(): HugepageStatus {
    return this.#hugepages;
  }

  /** Version of the binary prepared last. */
  get version(): string | undefined {
    return this.#binaryVersion?.version.text;
  }

  /**
   * Prepares a start and returns the command; rejects with what is missing. `takeNics` is awaited before the first NIC
   * is touched, after all checks: until then the kernel keeps forwarding.
   */
  async prepare(config: Config, signal: AbortSignal, takeNics: () => Promise<void>): Promise<Command> {
    const { logger, prepareMachine, runDir, vppRunDir } = this.#options;
    const times = new Stopwatch();
    await prepareMachine?.(config);
    times.lap('machine');
    const version = await this.#readVersion(config.vpp.binary, signal);
    times.lap('version');
    const pluginDir = findPluginDir(config.vpp.binary);
    const found: StartupConfOptions = {
      version,
      runDir: vppRunDir,
      netnsPresent: exists(`${NETNS_DIR}/${config.vpp.lcp.netns}`),
      hasPlugin: hasPlugin(pluginDir),
      ...(pluginDir === undefined ? {} : { pluginDir }),
    };
    this.#reportMissing(config, found);
    const hugepages = await this.#ensureHugepages(config);
    times.lap('hugepages');
    await takeNics();
    const plans = hugepages ? await this.#bind(config, version) : [];
    times.lap('NICs');
    mkdirSync(vppRunDir, { recursive: true });
    for (const path of [config.vpp.apiSocket, config.vpp.stats.socketPath]) await freeSocketPath(path);
    const uioDriver = plans.find((plan) => plan.kind === 'bind' || plan.kind === 'already')?.driver;
    const text = renderStartupConf(config, {
      ...found,
      hugepages,
      pciAddresses: plans.filter(({ kind }) => kind !== 'refuse').map(({ pciAddress }) => pciAddress),
      ...(uioDriver === undefined ? {} : { uioDriver }),
    });
    mkdirSync(runDir, { recursive: true });
    const path = `${runDir}/startup.conf`;
    writeFileSync(path, text);
    times.lap('startup.conf');
    logger.info('vpp', `prepared in ${times.toString()}`);
    return { file: config.vpp.binary, args: ['-c', path] };
  }

  /** Clears the conditions about plugins, when we no longer run VPP. */
  [Symbol.dispose](): void {
    for (const subject of this.#lacking) this.#options.conditions.clear(subject);
    this.#lacking = [];
  }

  /** Clears refusals and conditions of NICs that VPP no longer uses. */
  forget(pciAddresses: readonly string[]): void {
    for (const pciAddress of pciAddresses) {
      this.refusals.delete(pciAddress);
      this.#options.conditions.clear(`nic ${pciAddress}`);
    }
  }

  /** The binary's version, queried again only when the file has changed. */
  async #readVersion(binary: string, signal: AbortSignal): Promise<VppVersion> {
    const found = statSync(binary, { throwIfNoEntry: false });
    const identity = `${binary} ${found?.ino} ${found?.size} ${found?.mtimeMs}`;
    if (this.#binaryVersion?.identity !== identity) {
      const version = await readVppVersion(binary, { signal, timeoutMs: VERSION_TIMEOUT_MS });
      this.#binaryVersion = { identity, version };
    }
    return this.#binaryVersion.version;
  }

  /** Returns true when VPP can use hugepages. Without them PID 1 fails; elsewhere VPP is started without. */
  async #ensureHugepages(config: Config): Promise<boolean> {
    const { conditions, ownsMachine, logger } = this.#options;
    const budget = hugepageBudget(config.vpp, { numaNodes: dpdkNumaNodes(config.vpp.cpu.mainCore) });
    // Only PID 1 allocates hugepages; elsewhere the free ones count.
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
      reason: 'too few are free: VPP runs with ordinary pages',
    };
    logger.info('hugepages', `starting VPP without hugepages: ${reason}`);
    return false;
  }

  /**
   * A plugin that the configuration needs and VPP lacks is a condition, and VPP starts without it. Without DPDK it would
   * forward nothing, while the kernel forwards with the same NICs: then it is the reason of a failed start.
   */
  #reportMissing(config: Config, startup: StartupConfOptions): void {
    const { conditions } = this.#options;
    const { missing } = startupPlugins(config, startup);
    const lacking = missing.map((plugin) => {
      const subject = `plugin ${plugin.file}`;
      const words = missingWords(plugin, startup.version, startup.pluginDir);
      conditions.set(plugin.need === 'always' ? 'warning' : 'error', subject, words);
      return { plugin, subject, words };
    });
    const subjects = lacking.map(({ subject }) => subject);
    for (const subject of this.#lacking) if (!subjects.includes(subject)) conditions.clear(subject);
    this.#lacking = subjects;
    const dpdk = lacking.find(({ plugin }) => plugin.need === 'dpdk');
    if (dpdk !== undefined) throw new Error(dpdk.words);
  }

  async #bind(config: Config, version: VppVersion): Promise<NicPlan[]> {
    const { conditions, runDir, logger } = this.#options;
    this.refusals.clear();
    if (config.vpp.dpdk.interfaces.length === 0) return [];
    const inventory = takeInventory({ runDir });
    const managementInterface = chooseManagementInterface(
      inventory.nics,
      this.#options.managementInterface?.() ?? config.management.interface,
      config.vpp,
    );
    const hasFile = hasDriverFile(config.vpp.binary);
    const plans = assessNics(inventory, config.vpp, {
      managementInterface,
      whyNotNative: (entry, { pciId }) => whyNotNative(entry, { version, hasFile, pciId }),
    });
    const codes = new Map(
      plans.flatMap((plan) => (plan.kind === 'refuse' ? [[plan.pciAddress, plan.code]] : [])),
    );
    const outcomes = await bindNics(plans, { runDir });
    const usable = new Set<string>();
    for (const { pciAddress, name, state, driver, reason } of outcomes) {
      if (state === 'refused' || state === 'failed') {
        this.refusals.set(pciAddress, {
          code: codes.get(pciAddress) ?? 'not-bound',
          reason: reason ?? state,
        });
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
}
