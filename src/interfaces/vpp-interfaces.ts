/**
 * What each configured interface should be, made so in VPP.
 *
 * `reconcile` compares what VPP has with the configuration and sends only what differs: MTU, addresses, MPLS, then
 * admin state (an address on a down interface makes no connected route, and admin-up comes last so that nothing is
 * forwarded half configured). What VPP refuses is kept with VPP's reason and tried again every `RETRY_MS`.
 */
import { parsePrefix } from '../config/mod.ts';
import type { InterfaceConfig } from '../config/types.ts';
import type { InterfaceStatus } from '../telemetry/status.ts';
import {
  addDelAddress,
  createLoopback,
  dumpAddresses,
  dumpInterfaces,
  onInterfaceEvent,
  setInterfaceFlags,
  setInterfaceMtu,
  setMplsEnabled,
  type SwIfIndex,
  type VppApiClient,
  type VppInterface,
  wantInterfaceEvents,
} from '../vpp/api/mod.ts';

const RETRY_MS = 5_000;
/** `loop0`: made by us when VPP has none of that name. */
const LOOPBACK_NAME = /^loop(\d+)$/;

export interface VppInterfacesOptions {
  readonly configs: readonly InterfaceConfig[];
  /** An interface came, went, or changed its admin or link state. */
  readonly onChange: (name: string, what: 'up' | 'down' | 'added' | 'removed') => void;
  readonly onError: (name: string, reason: string) => void;
}

interface Known {
  readonly vpp: VppInterface;
  addresses: string[];
  failure: string | undefined;
}

export class VppInterfaces {
  readonly #options: VppInterfacesOptions;
  #client: VppApiClient | undefined;
  #known = new Map<string, Known>();
  #missing = new Map<string, string>();
  #subscription: Disposable | undefined;
  #retry: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: VppInterfacesOptions) {
    this.#options = options;
  }

  /** VPP is connected: subscribes to its events, then reconciles. Rejects only when the connection broke. */
  async attach(client: VppApiClient): Promise<void> {
    this.#client = client;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = onInterfaceEvent(client, () => this.#reconcileSoon());
    await wantInterfaceEvents(client);
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
      await this.#reconcileOnce();
    } while (this.#again && this.#client !== undefined);
  }

  async #reconcileOnce(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    clearTimeout(this.#retry);
    this.#missing = new Map();
    let present = await this.#read(client);
    let created = 0;
    for (const { name } of this.#options.configs) {
      const instance = LOOPBACK_NAME.exec(name)?.[1];
      if (present.has(name) || instance === undefined) continue;
      try {
        await createLoopback(client, { instance: Number(instance) });
        created += 1;
      } catch (error) {
        this.#missing.set(name, error instanceof Error ? error.message : String(error));
      }
    }
    if (created > 0) present = await this.#read(client);
    for (const config of this.#options.configs) {
      const known = present.get(config.name);
      if (known === undefined) {
        if (!this.#missing.has(config.name))
          this.#missing.set(config.name, 'VPP has no interface of that name');
        continue;
      }
      try {
        await configure(client, config, known);
      } catch (error) {
        if (client.isClosed) throw error;
        known.failure = error instanceof Error ? error.message : String(error);
        this.#options.onError(config.name, known.failure);
      }
    }
    if (this.#client !== client) return;
    this.#publish(await this.#read(client, present));
    const failed =
      this.#missing.size > 0 || [...this.#known.values()].some(({ failure }) => failure !== undefined);
    if (failed) this.#retryLater();
  }

  /** What VPP has now, by name; failures are carried over from an earlier reading. */
  async #read(client: VppApiClient, earlier?: Map<string, Known>): Promise<Map<string, Known>> {
    const found = new Map<string, Known>();
    const configured = new Set(this.#options.configs.map(({ name }) => name));
    for (const vpp of await dumpInterfaces(client)) {
      const prefixes = configured.has(vpp.name) ? await dumpAddresses(client, vpp.swIfIndex) : [];
      const addresses = prefixes.map(({ address, length }) => `${address}/${length}`);
      found.set(vpp.name, { vpp, addresses, failure: earlier?.get(vpp.name)?.failure });
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
      // The connection broke; its own state says so and everything is read again on the next one.
    });
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#reconcileSoon(), RETRY_MS).unref();
  }

  /** Configured interfaces first, in the file's order, then what else VPP has. */
  get status(): InterfaceStatus[] {
    if (this.#client === undefined) return [];
    const rows: InterfaceStatus[] = [];
    const configured = new Set<string>();
    for (const config of this.#options.configs) {
      configured.add(config.name);
      const known = this.#known.get(config.name);
      const missing = this.#missing.get(config.name);
      if (known !== undefined) {
        rows.push(
          statusOf(
            known,
            known.failure === undefined ? { state: 'ok' } : { state: 'failed', reason: known.failure },
          ),
        );
        continue;
      }
      rows.push({
        name: config.name,
        dataPlane: 'vpp',
        state:
          missing === undefined
            ? { state: 'pending', reason: 'not configured yet' }
            : { state: 'failed', reason: missing },
        adminUp: false,
        link: 'unknown',
        addresses: [],
      });
    }
    for (const [name, known] of this.#known) {
      if (!configured.has(name)) rows.push(statusOf(known, { state: 'unconfigured' }));
    }
    return rows;
  }
}

function statusOf({ vpp, addresses }: Known, state: InterfaceStatus['state']): InterfaceStatus {
  return {
    name: vpp.name,
    dataPlane: 'vpp',
    swIfIndex: vpp.swIfIndex,
    state,
    adminUp: vpp.adminUp,
    link: vpp.linkUp ? 'up' : 'down',
    mtuBytes: vpp.mtuBytes.l3,
    mac: vpp.mac,
    // VPP gives kilobits per second; ~0 and 0 stand for "not known".
    ...(vpp.linkSpeedKbps > 0 && vpp.linkSpeedKbps < 0xffffffff
      ? { speedMbps: Math.round(vpp.linkSpeedKbps / 1000) }
      : {}),
    addresses,
  };
}

/** Sends what differs, in the order in which VPP wants it. */
async function configure(client: VppApiClient, config: InterfaceConfig, known: Known): Promise<void> {
  const { swIfIndex } = known.vpp;
  known.failure = undefined;
  if (config.mtuBytes !== undefined && known.vpp.mtuBytes.l3 !== config.mtuBytes) {
    await setInterfaceMtu(client, swIfIndex, { l3: config.mtuBytes });
  }
  const wanted = new Map(config.addresses.map((prefix) => [`${prefix.address}/${prefix.length}`, prefix]));
  for (const text of known.addresses) {
    if (wanted.has(text) || text.startsWith('fe80:')) continue;
    const stale = parsePrefix(text);
    if (stale !== undefined) await addDelAddress(client, swIfIndex, stale, false);
  }
  for (const [text, prefix] of wanted) {
    if (!known.addresses.includes(text)) await addDelAddress(client, swIfIndex, prefix, true);
  }
  if (config.mpls) await setMplsEnabled(client, swIfIndex, true);
  if (known.vpp.adminUp !== config.enabled)
    await setInterfaceFlags(client, swIfIndex, { adminUp: config.enabled });
}
