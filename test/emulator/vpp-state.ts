/**
 * The state of the emulated VPP: interfaces with their addresses, the FIBs, LCP pairs. Return values are VPP's,
 * checked against a real 25.02 where the conformance suite covers them.
 */

import { Acls } from './acls.ts';
import { type Family, isCovered } from './address-bytes.ts';
import { Attributes } from './attributes.ts';
import { type BondOptions, Bonds } from './bonds.ts';
import { Bridging } from './bridging.ts';
import { ALL_ONES, type Path, type PathList, PathLists, PathProto, PathType } from './fib-path.ts';
import { connectedRoutes, Fib } from './fib.ts';
import { type LcpOptions, type LcpPair, LcpPairs } from './lcp-pairs.ts';
import { MplsFib } from './mpls-fib.ts';
import { MulticastFib } from './multicast.ts';
import { Nat44 } from './nat44.ts';
import { Tunnels } from './tunnels.ts';

export const Retval = {
  ok: 0,
  unspecified: -1,
  invalidSwIfIndex: -2,
  noSuchFib: -3,
  noSuchEntry: -6,
  invalidValue: -7,
  invalidSwIfIndex2: -10,
  featureDisabled: -30,
  invalidRegistration: -31,
  noPathsInRoute: -52,
  vlanAlreadyExists: -56,
  noMatchingInterface: -54,
  addressNotFound: -60,
  ip6NotEnabled: -62,
  noSuchNode: -63,
  noSuchNode2: -64,
  invalidArgument: -73,
  unexpectedState: -74,
  tunnelExists: -75,
  invalidDecapNext: -76,
  interfaceExists: -79,
  valueExists: -81,
  sameEnds: -82,
  addressInUse: -105,
  addressFound: -114,
  unsupported: -126,
  duplicateAddress: -127,
  invalidProtocol: -153,
  invalidPrefixLength: -171,
} as const;

const MAX_VLAN = 4095;
/** Flags of create_subif that say which frames. */
const SUB_TAG_FLAGS = 0xee;
/** VPP's LOOPBACK_MAX_INSTANCE */
const MAX_LOOPBACKS = 16 * 1024;

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: Buffer;
  readonly length: number;
}

export type InterfaceKind =
  | 'local'
  | 'loopback'
  | 'bond'
  | 'bvi'
  | 'dpdk'
  | 'gre'
  | 'ipip'
  | 'native'
  | 'sub'
  | 'tap'
  | 'vxlan';

export interface SubInterface {
  readonly parent: number;
  readonly subId: number;
  /** As in create_subif. */
  readonly flags: number;
  readonly outer: number;
  readonly inner: number;
}

export interface Interface {
  readonly swIfIndex: number;
  name: string;
  readonly kind: InterfaceKind;
  /** Without Ethernet. */
  readonly isLayer3: boolean;
  /** Of a sub-interface. */
  readonly sub?: SubInterface;
  /** l2_vtr.h: op, push_dot1q, tag1, tag2. */
  tagRewrite: readonly [number, number, number, number];
  readonly instance: number;
  mac: Buffer;
  adminUp: boolean;
  linkUp: boolean;
  /** The state at the other end of the cable (dpdk only). */
  carrier: boolean;
  mtu: number[];
  linkMtu: number;
  tag: string;
  readonly tables: Record<Family, number>;
  /** Of the hardware. */
  queues: Queues;
  addresses: InterfaceAddress[];
  /** VPP counts the enables. */
  mplsEnables: number;
  /** Accepts IPv4: with its first address, or when enabled; not after its last (ip4_sw_interface_enable_disable). */
  isIpv4On: boolean;
  /** Enables besides those of addresses; VPP counts both. */
  ipv6Enables: number;
  isIpv6On: boolean;
  /** While IPv6 is on. */
  linkLocal: Buffer | undefined;
  /** Whose addresses it borrows, and the first of each family at the time. */
  unnumbered: { readonly donor: number; readonly heads: readonly Buffer[] } | undefined;
  /** Receives frames to all addresses (dpdk only). */
  isPromiscuous: boolean;
}

