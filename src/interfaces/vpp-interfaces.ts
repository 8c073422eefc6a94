/**
 * Brings each interface to its target in VPP.
 *
 * `reconcile` compares VPP's state with the configuration and, where the mirror is on (`mirror.ts`), with the
 * TAPs in Linux, and sends only what differs: first removals, from all interfaces, then tables, MTU,
 * addresses, MPLS and admin state of each (an address on a down interface makes no connected route, admin-up comes
 * last so that nothing is forwarded half configured, and a TAP comes up with its addresses). What VPP refuses is kept
 * with VPP's reason and retried every `RETRY_MS`.
 *
 * Between the first reading and the addresses the TAPs in Linux are made (`lcp-pairing.ts`). A NIC that was given to
 * VPP must exist, with its queues (`nic-queues.ts`), whether or not it is configured further.
 *
 * An interface that carries the frames of another one (a member of a bond or bridge, an end of a cross-connect) has no TAP and no IP: it is up, and its frames
 * are large enough (`config/ports.ts`).
 *
 * What is made and deleted (loopbacks, sub-interfaces and the objects of other kinds) is of the room `objects`; it
 * comes first, and what it sets on finished interfaces comes before they are up.
 *
 * An interface that leaves the configuration is released, as a start without it would leave it: no addresses,
 * no MPLS, its original MTU, admin down. An interface that was never in the
 * configuration and has no TAP is not touched.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatPrefix, hostNamesOf, type Port, portsOf, type VppStep } from '../config/mod.ts';
import type { Config, InterfaceConfig, Prefix } from '../config/types.ts';
import type { HostLink } from '../mirror/mod.ts';
import type { FollowedVlan } from './followed-vlans.ts';
import type { InterfaceStatus } from './status.ts';
import {
  type ConnectKind,
  dumpInterfaces,
  lcpPairDelete,
  lcpPairs,
  onInterfaceEvent,
  setMplsEnabled,
  type SwIfIndex,
  type VppApiClient,
  wantInterfaceEvents,
} from '../vpp/api/mod.ts';
import { isStructure, Objects } from '../objects/mod.ts';
import type { ObjectsStatus } from '../objects/status.ts';
import { KeptTaps } from './kept-taps.ts';
import { LcpPairing, type LcpSettings } from './lcp-pairing.ts';
import { attempt, completeTargets, applyTargets } from './apply-targets.ts';
import type { Mirror } from './mirror.ts';
import { NicQueues, type NicSettings } from './nic-queues.ts';
import { NicVlans } from './nic-vlans.ts';
import { readInterfaces } from './read-interfaces.ts';
import { taplessOf } from './tapless.ts';
import { previewInterfaces, previewProxies } from './preview.ts';
import { RunLoop } from './run-loop.ts';
import { type Target, targetsOf } from './targets.ts';
import { bind, mtuOfPackets, prune, RELEASED } from './vpp-configure.ts';
import { VppProxyArp } from './vpp-proxy-arp.ts';
import {
  changesBetween,
  type ConnectedNetwork,
  connectedNetworks,
  givenNamesOf,
  haveMoved,
  type InterfaceChange,
  interfaceRows,
  type Known,
} from './vpp-status.ts';
import { VppTables } from './vpp-tables.ts';

const RETRY_MS = 5_000;
/** How often VPP is compared with the configuration when nothing has happened. */
const DRIFT_MS = 60_000;

export interface VppInterfacesOptions {
  readonly config: Config;
  /** Undefined: no interface gets a TAP. */
  readonly lcp?: LcpSettings | undefined;
  /** The NICs that VPP is given at its start. */
  readonly nics?: readonly NicSettings[];
  /** Undefined: changes of the TAPs have no effect on VPP. */
  readonly mirror?: Mirror | undefined;
  /** Whether a table of VPP can be deleted: it has no route. From then on it does not exist. */
  readonly letGoOfTable?: (tableId: number) => boolean;
  /** The tables of VRFs, or of interfaces, are others than before. */
  readonly onTables?: () => void;
  /** Prefixes inside a network of an interface that have routes through others; default: none is known. */
  readonly elsewhere?: (name: string, network: Prefix, tableId: number) => readonly Prefix[];
  /** An interface was added or deleted, or changed its admin or link state, its addresses or its table. */
  readonly onChange: (name: string, what: InterfaceChange) => void;
  readonly onError: (name: string, reason: string) => void;
  /** Worth a log line, but not a failure. */
  readonly onNotice?: (message: string) => void;
  /** `hostInterfaces` has changed. */
  readonly onHostInterfaces?: () => void;
}

