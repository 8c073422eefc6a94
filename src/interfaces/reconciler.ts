/**
 * One run that brings each interface of the connected VPP to its target, and what has to be remembered between runs.
 *
 * The order: what is made and deleted (`objects`), the TAPs in Linux (`lcp-pairing.ts`), then the steps of
 * `apply-targets.ts` for all interfaces. A run applies the configuration that it began with.
 */
import { formatPrefix, type VppStep } from '../config/mod.ts';
import type { Config, InterfaceConfig, Prefix } from '../config/types.ts';
import type { HostLink } from '../mirror/mod.ts';
import { isStructure, Objects } from '../objects/mod.ts';
import { type ConnectKind, dumpInterfaces, lcpPairDelete, type VppApiClient } from '../vpp/api/mod.ts';
import { applyTargets, attempt, completeTargets } from './apply-targets.ts';
import { addedTo, DesiredInterfaces, namesOf, tapsOf } from './desired-interfaces.ts';
import type { FollowedVlan } from './followed-vlans.ts';
import { KeptTaps } from './kept-taps.ts';
import { LcpPairing, type LcpSettings } from './lcp-pairing.ts';
import type { Mirror } from './mirror.ts';
import { NicQueues, type NicSettings } from './nic-queues.ts';
import { NicVlans } from './nic-vlans.ts';
import { previewInterfaces, previewProxies, previewTaps } from './preview.ts';
import { readInterfaces } from './read-interfaces.ts';
import { releaseInterfaces } from './release-interfaces.ts';
import { type Target, targetsOf } from './targets.ts';
import { mtuOfPackets } from './vpp-configure.ts';
import { VppProxyArp } from './vpp-proxy-arp.ts';
import type { Known } from './vpp-status.ts';
import { VppTables } from './vpp-tables.ts';

/** What changes only with a restart of VPP. */
export interface StartSettings {
  /** Undefined: no interface gets a TAP. */
  readonly lcp?: LcpSettings | undefined;
  /** The NICs that VPP is given at its start. */
  readonly nics?: readonly NicSettings[];
  /** Undefined: changes of the TAPs have no effect on VPP. */
  readonly mirror?: Mirror | undefined;
}

export interface ReconcilerOptions extends StartSettings {
  readonly config: Config;
  /** Whether a table of VPP can be deleted: it has no route. From then on it does not exist. */
  readonly letGoOfTable?: (tableId: number) => boolean;
  /** The tables of VRFs, or of interfaces, are others than before. */
  readonly onTables?: () => void;
  /** Prefixes inside a network of an interface that have routes through others; default: none is known. */
  readonly elsewhere?: (name: string, network: Prefix, tableId: number) => readonly Prefix[];
  readonly onError: (name: string, reason: string) => void;
  /** Worth a log line, but not a failure. */
  readonly onNotice?: (message: string) => void;
  /** `hostInterfaces` has changed. */
  readonly onHostInterfaces?: () => void;
}

/** How a run has ended. */
interface Outcome {
  readonly now: Map<string, Known>;
  /** Whether VPP is to be asked again soon. */
  readonly isUnfinished: boolean;
}

export class Reconciler {
  readonly objects: Objects;
  readonly tables: VppTables;
  readonly lcp: LcpPairing;
  readonly queues: NicQueues;
  readonly #options: ReconcilerOptions;
  readonly #desired: DesiredInterfaces;
  readonly #proxyArp = new VppProxyArp();
  /** Were in a VRF of the configuration, in the connected VPP. */
  readonly #wereInVrf = new Set<string>();
  /** Left the configuration, and VPP may still have them as they were. */
  readonly #released = new Set<string>();
  /** The original MTUs. */
  readonly #originalMtu = new Map<string, number>();
  readonly #nicVlans = new NicVlans();
  readonly #keptTaps = new KeptTaps();
  readonly #missing = new Map<string, string>();
  #nics: readonly NicSettings[];
  #mirror: Mirror | undefined;
  #client: VppApiClient | undefined;
  #known: ReadonlyMap<string, Known> = new Map();
  #isRunning = false;
  /** Came during a run, which goes by the configuration that it began with. */
  #next: Config | undefined;