/** ip_neighbor_db of ip_neighbor.c. */
export interface NeighborLimits {
  readonly maxNumber: number;
  readonly maxAge: number;
  readonly recycle: boolean;
}

const NEIGHBOR_DEFAULTS: NeighborLimits = { maxNumber: 50_000, maxAge: 0, recycle: false };
export interface Queues {
  readonly rx: number;
  readonly tx: number;
}

/** The queues of an emulated NIC. */
const MAX_QUEUES = 8;

/** An IPv4 address that an interface got or lost. */
type AddressListener = (changed: Interface, address: Buffer, isAdd: boolean) => void;
export type InterfaceListener = (changed: Interface, deleted: boolean) => void;

export interface VppStateOptions {
  /** Delay from a NIC's admin-up to its link. */
  readonly linkMs?: number | undefined;
  /** As VPP before 26.02. */
  readonly takesIcmpForAttached?: boolean;
  readonly bonds?: BondOptions;
  /** As VPP before 26.06: static neighbours of a deleted interface stay. */
  readonly leaksNeighbors?: boolean;
}

export class VppState {
  readonly fib = new Fib();
  readonly interfaces = new Map<number, Interface>();
  readonly mpls = new MplsFib();
  readonly multicast = new MulticastFib();
  readonly neighborLimits: Record<Family, NeighborLimits> = { 4: NEIGHBOR_DEFAULTS, 6: NEIGHBOR_DEFAULTS };
  /** `TABLE LOW HIGH` */
  readonly proxyRanges = new Set<string>();
  /** Kept after the interface is deleted (arp_proxy.c). */
  readonly proxyInterfaces = new Set<number>();
  readonly lcp: LcpPairs;
  readonly bonds: Bonds;
  readonly attributes: Attributes;
  readonly bridging: Bridging;
  readonly tunnels = new Tunnels();
  readonly #free: number[] = [];
  readonly #pathLists = new PathLists();
  readonly #listeners = new Set<InterfaceListener>();
  readonly #addressListeners = new Set<AddressListener>();
  readonly acls = new Acls((listener) => this.onInterface(listener));
  readonly nat44 = new Nat44(this);

  readonly #linkMs: number;
  readonly #takesIcmpForAttached: boolean;
  /** Routes that refuse were added. */
  #hasRefusals = false;