/** What a configuration says of interfaces, and what follows from it. */
interface Layout {
  readonly configs: readonly InterfaceConfig[];
  readonly ports: ReadonlyMap<string, Port>;
  readonly tapless: ReadonlySet<string>;
  readonly vrfs: Config['vrfs'];
}

function layoutOf(config: Config): Layout {
  const { interfaces: configs, vrfs } = config;
  return { configs, ports: portsOf(config), tapless: taplessOf(configs), vrfs };
}

/** The VLANs that a configuration does not name itself. */
function addedTo({ interfaces }: Config, followed: readonly FollowedVlan[]): InterfaceConfig[] {
  const names = new Set(interfaces.map(({ name }) => name));
  return followed.flatMap(({ config }) => (names.has(config.name) ? [] : [config]));
}

/** All that it names: interfaces, and ports that it says nothing else about. */
function namesOf({ configs, ports }: Layout): string[] {
  return [...configs.map(({ name }) => name), ...ports.keys()];
}

export class VppInterfaces {
  readonly #options: VppInterfacesOptions;
  #config: Config;
  #layout: Layout;
  /** VLANs that someone made in Linux, as of the last run. */
  #followed: readonly FollowedVlan[] = [];
  /** The configuration with them: the same one for as long as both are the same. */
  #desired: { readonly of: Config; readonly added: readonly InterfaceConfig[]; readonly config: Config };
  readonly #objects: Objects;
  readonly #tables: VppTables;
  readonly #proxyArp = new VppProxyArp();
  /** Were in a VRF of the configuration, in the connected VPP. */
  readonly #wereInVrf = new Set<string>();
  /** Left the configuration, and VPP may still have them as they were. */
  readonly #released = new Set<string>();
  /** The original MTUs. */
  readonly #originalMtu = new Map<string, number>();
  readonly #lcp: LcpPairing;
  readonly #queues: NicQueues;
  readonly #nicVlans = new NicVlans();
  readonly #keptTaps = new KeptTaps();
  #nics: readonly NicSettings[];
  #mirror: Mirror | undefined;
  #client: VppApiClient | undefined;
  #known = new Map<string, Known>();
  #givenNames: ReadonlyMap<number, string> = new Map();
  #missing = new Map<string, string>();
  #subscription: Disposable | undefined;
  readonly #loop = new RunLoop(() => this.#reconcileOrRetry());

