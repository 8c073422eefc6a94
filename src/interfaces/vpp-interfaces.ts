/**
 * What each configured interface should be, made so in VPP.
 *
 * `reconcile` compares what VPP has with the configuration and sends only what differs: first the addresses that are
 * gone, from all interfaces, then MTU, addresses, MPLS and admin state of each (an address on a down interface makes
 * no connected route, and admin-up comes last so that nothing is forwarded half configured). What VPP refuses is kept
 * with VPP's reason and tried again every `RETRY_MS`.
 *
 * Between the first reading and the addresses the TAPs in Linux are made (`lcp-pairing.ts`). A NIC that was given to VPP
 * is to be there, with its queues (`nic-queues.ts`), whether or not the configuration says more about it.
 *
 * An interface that leaves the configuration is released, to be as a start without it would leave it: no addresses,
 * no MPLS, the MTU that it had, admin down; a loopback that was made here is deleted. One that was never in the
 * configuration is not touched.
 */
import type { InterfaceConfig, Prefix } from '../config/types.ts';
import type { InterfaceStatus } from '../telemetry/status.ts';
import {
  type ConnectKind,
  createLoopback,
  deleteLoopback,
  dumpAddresses,
  dumpInterfaces,
  dumpMplsInterfaces,
  onInterfaceEvent,
  type SwIfIndex,
  type VppApiClient,
  wantInterfaceEvents,
} from '../vpp/api/mod.ts';
import { LcpPairing, type LcpSettings } from './lcp-pairing.ts';
import { NicQueues, type NicSettings } from './nic-queues.ts';
import { configure, prune, RELEASED, type Wanted } from './vpp-configure.ts';
import { interfaceRows, type Known } from './vpp-status.ts';
import { reasonOf } from '../linux/mod.ts';

const RETRY_MS = 5_000;
/** `loop0`: made by us when VPP has none of that name. */
const LOOPBACK_NAME = /^loop(\d+)$/;

export interface VppInterfacesOptions {
  readonly configs: readonly InterfaceConfig[];
  /** Undefined: no interface gets a TAP. */
  readonly lcp?: LcpSettings | undefined;
  /** Those that are given to VPP at its start. */
  readonly nics?: readonly NicSettings[];
  /** An interface came, went, or changed its admin or link state. */
  readonly onChange: (name: string, what: 'up' | 'down' | 'added' | 'removed') => void;
  readonly onError: (name: string, reason: string) => void;
  /** `hostInterfaces` has changed. */
  readonly onHostInterfaces?: () => void;
}