  constructor(
    lcp: LcpOptions = { isSync: false, defaultNetns: undefined, namespaces: [], hasTaps: true },
    {
      linkMs = 0,
      takesIcmpForAttached = false,
      bonds = { hasLacp: true, followsMembers: true },
      leaksNeighbors = false,
    }: VppStateOptions = {},
  ) {
    this.#linkMs = linkMs;
    this.#takesIcmpForAttached = takesIcmpForAttached;
    this.attributes = new Attributes(leaksNeighbors);
    this.lcp = new LcpPairs(lcp, (phy, mtu) => this.#addHostOf(phy) ?? this.#addTap(mtu));
    this.bonds = new Bonds(this, bonds);
    this.bridging = new Bridging(this);
    this.#addInterface({ name: 'local0', kind: 'local', instance: 0, mac: Buffer.alloc(6), mtu: 0 });
  }

  /** Calls `listener` after every change of an interface's flags, its creation and its deletion. */
  onInterface(listener: InterfaceListener): void {
    this.#listeners.add(listener);
  }

  /** Calls `listener` after an interface got or lost an IPv4 address. */
  onAddress(listener: AddressListener): void {
    this.#addressListeners.add(listener);
  }

  #tellAddress(changed: Interface, { family, address }: InterfaceAddress, isAdd: boolean): void {
    if (family === 4) for (const listener of this.#addressListeners) listener(changed, address, isAdd);
  }

  #tell(changed: Interface, deleted: boolean): void {
    for (const listener of this.#listeners) listener(changed, deleted);
  }

  #addInterface(given: {
    name: string;
    kind: Interface['kind'];
    instance: number;
    mac: Buffer;
    mtu: number;
    linkMtu?: number;
    isLayer3?: boolean;
    sub?: SubInterface;
  }): Interface {
    const { mtu, linkMtu = mtu, isLayer3 = false, ...rest } = given;
    const swIfIndex = this.#free.pop() ?? this.interfaces.size;
    const added: Interface = {
      ...rest,
      swIfIndex,
      adminUp: false,
      linkUp: false,
      carrier: true,
      mtu: [mtu, 0, 0, 0],
      linkMtu,
      isLayer3,
      tag: '',
      tables: { 4: 0, 6: 0 },
      queues: { rx: 0, tx: 0 },
      addresses: [],
      mplsEnables: 0,
      isIpv4On: false,
      ipv6Enables: 0,
      isIpv6On: false,
      linkLocal: undefined,
      unnumbered: undefined,
      isPromiscuous: false,
      tagRewrite: [0, 0, 0, 0],
    };
    this.interfaces.set(swIfIndex, added);
    this.#tell(added, false);
    return added;
  }

  /**
   * An interface of a dpdk device of startup.conf; without a name VPP derives one from the PCI address. With more
   * receive queues requested than the NIC has it gets one, and as many transmit queues as exist
   * (plugins/dpdk/device/init.c).
   */
  addDpdk(pciAddress: string, name: string | undefined, queues: Queues = { rx: 1, tx: 1 }): Interface {
    const [, bus = '0', slot = '0', func = '0'] = /:(\w+):(\w+)\.(\w+)$/.exec(pciAddress) ?? [];
    const number = (hex: string): string => Number.parseInt(hex, 16).toString(16);
    const instance = [...this.interfaces.values()].filter(({ kind }) => kind === 'dpdk').length;
    const made = `GigabitEthernet${number(bus)}/${number(slot)}/${func}`;
    const mac = Buffer.from([0x52, 0x54, 0, 0xe0, 0, instance + 1]);
    const added = this.#addInterface({ name: name ?? made, kind: 'dpdk', instance, mac, mtu: 9000 });
    const rx = queues.rx > 1 && queues.rx <= MAX_QUEUES ? queues.rx : 1;
    added.queues = { rx, tx: Math.min(queues.tx, MAX_QUEUES) };
    return added;
  }

  /** An interface of one of VPP's native drivers. */
  addNative(name: string): Interface {
    const instance = [...this.interfaces.values()].filter(({ kind }) => kind === 'native').length;
    const mac = Buffer.from([0x52, 0x54, 0, 0xe1, 0, instance + 1]);
    return this.#addInterface({ name, kind: 'native', instance, mac, mtu: 9000 });
  }

  /** lcp_itf_pair_create gives a sub-interface one of the same tags on the TAP of its parent. */
  #addHostOf({ sub }: Interface): Interface | undefined {
    const tap = this.interfaces.get(this.lcp.get(sub?.parent ?? -1)?.host ?? -1);
    if (sub === undefined || tap === undefined) return undefined;
    const made = this.createSub(tap, sub);
    return typeof made === 'number' ? undefined : made;
  }

  #addTap(mtu: number): Interface {
    const used = new Set(
      [...this.interfaces.values()].map(({ kind, instance }) => kind === 'tap' && instance),
    );
    let instance = 4096;
    while (used.has(instance)) instance++;
    const mac = Buffer.from([2, 0xfe, 0, 0, instance >> 8, instance & 0xff]);
    return this.#addInterface({ name: `tap${instance}`, kind: 'tap', instance, mac, mtu });
  }

  createLoopback(mac: Buffer, wanted: number | undefined): Interface | number {
    const used = new Set<number>();
    for (const one of this.interfaces.values()) if (one.kind === 'loopback') used.add(one.instance);
    let instance = wanted ?? 0;
    if (wanted === undefined) while (used.has(instance)) instance++;
    if (used.has(instance) || instance >= MAX_LOOPBACKS) return Retval.invalidRegistration;
    const made = Buffer.from([0xde, 0xad, 0, 0, instance >> 8, instance & 0xff]);
    const given = mac.some((byte) => byte !== 0) ? Buffer.from(mac) : made;
    return this.#addInterface({ name: `loop${instance}`, kind: 'loopback', instance, mac: given, mtu: 9000 });
  }

  /** An interface of a file of its own. */
  addMade(given: {
    readonly name: string;
    readonly kind: InterfaceKind;
    readonly instance: number;
    readonly mac: Buffer;
    readonly mtu: number;
    readonly linkMtu: number;
    readonly isLayer3: boolean;
  }): Interface {
    return this.#addInterface(given);
  }

  deleteMade(found: Interface): void {
    this.#removeInterface(found);
  }

  deleteLoopback(swIfIndex: number): number {
    const found = this.interfaces.get(swIfIndex);
    if (found?.kind !== 'loopback') return Retval.invalidSwIfIndex;
    this.#removeInterface(found);
    return Retval.ok;
  }

  /**
   * create_subif (interface_api.c, ethernet/interface.c). Tags that another sub-interface has are refused, and that one
   * is cut off (ethernet/node.c): it gets no frames any more, which nothing tells.
   */
  createSub(parent: Interface, given: Omit<SubInterface, 'parent'>): Interface | number {
    if (parent.kind === 'local' || parent.kind === 'sub') return Retval.invalidSwIfIndex;
    const siblings = this.subsOf(parent);
    if (siblings.some(({ sub }) => sub?.subId === given.subId)) return Retval.vlanAlreadyExists;
    if (given.outer > MAX_VLAN || given.inner > MAX_VLAN) {
      throw new Error(`a real VPP writes outside its table for VLAN ${given.outer}.${given.inner}`);
    }
    const tags = (one: Omit<SubInterface, 'parent'>): string =>
      `${one.flags & SUB_TAG_FLAGS} ${one.outer} ${one.inner}`;
    if (siblings.some(({ sub }) => sub !== undefined && tags(sub) === tags(given))) return Retval.unspecified;
    return this.#addInterface({
      name: `${parent.name}.${given.subId}`,
      kind: 'sub',
      instance: given.subId,
      mac: parent.mac,
      mtu: 0,
      sub: { ...given, parent: parent.swIfIndex },
    });
  }

  /** delete_subif; of a loopback's sub-interface it deletes the loopback. */
  deleteSub(swIfIndex: number): number {
    const found = this.interfaces.get(swIfIndex);
    if (found?.sub === undefined) return Retval.invalidSwIfIndex;
    this.#removeInterface(found);
    return Retval.ok;
  }

  subsOf(parent: Interface): Interface[] {
    return [...this.interfaces.values()].filter(({ sub }) => sub?.parent === parent.swIfIndex);
  }

  /** Whether its hardware has a link: a sub-interface has that of its parent. */
  hasLink({ sub, linkUp }: Interface): boolean {
    return sub === undefined ? linkUp : this.interfaces.get(sub.parent)?.linkUp === true;
  }

  #removeInterface(found: Interface): void {
    for (const sub of this.subsOf(found)) this.#removeInterface(sub);
    this.#setConnected(found, false);
    found.adminUp = found.linkUp = false;
    if (found.mplsEnables > 0) this.mpls.bind(false);
    this.deletePair(found.swIfIndex);
    this.#countIpv6(found, true);
    for (const one of found.addresses) this.#tellAddress({ ...found, addresses: [] }, one, false);
    this.interfaces.delete(found.swIfIndex);
    for (const family of [4, 6] as const) this.releaseTable(family, found.tables[family]);
    this.attributes.forget(found.swIfIndex);
    this.#free.push(found.swIfIndex);
    this.#tell(found, true);
  }

  /** Enables or disables MPLS on an interface; enables are counted (mpls_sw_interface_enable_disable). */
  setMpls(found: Interface, isEnable: boolean): number {
    if (this.mpls.find(0) === undefined) return Retval.noSuchFib;
    const before = found.mplsEnables;
    found.mplsEnables = Math.max(0, before + (isEnable ? 1 : -1));
    if (before > 0 !== found.mplsEnables > 0) this.mpls.bind(isEnable);
    return Retval.ok;
  }

  addPair(phy: Interface, given: { hostIfName: string; hostType: number; netns: string }): LcpPair | number {
    const made = this.lcp.add(phy, given);
    if (typeof made === 'number') return made;
    this.setAdmin(made.host, true);
    return made.pair;
  }

  deletePair(phy: number): number {
    const pair = this.lcp.take(phy);
    const host = pair === undefined ? undefined : this.interfaces.get(pair.host);
    if (host === undefined) return Retval.invalidSwIfIndex;
    this.#removeInterface(host);
    return Retval.ok;
  }

  setMtu(found: Interface, mtu: number[]): void {
    found.mtu = mtu;
    this.lcp.sync(found);
  }

  setAdmin(found: Interface, up: boolean): number {
    if (found.adminUp === up) return Retval.ok;
    // vnet_sw_interface_set_flags_helper
    const parent = found.sub === undefined ? undefined : this.interfaces.get(found.sub.parent);
    if (up && parent?.adminUp === false) return Retval.unspecified;
    found.adminUp = up;
    this.#setConnected(found, up);
    this.lcp.sync(found);
    const isLate = up && this.#linkMs > 0 && found.kind === 'dpdk';
    if (isLate) setTimeout(() => this.#setLink(found), this.#linkMs).unref();
    else found.linkUp = up && found.carrier;
    this.lcp.syncLink(found);
    this.#tell(found, false);
    return Retval.ok;
  }

  /** A MAC address is that of the hardware and of its sub-interfaces. */
  setMac(found: Interface, mac: Buffer): void {
    const hardware = (found.sub === undefined ? undefined : this.interfaces.get(found.sub.parent)) ?? found;
    this.bridging.changeMac(hardware, mac);
    for (const one of [hardware, ...this.subsOf(hardware)]) one.mac = Buffer.from(mac);
  }

  /** The cable of an interface. */
  setCarrier(found: Interface, up: boolean): void {
    found.carrier = up;
    this.#setLink(found);
  }

  #setLink(found: Interface): void {
    const linkUp = found.carrier && found.adminUp;
    if (found.linkUp === linkUp) return;
    found.linkUp = linkUp;
    this.lcp.syncLink(found);
    this.#tell(found, false);
  }

  #setConnected(found: Interface, isAdd: boolean): void {
    for (const one of found.addresses) this.#setConnectedOf(found, one, isAdd);
  }

  #setConnectedOf(found: Interface, { family, address, length }: InterfaceAddress, isAdd: boolean): void {
    const table = this.fib.find(family, found.tables[family]);
    for (const route of connectedRoutes(family, found.swIfIndex, address, length)) {
      if (isAdd) table?.set('interface', route.address, 0, route.length, route.list);
      else table?.remove('interface', route.address, 0, route.length);
    }
  }

  addDelAddress(found: Interface, given: InterfaceAddress, isAdd: boolean): number {
    const { family, address, length } = given;
    const isSame = (one: InterfaceAddress): boolean =>
      one.family === family && one.length === length && one.address.equals(address);
    if (!isAdd) {
      if (!found.addresses.some(isSame)) return Retval.addressNotFound;
      this.#refuseStale(found, address);
      if (found.adminUp) this.#setConnectedOf(found, given, false);
      this.lcp.syncAddress(found, given, false);
      found.addresses = found.addresses.filter((one) => !isSame(one));
      this.#tellAddress(found, given, false);
      found.isIpv4On &&= family === 6 || countOf(found, 4) > 0;
      this.#countIpv6(found);
      // Another address of the same prefix still needs the prefix's routes.
      if (found.adminUp) this.#setConnected(found, true);
      return Retval.ok;
    }
    for (const other of this.interfaces.values()) {
      if (other.tables[family] !== found.tables[family]) continue;
      for (const one of other.addresses) {
        if (one.family !== family || !isCovered(one.address, address, Math.min(one.length, length))) continue;
        if (other === found && one.length === length && !one.address.equals(address)) continue;
        return family === 4 ? Retval.addressInUse : Retval.duplicateAddress;
      }
    }
    found.addresses.push(given);
    this.#tellAddress(found, given, true);
    found.isIpv4On ||= family === 4;
    this.#countIpv6(found);
    this.lcp.syncAddress(found, given, true);
    if (found.adminUp) this.#setConnectedOf(found, given, true);
    return Retval.ok;
  }

  removeAddresses(found: Interface): void {
    this.#setConnected(found, false);
    for (const one of found.addresses) this.lcp.syncAddress(found, one, false);
    found.isIpv4On &&= countOf(found, 4) === 0;
    const removed = found.addresses;
    found.addresses = [];
    for (const one of removed) this.#tellAddress(found, one, false);
    this.#countIpv6(found);
  }

  setTable(found: Interface, family: Family, id: number): number {
    const table = this.fib.find(family, id);
    if (table === undefined) return Retval.noSuchFib;
    if (found.addresses.some((one) => one.family === family)) return Retval.addressFound;
    const before = this.fib.find(family, found.tables[family]);
    found.tables[family] = id;
    if (before !== undefined) this.releaseTable(before.family, before.id);
    return Retval.ok;
  }

  /** Enables or disables IPv6 (ip6_link_enable): an address counts as one enable. */
  setIpv6(found: Interface, isEnable: boolean): number {
    const before = found.ipv6Enables + countOf(found, 6);
    if (!isEnable && before === 0) return Retval.ip6NotEnabled;
    found.ipv6Enables = Math.max(0, found.ipv6Enables + (isEnable ? 1 : -1));
    this.#countIpv6(found);
    return isEnable && before > 0 ? Retval.valueExists : Retval.ok;
  }

  /** The first enable switches it on, the removal of the last one off. */
  #countIpv6(found: Interface, isGone = false): void {
    const isOn = !isGone && found.ipv6Enables + countOf(found, 6) > 0;
    if (isOn === found.isIpv6On) return;
    found.isIpv6On = isOn;
    found.linkLocal = isOn ? (found.linkLocal ?? linkLocalOf(found)) : undefined;
    this.multicast.accept(found.tables[6], found.swIfIndex, isOn);
  }

  /** ip6_link_set_local_address: enables IPv6 where it is off. */
  setLinkLocal(found: Interface, address: Buffer): void {
    found.linkLocal = address;
    if (!found.isIpv6On) this.setIpv6(found, true);
  }

  /** vnet_sw_interface_update_unnumbered: copies where the donor's first address is. */
  setUnnumbered(borrower: Interface, donor: Interface | undefined): number {
    if (donor === undefined) {
      borrower.unnumbered = undefined;
      return Retval.ok;
    }
    if (([4, 6] as const).some((family) => borrower.tables[family] !== donor.tables[family])) {
      return Retval.unexpectedState;
    }
    const heads = ([4, 6] as const).flatMap((family) => {
      const first = donor.addresses.find((one) => one.family === family);
      return first === undefined ? [] : [first.address];
    });
    borrower.unnumbered = { donor: donor.swIfIndex, heads };
    return Retval.ok;
  }

  /** A borrower that has a deleted address as its first one reads freed memory. */
  #refuseStale(donor: Interface, address: Buffer): void {
    for (const { name, unnumbered } of this.interfaces.values()) {
      if (unnumbered?.donor === donor.swIfIndex && unnumbered.heads.some((one) => one.equals(address))) {
        throw new Error(`a real VPP would read a freed address of ${donor.name} on ${name}`);
      }
    }
  }

  releaseTable(family: Family, id: number): void {
    const table = this.fib.find(family, id);
    if (table === undefined) return;
    this.fib.release(
      table,
      [...this.interfaces.values()].some((one) => one.tables[family] === id),
    );
  }

  setHardwareMtu(found: Interface, mtu: number): number {
    if (found.kind === 'sub') return Retval.invalidValue;
    if (found.kind === 'local' || found.isLayer3) return Retval.featureDisabled;
    if (found.kind !== 'dpdk' && found.kind !== 'vxlan') return Retval.unsupported;
    if (mtu < 64 || mtu > 9216) return Retval.invalidValue;
    found.linkMtu = mtu;
    // vnet_hw_interface_walk_sw
    for (const one of [found, ...this.subsOf(found)]) one.mtu[0] = mtu;
    this.lcp.sync(found);
    return Retval.ok;
  }

  /** Decodes `count` paths of the wire at `at` as VPP does (fib_api_path_decode): the list, or a return value. */
  decodePaths(bytes: Buffer, at: number, count: number): PathList | number {
    const list = this.#pathLists.intern(bytes, at, count);
    if (list === undefined) return Retval.unspecified;
    for (let i = 0; i < count; i++) {
      const path = list.paths[i];
      const retval = path === undefined ? Retval.ok : this.#problemOf(path);
      if (retval !== Retval.ok) return retval;
    }
    return list;
  }

  /**
   * Whether a next hop is resolved through a route whose last path refuses by ICMP: VPP before 26.02 takes it for one
   * that is attached to the interface 0, and resolves the next hop in the table of no interface
   * (fib_entry_src_rr_resolve_via_connected, fib_table_lock).
   */
  diesOf(list: PathList): boolean {
    if (!this.#takesIcmpForAttached) return false;
    const isRefusal = (type: number | undefined): boolean =>
      type === PathType.unreachable || type === PathType.prohibit;
    this.#hasRefusals ||= list.paths.some(({ type }) => isRefusal(type));
    if (!this.#hasRefusals) return false;
    return list.paths.some(({ type, swIfIndex, nextHop, proto, tableId }) => {
      if (type !== PathType.normal || swIfIndex !== ALL_ONES) return false;
      const table = this.fib.find(proto === PathProto.ip4 ? 4 : 6, tableId);
      const address = nextHop.subarray(0, proto === PathProto.ip4 ? 4 : 16);
      return isRefusal(table?.lookup(address, 8 * address.length, false)?.paths.at(-1)?.type);
    });
  }

  #problemOf(path: Path): number {
    const { type, proto, swIfIndex } = path;
    if ((type !== PathType.normal && type !== PathType.sourceLookup) || proto > PathProto.ip6)
      return Retval.ok;
    if (swIfIndex !== ALL_ONES)
      return this.interfaces.has(swIfIndex) ? Retval.ok : Retval.noMatchingInterface;
    return this.fib.find(proto === PathProto.ip4 ? 4 : 6, path.tableId) === undefined
      ? Retval.noSuchFib
      : Retval.ok;
  }
}

function countOf({ addresses }: Interface, family: Family): number {
  return addresses.filter((one) => one.family === family).length;
}

/** From the MAC address, or made up for an interface without one: VPP takes a random number, without the bit u. */
function linkLocalOf({ mac, swIfIndex, isLayer3 }: Interface): Buffer {
  const id = isLayer3
    ? [0x51, 0, 0, 0, 0, 0, 1, swIfIndex]
    : [(mac[0] ?? 0) ^ 2, ...mac.subarray(1, 3), 0xff, 0xfe, ...mac.subarray(3)];
  return Buffer.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...id]);
}
