/**
 * Bridge domains, cross-connects and MAC addresses (l2_bd.c, l2_input.c, l2_fib.c). Nothing is learnt here. The MAC table
 * goes by the index of a domain and of an interface: static entries outlive both, and the next ones have them.
 */
import type { Interface, VppState } from './vpp-state.ts';

const Retval = {
  ok: 0,
  invalidSwIfIndex: -2,
  noSuchEntry: -6,
  invalidValue: -7,
  invalidInterface: -71,
  invalidTagCount: -72,
  exists: -119,
  inUse: -120,
  notModifiable: -121,
  idTooLarge: -122,
  hasBvi: -152,
} as const;

const MAX_ID = 0xff_ffff;
export const Flag = { learn: 1, forward: 2, flood: 4, uuFlood: 8, arpTerm: 16, arpUfwd: 32 } as const;
/** VPP's own bits of these flags (l2_input.h). */
const INTERNAL: Readonly<Record<number, number>> = {
  [Flag.learn]: 512,
  [Flag.forward]: 128,
  [Flag.flood]: 4,
  [Flag.uuFlood]: 32,
  [Flag.arpTerm]: 16,
  [Flag.arpUfwd]: 8,
};
/** Of a domain that a port made. */
const DEFAULT_FLAGS = Flag.learn | Flag.forward | Flag.flood | Flag.uuFlood;
const MAX_BVI = 16 * 1024;
const OPS = 8;

export interface Domain {
  readonly id: number;
  /** Reused. */
  readonly index: number;
  flags: number;
  macAge: number;
  readonly tag: string;
  readonly members: { readonly swIfIndex: number; readonly shg: number }[];
  bvi: number | undefined;
}

export interface MacEntry {
  readonly domainIndex: number;
  readonly mac: string;
  readonly swIfIndex: number;
  readonly isStatic: boolean;
  readonly isFilter: boolean;
  readonly isBvi: boolean;
}

export class Bridging {
  readonly #state: VppState;
  readonly #domains = new Map<number, Domain>();
  readonly #crossConnects = new Map<number, number>();
  readonly #macs = new Map<string, MacEntry>();

  constructor(state: VppState) {
    this.#state = state;
    state.onInterface((changed, deleted) => {
      if (deleted) this.#forget(changed);
    });
  }