  constructor(options: ReconcilerOptions) {
    const { config, onError } = options;
    const onNotice = (message: string): void => options.onNotice?.(message);
    this.#options = options;
    this.#desired = new DesiredInterfaces(config);
    this.tables = new VppTables((id) => options.letGoOfTable?.(id) ?? true);
    this.objects = new Objects({ config, onError, onNotice });
    this.#mirror = options.mirror;
    this.#nics = options.nics ?? [];
    this.queues = new NicQueues(onError);
    const onChange = (): void => options.onHostInterfaces?.();
    this.lcp = new LcpPairing(options.lcp, { onError, onChange, onNotice });
  }

  /** VPP is connected; `kind` says whether it is the same VPP as before. */
  attach(client: VppApiClient, kind: ConnectKind): void {
    this.#client = client;
    this.lcp.attach(client);
    this.objects.attach(client);
    this.#mirror?.attach(kind === 'restarted');
    if (kind === 'restarted') this.#proxyArp.reset();
    this.queues.clear();
    this.#nicVlans.clear();
    this.#keptTaps.begin();
    if (kind === 'reconnected') return;
    for (const memory of [this.#released, this.#originalMtu, this.#wereInVrf]) memory.clear();
  }

  /** VPP has ended, and all its interfaces with it; held TAPs stay. */
  detach(): void {
    this.#client = undefined;
    this.#known = new Map();
    this.#missing.clear();
    this.objects.detach();
    this.tables.clear();
    this.lcp.detach(new Set(this.#mirror?.keptLinks(new Set()).keys()));
  }

  /** Other settings, for the next connection. */
  set settings({ lcp, nics = [], mirror }: StartSettings) {
    this.lcp.settings = lcp;
    this.#mirror = mirror;
    this.#nics = nics;
  }

  /** Another configuration, for the next run: what has left it is released. */
  use(config: Config): void {
    if (this.#isRunning) this.#next = config;
    else this.#take(config);
  }

  #take(config: Config): void {
    const before = this.#desired.layout;
    this.#desired.use(config);
    const { layout } = this.#desired;
    const next = new Map(
      layout.configs.map(({ name, addresses }) => [name, new Set(addresses.map(formatPrefix))]),
    );
    for (const { name, addresses } of before.configs) {
      const kept = next.get(name);
      this.#mirror?.withdraw(
        name,
        addresses.filter((prefix) => kept?.has(formatPrefix(prefix)) !== true),
      );
    }
    for (const name of namesOf(before)) this.#released.add(name);
    for (const name of namesOf(layout)) this.#released.delete(name);
  }

  /** The interfaces of the configuration, and the NICs that VPP is given. */
  get names(): { readonly configured: readonly string[]; readonly nics: readonly string[] } {
    const { configs } = this.#desired.layout;
    return { configured: configs.map(({ name }) => name), nics: this.#nics.map(({ name }) => name) };
  }

  /** Why VPP lacks an interface, by name. */
  get missing(): ReadonlyMap<string, string> {
    return this.#missing;
  }

  /** Whether an interface is down because its TAP was set down. */
  isHeld(name: string): boolean {
    return this.#mirror?.isHeld(name) === true;
  }

  /** As `VppInterfaces.preview`. */
  async preview(next: Config): Promise<VppStep[] | undefined> {
    const client = this.#client;
    if (client === undefined) return undefined;
    const present = await this.#read(client);
    const added = addedTo(next, this.#mirror?.followedBy(next, tapsOf(next, this.lcp)) ?? []);
    const desired = { ...next, interfaces: [...next.interfaces, ...added] };
    const { steps, removedInterfaces } = await this.objects.preview(client, desired);
    const { configs, ports } = this.#desired.layout;
    const inputs = { present, configs, ports, next, removed: removedInterfaces };
    const split = steps.filter(isStructure).length;
    const all: VppStep[] = [
      ...steps.slice(0, split),
      ...previewTaps(next, this.lcp),
      ...previewInterfaces(inputs),
      ...previewProxies(inputs),
      ...steps.slice(split),
    ];
    return all.map(({ words, interrupts }) => (interrupts === undefined ? { words } : { words, interrupts }));
  }

  /**
   * Brings VPP's interfaces to their targets. Resolves with undefined when VPP went meanwhile, or another connection came.
   * Rejects when the connection broke, or when VPP does not answer now.
   */
  async run(): Promise<Outcome | undefined> {
    this.#isRunning = true;
    try {
      return await this.#run();
    } finally {
      this.#isRunning = false;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.#take(next);
    }
  }

  async #run(): Promise<Outcome | undefined> {
    const client = this.#client;
    if (client === undefined) return undefined;
    this.#missing.clear();
    const desired = this.#desired;
    desired.follow(this.#mirror, this.lcp);
    this.objects.config = desired.config;
    this.lcp.hostNames = desired.hostNames;
    const { ports, vrfs, tapless, ...layout } = desired.layout;
    const configs = new Map(layout.configs.map((config) => [config.name, config]));
    const released = [...this.#released];
    const parts = { mirror: this.#mirror, tables: this.tables, proxyArp: this.#proxyArp, fail: this.#fail };
    const tableNames = new Map(vrfs.map(({ table, name }) => [table, name]));
    await this.tables.ensure(client, tableNames);
    const hasBuilt = await this.objects.build(client, async (removed, taken) => {
      for (const name of removed) this.#originalMtu.delete(name);
      await releaseInterfaces({ ...parts, client }, await this.#read(client), removed, taken);
    });
    // A NIC loses its promiscuous mode when it joins a bond, and when it no longer carries the frames of a bridge.
    if (hasBuilt) this.#nicVlans.clear();
    if (this.#client !== client) return undefined;
    const found = await this.#read(client);
    const wantedTaps = this.#wantedTaps(configs.keys());
    const hasChanged = await this.#prepareHeldTaps(client, found, configs, wantedTaps);
    const present = hasChanged ? await this.#read(client, found) : found;
    const awaitingLink = this.#keptTaps.awaitingLink(present);
    for (const name of [...configs.keys(), ...this.#nics.map((nic) => nic.name)]) {
      if (!present.has(name) && !this.#missing.has(name))
        this.#missing.set(name, this.objects.failureOf(name) ?? 'VPP has no interface of that name');
    }
    const pairsBefore = new Set([...this.lcp.pairs.values()].map(({ vifIndex }) => vifIndex));
    const withoutTaps = new Set([...released, ...ports.keys(), ...tapless]);
    const anew = await this.#unpairReplaced(client, present);
    await this.lcp.reconcile(client, present, wantedTaps.difference(awaitingLink), withoutTaps);
    this.#mirror?.restore(anew);
    const interfaces = [...present.values()].map(({ vpp }) => vpp);
    await this.lcp.read(client, interfaces);
    await this.queues.check(client, this.#nics, present);
    await this.#nicVlans.open(client, this.#nics, present, ports);
    const targets = targetsOf({
      configs,
      released,
      ports,
      present,
      nics: this.#wantedTaps([]),
      pairs: this.lcp.pairs,
      links: this.#mirror?.links(this.lcp.pairs, pairsBefore, { configs, vrfs }),
      tableOf: (name) => this.#tableOf(configs.get(name)),
      wishOf: (...given) => this.#mirror?.wishOf(...given),
      originalMtu: this.#originalMtu,
    });
    const elsewhere = this.#options.elsewhere ?? (() => []);
    const run = { ...parts, client, targets, vrfs: tableNames, elsewhere };
    const tablesBefore = this.tables.byVrf;
    await applyTargets(run, present, () => this.objects.secure(client));
    if (tablesBefore !== this.tables.byVrf) this.#options.onTables?.();
    if (this.#client !== client) return undefined;
    await this.objects.finish(client);
    for (const name of released) this.#finishRelease(name, present.get(name));
    if (this.#client !== client) return undefined;
    const now = await this.#read(client, present);
    await completeTargets(run, now);
    if (this.#client !== client) return undefined;
    this.#mirror?.settle(this.lcp.pairs, configs, now, wantedTaps, (name) => this.lcp.hostNameOf(name));
    this.#known = now;
    return { now, isUnfinished: awaitingLink.size > 0 || this.#isUnfinished(targets) };
  }

  /** Gives the interfaces of held TAPs the state of the TAPs. Resolves with whether VPP was changed. */
  #prepareHeldTaps(
    client: VppApiClient,
    present: ReadonlyMap<string, Known>,
    configs: ReadonlyMap<string, InterfaceConfig>,
    wanted: ReadonlySet<string>,
  ): Promise<boolean> {
    const paired = new Set([...this.lcp.pairs.values()].map(({ hostIfName }) => hostIfName));
    const kept = this.#mirror?.keptLinks(paired) ?? new Map<string, HostLink>();
    const links = [...wanted].flatMap((name) => {
      const link = kept.get(this.lcp.hostNameOf(name));
      return link === undefined ? [] : [[name, link] as const];
    });
    for (const { config, link } of this.#desired.followed) {
      if (this.lcp.pairs.get(config.name)?.vifIndex !== link.ifIndex) links.push([config.name, link]);
    }
    return this.#keptTaps.prepare(client, new Map(links), {
      configs,
      present,
      nics: this.#wantedTaps([]),
      originalMtu: this.#originalMtu,
    });
  }

  /** Whether VPP is to be asked again later. */
  #isUnfinished(targets: readonly Target[]): boolean {
    if (this.#missing.size > 0 || this.lcp.hasFailed || this.objects.hasFailed) return true;
    // The ranges of proxy ARP depend on routes, which change without a notification.
    if (this.#proxyArp.isOn || this.tables.hasLeftovers) return true;
    return targets.some(({ name, wanted }) => {
      const known = this.#known.get(name);
      if (known === undefined) return false;
      // Enlarging the frames of an interface changed the MTU of all interfaces on that hardware.
      const { mtuBytes } = wanted;
      return known.failure !== undefined || (mtuBytes !== undefined && mtuOfPackets(known.vpp) !== mtuBytes);
    });
  }

  /** The interfaces that are to have a TAP, of those that the configuration names; and the VLANs that are followed. */
  #wantedTaps(configured: Iterable<string>): Set<string> {
    const { ports, tapless } = this.#desired.layout;
    const followed = new Set(this.#desired.followed.map(({ config }) => config.name));
    return this.lcp.wanted(configured).difference(ports).difference(tapless).union(followed);
  }

  /**
   * A device that was deleted and made again is another link, and VPP's pair still has the first: takes the pairs of such
   * away, and resolves with them.
   */
  async #unpairReplaced(client: VppApiClient, present: ReadonlyMap<string, Known>): Promise<FollowedVlan[]> {
    const replaced = this.#desired.followed.filter(({ config: { name }, link }) => {
      const pair = this.lcp.pairs.get(name);
      return pair?.hostIfName === link.name && pair.vifIndex !== link.ifIndex;
    });
    for (const { config } of replaced) {
      const known = present.get(config.name);
      if (known === undefined) continue;
      await attempt({ client, fail: this.#fail }, config.name, known, () =>
        lcpPairDelete(client, known.vpp.swIfIndex),
      );
    }
    return replaced;
  }

  /** The table of an interface: that of its VRF, or the default one again when it has left its VRF. */
  #tableOf(config: InterfaceConfig | undefined): number | undefined {
    if (config === undefined) return undefined;
    const vrf = this.#desired.layout.vrfs.find(({ name }) => name === config.vrf);
    if (vrf !== undefined) this.#wereInVrf.add(config.name);
    return vrf?.table ?? (this.#wereInVrf.has(config.name) ? 0 : undefined);
  }

  /** A released interface is no longer ours. */
  #finishRelease(name: string, known: Known | undefined): void {
    // Configured again meanwhile, or VPP refused something.
    if (!this.#released.has(name) || known?.failure !== undefined) return;
    this.#released.delete(name);
    this.#originalMtu.delete(name);
  }

  /** Adds a reason why an interface is not at its target: reported when it differs from that of the last run. */
  readonly #fail = (name: string, known: Known, reason: string): void => {
    known.failure = known.failure === undefined ? reason : `${known.failure}; ${reason}`;
    if (this.#known.get(name)?.failure?.includes(reason) !== true) this.#options.onError(name, reason);
  };

  /** VPP's current state, by name; failures are carried over from an earlier reading. */
  async #read(client: VppApiClient, earlier?: ReadonlyMap<string, Known>): Promise<Map<string, Known>> {
    const all = await dumpInterfaces(client);
    await this.lcp.read(client, all);
    const ours = new Set([...namesOf(this.#desired.layout), ...this.#released, ...this.lcp.wanted([])]);
    const hasMirror = this.#mirror !== undefined;
    const hasTables = hasMirror || this.#desired.layout.vrfs.length > 0 || this.#wereInVrf.size > 0;
    const isOurs = (name: string): boolean => ours.has(name) || (hasMirror && this.lcp.pairs.has(name));
    const found = await readInterfaces(client, all, { isOurs, hasTables });
    return new Map([...found].map(([name, one]) => [name, { ...one, failure: earlier?.get(name)?.failure }]));
  }
}