  constructor(options: VppInterfacesOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#desired = { of: options.config, added: [], config: options.config };
    this.#layout = layoutOf(options.config);
    this.#tables = new VppTables((id) => options.letGoOfTable?.(id) ?? true);
    this.#objects = new Objects({
      config: options.config,
      onError: options.onError,
      onNotice: (message) => options.onNotice?.(message),
    });
    this.#mirror = options.mirror;
    this.#nics = options.nics ?? [];
    this.#queues = new NicQueues(options.onError);
    this.#lcp = new LcpPairing(options.lcp, {
      onError: options.onError,
      onChange: () => options.onHostInterfaces?.(),
      onNotice: (message) => options.onNotice?.(message),
    });
    this.#lcp.hostNames = hostNamesOf(options.config);
  }

  /**
   * VPP is connected: subscribes to its events, then reconciles. `kind` says whether it is the same VPP as before.
   * Rejects when the connection broke, or when VPP does not answer now: then the run is retried later.
   */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    this.#client = client;
    this.#lcp.attach(client);
    this.#objects.attach(client);
    this.#mirror?.attach(kind === 'restarted');
    if (kind === 'restarted') this.#proxyArp.reset();
    this.#queues.clear();
    this.#nicVlans.clear();
    this.#keptTaps.begin();
    if (kind !== 'reconnected') {
      for (const memory of [this.#released, this.#originalMtu, this.#wereInVrf]) memory.clear();
    }
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = onInterfaceEvent(client, () => this.#loop.runSoon());
    await wantInterfaceEvents(client).catch((error: unknown) => {
      // The request is in VPP's socket: it is late, not lost.
      this.#retryUnlessBroken();
      throw error;
    });
    await this.reconcile();
  }

  /** VPP has ended, and all its interfaces with it; held TAPs stay. Call it again when they have ended. */
  detach(): void {
    this.#client = undefined;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    this.#loop.cancel();
    this.#known = new Map();
    this.#missing = new Map();
    this.#objects.detach();
    this.#tables.clear();
    this.#lcp.detach(new Set(this.#mirror?.keptLinks(new Set()).keys()));
  }

  /** Other settings for the TAPs in Linux, for the next connection: they change only with a restart of VPP. */
  set lcp(settings: LcpSettings | undefined) {
    this.#lcp.settings = settings;
  }

  /** Another mirror, for the next connection. */
  set mirror(mirror: Mirror | undefined) {
    this.#mirror = mirror;
  }

  /** The TAPs were changed, or something around them. */
  hostChanged(): void {
    if (this.#client !== undefined) this.#loop.runSoon();
  }

  /** Other NICs, from the next start of VPP on. */
  set nics(nics: readonly NicSettings[]) {
    this.#nics = nics;
  }

  /** Changes the configuration, and VPP if it is connected. Rejects as `attach` does. */
  async reconfigure(config: Config): Promise<void> {
    const before = this.#layout;
    const layout = layoutOf(config);
    this.#config = config;
    this.#layout = layout;
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
    this.#lcp.hostNames = this.#hostNames();
    if (this.#client !== undefined) await this.reconcile();
  }

  /** The TAPs in `vpp.lcp.netns` and their interfaces in VPP, by name; empty without VPP. */
  get hostInterfaces(): ReadonlyMap<string, string> {
    return this.#lcp.hostInterfaces;
  }

  /** VPP's index of an interface by name. */
  indexOf(name: string): SwIfIndex | undefined {
    return this.#known.get(name)?.vpp.swIfIndex;
  }

  /** The number of the table of a VRF; undefined while VPP has none. */
  tableOfVrf(name: string): number | undefined {
    return this.#tables.byVrf.get(name);
  }

  /** The number of the table that an interface is in. */
  tableOfInterface(name: string, family: 4 | 6): number {
    return this.#known.get(name)?.tables?.[family] ?? 0;
  }

  /** Brings VPP's interfaces to their targets. One run at a time; a request during a run causes another run. */
  reconcile(): Promise<void> {
    return this.#loop.run();
  }

  async #reconcileOrRetry(): Promise<void> {
    try {
      await this.#reconcileOnce();
    } catch (error) {
      this.#retryUnlessBroken();
      throw error;
    }
  }

  async #reconcileOnce(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#missing = new Map();
    this.#follow();
    // This run applies this configuration; later changes are for the next run.
    const { ports, vrfs, tapless, ...layout } = this.#layout;
    const configs = new Map(layout.configs.map((config) => [config.name, config]));
    const released = [...this.#released];
    await this.#makeTables(client);
    const hasBuilt = await this.#objects.build(client, (removed, taken) =>
      this.#releaseRemoved(client, removed, taken),
    );
    // A NIC loses its promiscuous mode when it joins a bond, and when it no longer carries the frames of a bridge.
    if (hasBuilt) this.#nicVlans.clear();
    if (this.#client !== client) return;
    const found = await this.#read(client);
    const wantedTaps = this.#wantedTaps(configs.keys());
    const hasChanged = await this.#prepareHeldTaps(client, found, configs, wantedTaps);
    const present = hasChanged ? await this.#read(client, found) : found;
    const awaitingLink = this.#keptTaps.awaitingLink(present);
    for (const name of [...configs.keys(), ...this.#nics.map((nic) => nic.name)]) {
      if (!present.has(name) && !this.#missing.has(name))
        this.#missing.set(name, this.#objects.failureOf(name) ?? 'VPP has no interface of that name');
    }
    const pairsBefore = new Set([...this.#lcp.pairs.values()].map(({ vifIndex }) => vifIndex));
    const withoutTaps = new Set([...released, ...ports.keys(), ...tapless]);
    const anew = await this.#unpairReplaced(client, present);
    await this.#lcp.reconcile(client, present, wantedTaps.difference(awaitingLink), withoutTaps);
    this.#mirror?.restore(anew);
    await this.#lcp.read(
      client,
      [...present.values()].map(({ vpp }) => vpp),
    );
    await this.#queues.check(client, this.#nics, present);
    await this.#nicVlans.open(client, this.#nics, present, ports);
    const targets = targetsOf({
      configs,
      released,
      ports,
      present,
      nics: this.#wantedTaps([]),
      pairs: this.#lcp.pairs,
      links: this.#mirror?.links(this.#lcp.pairs, pairsBefore, { configs, vrfs }),
      tableOf: (name) => this.#tableOf(configs.get(name)),
      wishOf: (...given) => this.#mirror?.wishOf(...given),
      originalMtu: this.#originalMtu,
    });
    const run = {
      client,
      targets,
      mirror: this.#mirror,
      tables: this.#tables,
      vrfs: new Map(vrfs.map(({ table, name }) => [table, name])),
      proxyArp: this.#proxyArp,
      elsewhere: this.#options.elsewhere ?? (() => []),
      fail: this.#fail,
    };
    const tablesBefore = this.#tables.byVrf;
    await applyTargets(run, present, () => this.#objects.secure(client));
    if (tablesBefore !== this.#tables.byVrf) this.#options.onTables?.();
    if (this.#client !== client) return;
    await this.#objects.finish(client);
    for (const name of released) this.#finishRelease(name, present.get(name));
    if (this.#client !== client) return;
    const now = await this.#read(client, present);
    await completeTargets(run, now);
    if (this.#client !== client) return;
    this.#mirror?.settle(this.#lcp.pairs, configs, now, wantedTaps, (name) => this.#lcp.hostNameOf(name));
    this.#publish(now);
    this.#loop.runIn(awaitingLink.size > 0 || this.#isUnfinished(targets) ? RETRY_MS : DRIFT_MS);
  }

  /** Tables of new VRFs come before what is made in them. A refusal is reported where the interfaces are bound. */
  async #makeTables(client: VppApiClient): Promise<void> {
    const needed = new Map(this.#layout.vrfs.map(({ table, name }) => [table, name]));
    if ([...needed.keys()].every((id) => this.#tables.all.has(id))) return;
    await this.#tables.make(client, needed).catch((error: unknown) => {
      if (client.isClosed) throw error;
    });
  }

  /** Gives the interfaces of held TAPs the state of the TAPs. Resolves with whether VPP was changed. */
  #prepareHeldTaps(
    client: VppApiClient,
    present: ReadonlyMap<string, Known>,
    configs: ReadonlyMap<string, InterfaceConfig>,
    wanted: ReadonlySet<string>,
  ): Promise<boolean> {
    const paired = new Set([...this.#lcp.pairs.values()].map(({ hostIfName }) => hostIfName));
    const kept = this.#mirror?.keptLinks(paired) ?? new Map<string, HostLink>();
    const links = [...wanted].flatMap((name) => {
      const link = kept.get(this.#lcp.hostNameOf(name));
      return link === undefined ? [] : [[name, link] as const];
    });
    const nics = this.#wantedTaps([]);
    for (const { config, link } of this.#followed) {
      if (this.#lcp.pairs.get(config.name)?.vifIndex !== link.ifIndex) links.push([config.name, link]);
    }
    return this.#keptTaps.prepare(client, new Map(links), {
      configs,
      present,
      nics,
      originalMtu: this.#originalMtu,
    });
  }

  /** Whether VPP is to be asked again later. */
  #isUnfinished(targets: readonly Target[]): boolean {
    if (this.#missing.size > 0 || this.#lcp.hasFailed || this.#objects.hasFailed) return true;
    // The ranges of proxy ARP depend on routes, which change without a notification.
    if (this.#proxyArp.isOn || this.#tables.hasLeftovers) return true;
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
    const { ports, tapless } = this.#layout;
    const followed = new Set(this.#followed.map(({ config }) => config.name));
    return this.#lcp.wanted(configured).difference(ports).difference(tapless).union(followed);
  }

  /** Looks which VLANs of Linux VPP is to have. */
  #follow(): void {
    const config = this.#config;
    this.#followed =
      this.#mirror?.followed(config, this.#tapsOf(config, this.#layout), this.#lcp.pairs) ?? [];
    this.#objects.config = this.#withFollowed(config);
    this.#lcp.hostNames = this.#hostNames();
  }

  /** The interfaces of a configuration that are to have a TAP, by its name. */
  #tapsOf(config: Config, { configs, ports, tapless }: Layout): Map<string, string> {
    const hostNames = hostNamesOf(config);
    const wanted = this.#lcp.wanted(configs.map(({ name }) => name));
    const names = [...wanted.difference(ports).difference(tapless)];
    return new Map(names.map((name) => [hostNames.get(name) ?? name, name]));
  }

  #withFollowed(config: Config): Config {
    const last = this.#desired;
    const added = addedTo(config, this.#followed);
    if (last.of === config && isDeepStrictEqual(last.added, added)) return last.config;
    this.#desired = {
      of: config,
      added,
      config: { ...config, interfaces: [...config.interfaces, ...added] },
    };
    return this.#desired.config;
  }

  #hostNames(): Map<string, string> {
    const added = addedTo(this.#config, this.#followed);
    const followed = this.#followed.filter(({ config }) => added.includes(config));
    return new Map([
      ...hostNamesOf(this.#config),
      ...followed.map(({ config, link }) => [config.name, link.name] as const),
    ]);
  }

  /**
   * A device that was deleted and made again is another link, and VPP's pair still has the first: takes the pairs of such
   * away, and resolves with them.
   */
  async #unpairReplaced(client: VppApiClient, present: ReadonlyMap<string, Known>): Promise<FollowedVlan[]> {
    const replaced = this.#followed.filter(({ config: { name }, link }) => {
      const pair = this.#lcp.pairs.get(name);
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

  /**
   * Interfaces that are about to be deleted, or to become ports: their pairs go first, and with them what VPP would leave
   * for the next interface with the same index; of ports their addresses too.
   */
  async #releaseRemoved(
    client: VppApiClient,
    removed: ReadonlySet<string>,
    taken: ReadonlySet<string>,
  ): Promise<void> {
    const present = await this.#read(client);
    const paired = new Set((await lcpPairs(client).catch(() => [])).map(({ phySwIfIndex }) => phySwIfIndex));
    // Two tags before one, one before their parents: a parent's TAP takes the others' with it.
    const last = [...removed.union(taken)].sort((a, b) => b.split('.').length - a.split('.').length);
    for (const name of last) {
      const known = present.get(name);
      if (removed.has(name)) this.#originalMtu.delete(name);
      if (known === undefined) continue;
      const { swIfIndex } = known.vpp;
      await attempt({ client, fail: this.#fail }, name, known, async () => {
        await this.#proxyArp.release(client, swIfIndex);
        await this.#mirror?.release(client, name, swIfIndex, this.#tables);
        if (known.mpls) await setMplsEnabled(client, swIfIndex, false);
        if (paired.has(swIfIndex)) await lcpPairDelete(client, swIfIndex);
        if (!taken.has(name)) return;
        await prune(client, known, RELEASED);
        await bind(client, known, RELEASED);
      });
    }
  }

  /** The table of an interface: that of its VRF, or the default one again when it has left its VRF. */
  #tableOf(config: InterfaceConfig | undefined): number | undefined {
    if (config === undefined) return undefined;
    const vrf = this.#layout.vrfs.find(({ name }) => name === config.vrf);
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
    await this.#lcp.read(client, all);
    const ours = new Set([...namesOf(this.#layout), ...this.#released, ...this.#lcp.wanted([])]);
    const hasMirror = this.#mirror !== undefined;
    const hasTables = hasMirror || this.#layout.vrfs.length > 0 || this.#wereInVrf.size > 0;
    const isOurs = (name: string): boolean => ours.has(name) || (hasMirror && this.#lcp.pairs.has(name));
    const found = await readInterfaces(client, all, { isOurs, hasTables });
    return new Map([...found].map(([name, one]) => [name, { ...one, failure: earlier?.get(name)?.failure }]));
  }

  /** The names of interfaces that are not VPP's own, by sw_if_index; the same map for as long as they are the same. */
  get givenNames(): ReadonlyMap<number, string> {
    return this.#givenNames;
  }

  /** Takes over a new reading and reports changes since the last one. */
  #publish(next: Map<string, Known>): void {
    const last = this.#known;
    this.#known = next;
    const given = givenNamesOf(next);
    if (!isDeepStrictEqual(given, this.#givenNames)) this.#givenNames = given;
    for (const [name, what] of changesBetween(last, next)) this.#options.onChange(name, what);
    if (haveMoved(last, next)) this.#options.onTables?.();
  }

  /** A VPP that does not answer now may do so later; after a break the next connection starts over. */
  #retryUnlessBroken(): void {
    if (this.#client?.isClosed === false) this.#loop.runIn(RETRY_MS);
  }

  /** VPP's connected networks: addresses of our interfaces that are up. */
  get connected(): ConnectedNetwork[] {
    return connectedNetworks(this.#known);
  }

  /**
   * What would be done in VPP for another configuration, in its order; undefined without a connection. What daemons put
   * on TAPs stays. Rejects as a request does.
   */
  async preview(next: Config): Promise<VppStep[] | undefined> {
    const client = this.#client;
    if (client === undefined) return undefined;
    const present = await this.#read(client);
    const vlans = this.#mirror?.followedBy(next, this.#tapsOf(next, layoutOf(next))) ?? [];
    const added = addedTo(next, vlans);
    const desired = { ...next, interfaces: [...next.interfaces, ...added] };
    const { steps, removedInterfaces } = await this.#objects.preview(client, desired);
    const { configs, ports } = this.#layout;
    const inputs = { present, configs, ports, next, removed: removedInterfaces };
    const proxySteps = previewProxies(inputs);
    const hostNames = hostNamesOf(next);
    const tapSteps = [...this.#lcp.pairs].flatMap(([name, { hostIfName }]): VppStep[] => {
      const hostName = hostNames.get(name) ?? name;
      const isWanted = next.interfaces.some((config) => config.name === name);
      if (!isWanted || hostIfName === hostName || hostIfName !== this.#lcp.hostNameOf(name)) return [];
      const interrupts = `${name}: sessions of daemons on its TAP and on those of its VLANs`;
      return [{ words: `make the TAP ${hostIfName} of ${name} anew as ${hostName}`, interrupts }];
    });
    const ofInterfaces = previewInterfaces(inputs);
    const view = ({ words, interrupts }: VppStep): VppStep =>
      interrupts === undefined ? { words } : { words, interrupts };
    const split = steps.filter(isStructure).length;
    return [...steps.slice(0, split), ...tapSteps, ...ofInterfaces, ...proxySteps, ...steps.slice(split)].map(
      view,
    );
  }

  /** The filters of the configuration, by VPP's numbers. */
  get filterNames(): Objects['filters'] {
    return this.#objects.filters;
  }

  /** The objects of the configuration besides interfaces. */
  get objects(): ObjectsStatus {
    return this.#objects.status;
  }

  /** Configured interfaces first, in the file's order, then VPP's others. */
  get status(): InterfaceStatus[] {
    const why = this.#client === undefined ? 'VPP is not connected' : undefined;
    const hostInterfaceOf = (name: string): InterfaceStatus['hostInterface'] => this.#lcp.statusOf(name);
    const failureOf = (name: string): string | undefined =>
      this.#known.get(name)?.failure ?? this.#queues.failureOf(name) ?? this.#objects.failureOf(name);
    const isHeld = (name: string): boolean => this.#mirror?.isHeld(name) === true;
    const nics = this.#nics.map(({ name }) => name);
    const names = { configured: this.#layout.configs.map(({ name }) => name), nics };
    const facts = { failureOf, hostInterfaceOf, isHeld, away: why };
    return interfaceRows(names, this.#known, this.#missing, facts);
  }
}