  get domains(): Domain[] {
    return [...this.#domains.values()].sort((a, b) => a.index - b.index);
  }

  get crossConnects(): [rx: number, tx: number][] {
    return [...this.#crossConnects].sort(([a], [b]) => a - b);
  }

  add(id: number | undefined, given: Pick<Domain, 'flags' | 'macAge' | 'tag'>): Domain | number {
    let free = id ?? 1;
    if (id === undefined) while (this.#domains.has(free)) free++;
    if (this.#domains.has(free)) return Retval.exists;
    if (free > MAX_ID) return Retval.idTooLarge;
    return this.#make(free, given);
  }

  delete(id: number): number {
    const domain = this.#domains.get(id);
    if (id === 0) return Retval.notModifiable;
    if (domain === undefined) return Retval.noSuchEntry;
    if (domain.members.length > 0) return Retval.inUse;
    this.#domains.delete(id);
    return Retval.ok;
  }

  /** The resulting flags in VPP's own bits, or an error. */
  setFlags(id: number, isSet: boolean, flags: number): { readonly bits: number } | number {
    const domain = this.#domains.get(id);
    if (id === 0) return Retval.notModifiable;
    if (domain === undefined) return Retval.noSuchEntry;
    domain.flags = isSet ? domain.flags | flags : domain.flags & ~flags;
    const bits = Object.entries(INTERNAL).map(([flag, bit]) =>
      (domain.flags & Number(flag)) === 0 ? 0 : bit,
    );
    return { bits: bits.reduce((all, bit) => all | bit, 0) };
  }

  setMacAge(id: number, minutes: number): number {
    const domain = this.#domains.get(id);
    if (id === 0) return Retval.notModifiable;
    if (domain === undefined) return Retval.noSuchEntry;
    domain.macAge = minutes;
    return Retval.ok;
  }

  /** Whether the frames of an interface, or of one of its sub-interfaces, belong to a bridge or cross-connect. */
  hasPorts(hardware: Interface): boolean {
    const ports = [
      ...this.#crossConnects.keys(),
      ...this.domains.flatMap(({ members }) => members.map(({ swIfIndex }) => swIfIndex)),
    ];
    return ports.some((port) => this.#hardwareOf(this.#state.interfaces.get(port)) === hardware);
  }

  /** A missing domain is made with flags of VPP's own. */
  bridge(found: Interface, id: number, { isBvi, shg }: { isBvi: boolean; shg: number }): number {
    if (id > MAX_ID) return Retval.idTooLarge;
    this.#leave(found);
    const domain = this.#domains.get(id) ?? this.#make(id, { flags: DEFAULT_FLAGS, macAge: 0, tag: '' });
    // The interface is in the mode of a bridge then, and no member.
    if (isBvi && domain.bvi !== undefined) return Retval.hasBvi;
    if (isBvi) {
      domain.bvi = found.swIfIndex;
      this.#setMac(domain.index, found.mac.toString('hex'), {
        swIfIndex: found.swIfIndex,
        isStatic: true,
        isFilter: false,
        isBvi: true,
      });
    }
    domain.members.push({ swIfIndex: found.swIfIndex, shg });
    this.#follow(found, true);
    return Retval.ok;
  }

  connect(rx: Interface, tx: number): number {
    if (!this.#state.interfaces.has(tx)) return Retval.invalidSwIfIndex;
    this.#leave(rx);
    this.#crossConnects.set(rx.swIfIndex, tx);
    this.#follow(rx, true);
    return Retval.ok;
  }

  /** Back to an interface of its own; the rewriting of tags goes too. */
  route(found: Interface): number {
    this.#leave(found);
    found.tagRewrite = [0, 0, 0, 0];
    return Retval.ok;
  }

  rewriteTags(
    found: Interface,
    given: readonly [op: number, pushDot1q: number, tag1: number, tag2: number],
  ): number {
    const [op, pushDot1q, tag1, tag2] = given;
    if (op > OPS) return Retval.invalidValue;
    if (found.isLayer3) return Retval.invalidInterface;
    const needed = [0, 0, 0, 1, 2, 1, 1, 2, 2][op] ?? 0;
    if (tagsOf(found) < needed) {
      // The tags are cleared before the check, the numbers of bytes after it.
      found.tagRewrite = [found.tagRewrite[0], found.tagRewrite[1], 0, 0];
      return Retval.invalidTagCount;
    }
    const isPush = op !== 0 && op !== 3 && op !== 4;
    const hasTwo = op === 2 || op === 6 || op === 8;
    found.tagRewrite = [op, isPush ? pushDot1q : 0, isPush ? tag1 : 0, hasTwo ? tag2 : 0];
    return Retval.ok;
  }

  addMac(id: number, mac: string, given: Omit<MacEntry, 'domainIndex' | 'mac'>): number {
    const domain = this.#domains.get(id);
    if (domain === undefined) return Retval.noSuchEntry;
    const { swIfIndex, isFilter } = given;
    const isBridged = this.domains.some(({ members }) => members.some((one) => one.swIfIndex === swIfIndex));
    if (!isFilter && !isBridged) return Retval.invalidSwIfIndex;
    this.#setMac(domain.index, mac, given);
    return Retval.ok;
  }

  /** The entry of a BVI follows its address (l2input_interface_mac_change); it is about to change. */
  changeMac(found: Interface, mac: Buffer): void {
    const domain = this.domains.find(({ bvi }) => bvi === found.swIfIndex);
    if (domain === undefined || found.kind !== 'bvi') return;
    this.#macs.delete(`${domain.index} ${found.mac.toString('hex')}`);
    this.#setMac(domain.index, mac.toString('hex'), {
      swIfIndex: found.swIfIndex,
      isStatic: true,
      isFilter: false,
      isBvi: true,
    });
  }

  /** Of any interface when `swIfIndex` is 0. */
  deleteMac(id: number, mac: string, swIfIndex: number): number {
    const domain = this.#domains.get(id);
    if (domain === undefined) return Retval.noSuchEntry;
    const key = `${domain.index} ${mac}`;
    const entry = this.#macs.get(key);
    if (entry === undefined || (swIfIndex !== 0 && swIfIndex !== entry.swIfIndex)) return Retval.noSuchEntry;
    this.#macs.delete(key);
    return Retval.ok;
  }

  macs(id: number): MacEntry[] {
    const domain = this.#domains.get(id);
    return [...this.#macs.values()].filter(({ domainIndex }) => domainIndex === domain?.index);
  }

  createBvi(mac: Buffer, wanted: number | undefined): Interface | number {
    const used = new Set(
      [...this.#state.interfaces.values()].map(({ kind, instance }) => kind === 'bvi' && instance),
    );
    let instance = wanted ?? 0;
    if (wanted === undefined) while (used.has(instance)) instance++;
    if (used.has(instance) || instance >= MAX_BVI) return -31;
    const given = mac.some((byte) => byte !== 0) ? mac : Buffer.from([0xb0, 0xb0, 0, 0, 0, instance & 0xff]);
    return this.#state.addMade({
      name: `bvi${instance}`,
      kind: 'bvi',
      instance,
      mac: Buffer.from(given),
      mtu: 9000,
      linkMtu: 9000,
      isLayer3: false,
    });
  }

  deleteBvi(swIfIndex: number): number {
    const found = this.#state.interfaces.get(swIfIndex);
    if (found?.kind !== 'bvi') return Retval.invalidSwIfIndex;
    this.#state.deleteMade(found);
    return Retval.ok;
  }

  #make(id: number, given: Pick<Domain, 'flags' | 'macAge' | 'tag'>): Domain {
    const used = new Set(this.domains.map(({ index }) => index));
    let index = 1;
    while (used.has(index)) index++;
    const domain: Domain = { id, index, ...given, members: [], bvi: undefined };
    this.#domains.set(id, domain);
    return domain;
  }

  #leave(found: Interface): void {
    let hasLeft = this.#crossConnects.delete(found.swIfIndex);
    for (const domain of this.#domains.values()) {
      const at = domain.members.findIndex((one) => one.swIfIndex === found.swIfIndex);
      if (at < 0) continue;
      hasLeft = true;
      domain.members.splice(at, 1);
      if (domain.bvi !== found.swIfIndex) continue;
      domain.bvi = undefined;
      this.#macs.delete(`${domain.index} ${found.mac.toString('hex')}`);
    }
    if (hasLeft) this.#follow(found, false);
  }