export class VppInterfaces {
  readonly #options: VppInterfacesOptions;
  #configs: readonly InterfaceConfig[];
  /** Left the configuration, and VPP may still have them as they were. */
  readonly #released = new Set<string>();
  /** Loopbacks that were made here, in the VPP that is connected. */
  readonly #created = new Set<string>();
  /** What the MTU was before it was set here. */
  readonly #originalMtu = new Map<string, number>();
  readonly #lcp: LcpPairing;
  readonly #queues: NicQueues;
  #nics: readonly NicSettings[];
  #client: VppApiClient | undefined;
  #known = new Map<string, Known>();
  #missing = new Map<string, string>();
  #subscription: Disposable | undefined;
  #retry: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: VppInterfacesOptions) {
    this.#options = options;
    this.#configs = options.configs;
    this.#nics = options.nics ?? [];
    this.#queues = new NicQueues(options.onError);
    this.#lcp = new LcpPairing(options.lcp, {
      onError: options.onError,
      onChange: () => options.onHostInterfaces?.(),
    });
  }

  /**
   * VPP is connected: subscribes to its events, then reconciles. `kind` says whether it is the VPP of before. Rejects
   * when the connection broke, or when VPP does not answer now: then it is asked again later.
   */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    this.#client = client;
    this.#lcp.attach(client);
    this.#queues.clear();
    if (kind !== 'reconnected') {
      for (const memory of [this.#released, this.#created, this.#originalMtu]) memory.clear();
    }
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = onInterfaceEvent(client, () => this.#reconcileSoon());
    await wantInterfaceEvents(client).catch((error: unknown) => {
      // The request is in VPP's socket: it is late, not lost.
      this.#retryUnlessBroken();
      throw error;
    });
    await this.reconcile();
  }

  /** VPP is gone, and all its interfaces with it. */
  detach(): void {
    this.#client = undefined;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#known = new Map();
    this.#missing = new Map();
    this.#lcp.detach();
  }

  /** Other settings for the TAPs in Linux, for the next connection: they change with a restart of VPP only. */
  set lcp(settings: LcpSettings | undefined) {
    this.#lcp.settings = settings;
  }

  /** Other NICs, from the next start of VPP on. */
  set nics(nics: readonly NicSettings[]) {
    this.#nics = nics;
  }

  /** Other interfaces: made so in VPP when it is connected. Rejects as `attach` does. */
  async reconfigure(configs: readonly InterfaceConfig[]): Promise<void> {
    const names = new Set(configs.map(({ name }) => name));
    for (const { name } of this.#configs) if (!names.has(name)) this.#released.add(name);
    for (const name of names) this.#released.delete(name);
    this.#configs = configs;
    if (this.#client !== undefined) await this.reconcile();
  }

  /** The TAPs in `vpp.lcp.netns` and the interfaces of VPP that they belong to, by name; empty without VPP. */
  get hostInterfaces(): ReadonlyMap<string, string> {
    return this.#lcp.hostInterfaces;
  }

  /** VPP's index of an interface by name. */
  indexOf(name: string): SwIfIndex | undefined {
    return this.#known.get(name)?.vpp.swIfIndex;
  }

  /** Makes VPP's interfaces what the configuration says. One run at a time; asked for again meanwhile, it runs again. */
  async reconcile(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#reconcileUntilQuiet().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #reconcileUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#reconcileOnce();
      } catch (error) {
        this.#retryUnlessBroken();
        throw error;
      }
    } while (this.#again && this.#client !== undefined);
  }

  async #reconcileOnce(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    clearTimeout(this.#retry);
    this.#missing = new Map();
    // The run is about these, whatever is asked for meanwhile: that is the next run's.
    const configs = this.#configs;
    const released = [...this.#released];
    const present = await this.#readAndCreate(client, configs);
    const paired = this.#lcp.wanted(configs.map(({ name }) => name));
    await this.#lcp.reconcile(client, present, paired, new Set(released));
    const wanted = this.#wantedOf(configs, released, present);
    for (const { name } of [...configs, ...this.#nics]) {
      if (!present.has(name) && !this.#missing.has(name))
        this.#missing.set(name, 'VPP has no interface of that name');
    }
    await this.#queues.check(client, this.#nics, present);
    for (const step of [prune, configure]) {
      for (const [name, known, to] of wanted) {
        if (known.failure === undefined)
          await this.#attempt(client, name, known, () => step(client, known, to));
      }
    }
    for (const name of released) await this.#finishRelease(client, name, present.get(name));
    if (this.#client !== client) return;
    const now = await this.#read(client, present);
    await this.#lcp.read(client, now);
    if (this.#client !== client) return;
    this.#publish(now);
    const failed =
      this.#missing.size > 0 ||
      this.#lcp.hasFailed ||
      [...this.#known.values()].some(({ failure }) => failure !== undefined);
    if (failed) this.#retryLater();
  }

  /** What VPP has, after the loopbacks that it lacks were made. */
  async #readAndCreate(
    client: VppApiClient,
    configs: readonly InterfaceConfig[],
  ): Promise<Map<string, Known>> {
    const present = await this.#read(client);
    let created = 0;
    for (const { name } of configs) {
      const instance = LOOPBACK_NAME.exec(name)?.[1];
      if (present.has(name) || instance === undefined) continue;
      try {
        // Before the answer: VPP may give it too late for us, and make it all the same.
        this.#created.add(name);
        await createLoopback(client, { instance: Number(instance) });
        created += 1;
      } catch (error) {
        this.#missing.set(name, reasonOf(error));
      }
    }
    return created > 0 ? this.#read(client) : present;
  }

  /** What each interface that VPP has is to become: those of the configuration, then those that left it. */
  #wantedOf(
    configs: readonly InterfaceConfig[],
    released: readonly string[],
    present: ReadonlyMap<string, Known>,
  ): [string, Known, Wanted][] {
    const all: (readonly [string, Wanted])[] = [
      ...configs.map((config) => [config.name, config] as const),
      ...released.map((name) => [name, RELEASED] as const),
    ];
    return all.flatMap(([name, wanted]) => {
      const known = present.get(name);
      return known === undefined ? [] : [[name, known, this.#withMtu(name, known, wanted)]];
    });
  }

  /** Without an MTU an interface has the one that VPP gave it, as far as that is known. */
  #withMtu(name: string, { vpp }: Known, wanted: Wanted): Wanted {
    const original = this.#originalMtu.get(name);
    if (wanted.mtuBytes === undefined) return { ...wanted, mtuBytes: original };
    if (original === undefined) this.#originalMtu.set(name, vpp.mtuBytes.l3);
    return wanted;
  }

  /** An interface that was released is none of ours any more. */
  async #finishRelease(client: VppApiClient, name: string, known: Known | undefined): Promise<void> {
    // Asked for again meanwhile.
    if (!this.#released.has(name)) return;
    if (known !== undefined && known.failure === undefined && this.#created.has(name)) {
      await this.#attempt(client, name, known, () => deleteLoopback(client, known.vpp.swIfIndex));
    }
    if (known?.failure !== undefined) return;
    this.#released.delete(name);
    this.#created.delete(name);
    this.#originalMtu.delete(name);
  }

  /** Keeps VPP's reason when it refuses; rejects when the connection broke. */
  async #attempt(client: VppApiClient, name: string, known: Known, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (client.isClosed) throw error;
      known.failure = reasonOf(error);
      this.#options.onError(name, known.failure);
    }
  }

  /** What VPP has now, by name; failures are carried over from an earlier reading. */
  async #read(client: VppApiClient, earlier?: Map<string, Known>): Promise<Map<string, Known>> {
    const found = new Map<string, Known>();
    const ours = new Set([...this.#configs.map(({ name }) => name), ...this.#released]);
    const mpls = await dumpMplsInterfaces(client);
    for (const vpp of await dumpInterfaces(client)) {
      const prefixes = ours.has(vpp.name) ? await dumpAddresses(client, vpp.swIfIndex) : [];
      const addresses = prefixes.map(({ address, length }) => `${address}/${length}`);
      const failure = earlier?.get(vpp.name)?.failure;
      found.set(vpp.name, { vpp, addresses, mpls: mpls.has(vpp.swIfIndex), failure });
    }
    return found;
  }

  /** Takes over a new reading and tells of what changed since the last one. */
  #publish(next: Map<string, Known>): void {
    const last = this.#known;
    this.#known = next;
    for (const [name, { vpp }] of next) {
      const before = last.get(name)?.vpp;
      if (before === undefined) this.#options.onChange(name, 'added');
      const wasUp = before !== undefined && before.adminUp && before.linkUp;
      const isUp = vpp.adminUp && vpp.linkUp;
      if (wasUp !== isUp) this.#options.onChange(name, isUp ? 'up' : 'down');
    }
    for (const name of last.keys()) if (!next.has(name)) this.#options.onChange(name, 'removed');
  }

  /** In the background: after an event, or to try again what VPP refused. */
  #reconcileSoon(): void {
    this.reconcile().catch(() => {
      // The connection broke: its own state says so, and everything is read again on the next one. Or VPP did not
      // answer: it is asked again later.
    });
  }

  /** A VPP that does not answer now may do so later; after a break the next connection begins anew. */
  #retryUnlessBroken(): void {
    if (this.#client?.isClosed === false) this.#retryLater();
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#reconcileSoon(), RETRY_MS).unref();
  }

  /** The networks that VPP is connected to: addresses of configured interfaces that are up. */
  get connected(): { readonly interface: string; readonly prefix: Prefix }[] {
    return this.#configs.flatMap(({ name, addresses }) => {
      const known = this.#known.get(name);
      if (known === undefined || !known.vpp.adminUp || !known.vpp.linkUp) return [];
      const present = new Set(known.addresses);
      return addresses
        .filter(({ address, length }) => present.has(`${address}/${length}`))
        .map((prefix) => ({ interface: name, prefix }));
    });
  }

  /** Configured interfaces first, in the file's order, then what else VPP has. */
  get status(): InterfaceStatus[] {
    const why = this.#client === undefined ? 'VPP is not connected' : undefined;
    const hostInterfaceOf = (name: string): InterfaceStatus['hostInterface'] => this.#lcp.statusOf(name);
    const failureOf = (name: string): string | undefined =>
      this.#known.get(name)?.failure ?? this.#queues.failureOf(name);
    const nics = this.#nics.map(({ name }) => name);
    const names = { configured: this.#configs.map(({ name }) => name), nics };
    return interfaceRows(names, this.#known, this.#missing, { failureOf, hostInterfaceOf, away: why });
  }
}