  /** A NIC is promiscuous from its first port on, and not any more after its last (set_int_l2_mode). */
  #follow(port: Interface, isOn: boolean): void {
    const hardware = this.#hardwareOf(port);
    if (hardware === undefined || (!isOn && this.hasPorts(hardware))) return;
    hardware.isPromiscuous = isOn;
    this.#state.bonds.setPromiscuous(hardware.swIfIndex, isOn);
  }

  #hardwareOf(port: Interface | undefined): Interface | undefined {
    return port?.sub === undefined ? port : this.#state.interfaces.get(port.sub.parent);
  }

  /** The other end of a cross-connect is an interface of its own again. */
  #forget(found: Interface): void {
    const peer = this.#state.interfaces.get(this.#crossConnects.get(found.swIfIndex) ?? -1);
    if (peer !== undefined) this.route(peer);
    this.#leave(found);
  }

  #setMac(domainIndex: number, mac: string, given: Omit<MacEntry, 'domainIndex' | 'mac'>): void {
    this.#macs.set(`${domainIndex} ${mac}`, { domainIndex, mac, ...given });
  }
}

/** The tags that have a number (l2vtr_configure): create_subif's flags are 2 one tag, 4 two tags, 64 and 128 any. */
function tagsOf({ sub }: Interface): number {
  if (sub === undefined || (sub.flags & 64) !== 0) return 0;
  if ((sub.flags & 2) !== 0) return 1;
  if ((sub.flags & 4) === 0) return 0;
  return (sub.flags & 128) === 0 ? 2 : 1;
}
