/**
 * What the emulated VPP knows: interfaces with their addresses, the FIB, LCP pairs. Return values are VPP's own,
 * checked against a real 25.02 where the conformance suite covers them.
 */

import { type Family, isCovered } from './address-bytes.ts';
import { connectedRoutes, Fib, makePath, type Path, type PathInput, type PathList } from './fib.ts';

export const Retval = {
  ok: 0,
  unspecified: -1,
  invalidSwIfIndex: -2,
  noSuchFib: -3,
  noSuchEntry: -6,
  invalidValue: -7,
  featureDisabled: -30,
  invalidRegistration: -31,
  noPathsInRoute: -52,
  noMatchingInterface: -54,
  addressNotFound: -60,
  invalidArgument: -73,
  valueExists: -81,
  addressInUse: -105,
  addressFound: -114,
  unsupported: -126,
  duplicateAddress: -127,
  invalidPrefixLength: -171,
} as const;

const ALL_ONES = 0xffff_ffff;
/** VPP's LOOPBACK_MAX_INSTANCE */
const MAX_LOOPBACKS = 16 * 1024;

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: Buffer;
  readonly length: number;
}

export interface Interface {
  readonly swIfIndex: number;
  name: string;
  readonly kind: 'local' | 'loopback' | 'dpdk' | 'tap';
  readonly instance: number;
  readonly mac: Buffer;
  adminUp: boolean;
  linkUp: boolean;
  /** What the other end of the cable does (dpdk only). */
  carrier: boolean;
  mtu: number[];
  linkMtu: number;
  tag: string;
  readonly tables: Record<Family, number>;
  addresses: InterfaceAddress[];
  mpls: boolean;
}

export interface LcpPair {
  readonly phy: number;
  readonly host: number;
  readonly vifIndex: number;
  readonly hostIfName: string;
  readonly hostType: number;
  readonly netns: string;
}

export type InterfaceListener = (changed: Interface, deleted: boolean) => void;

export class VppState {
  readonly fib = new Fib();
  readonly interfaces = new Map<number, Interface>();
  readonly mplsTables = new Set<number>();
  readonly pairs = new Map<number, LcpPair>();
  readonly #free: number[] = [];
  readonly #pathLists = new Map<string, PathList>();
  readonly #listeners = new Set<InterfaceListener>();

  constructor() {
    this.#addInterface({ name: 'local0', kind: 'local', instance: 0, mac: Buffer.alloc(6), mtu: 0 });
  }

  /** Calls `listener` after every change of an interface's flags, its creation and its end. */
  onInterface(listener: InterfaceListener): void {
    this.#listeners.add(listener);
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
  }): Interface {
    const { mtu, ...rest } = given;
    const swIfIndex = this.#free.pop() ?? this.interfaces.size;
    const added: Interface = {
      ...rest,
      swIfIndex,
      adminUp: false,
      linkUp: false,
      carrier: true,
      mtu: [mtu, 0, 0, 0],
      linkMtu: mtu,
      tag: '',
      tables: { 4: 0, 6: 0 },
      addresses: [],
      mpls: false,
    };
    this.interfaces.set(swIfIndex, added);
    this.#tell(added, false);
    return added;
  }

  /** An interface of a dpdk device of startup.conf; without a name VPP makes one of the PCI address. */
  addDpdk(pciAddress: string, name: string | undefined): Interface {
    const [, bus = '0', slot = '0', func = '0'] = /:(\w+):(\w+)\.(\w+)$/.exec(pciAddress) ?? [];
    const number = (hex: string): string => Number.parseInt(hex, 16).toString(16);
    const instance = [...this.interfaces.values()].filter(({ kind }) => kind === 'dpdk').length;
    const made = `GigabitEthernet${number(bus)}/${number(slot)}/${func}`;
    const mac = Buffer.from([0x52, 0x54, 0, 0xe0, 0, instance + 1]);
    return this.#addInterface({ name: name ?? made, kind: 'dpdk', instance, mac, mtu: 9000 });
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

  deleteLoopback(swIfIndex: number): number {
    const found = this.interfaces.get(swIfIndex);
    if (found?.kind !== 'loopback') return Retval.invalidSwIfIndex;
    this.#removeInterface(found);
    return Retval.ok;
  }

  #removeInterface(found: Interface): void {
    this.#setConnected(found, false);
    found.adminUp = found.linkUp = false;
    this.interfaces.delete(found.swIfIndex);
    this.#free.push(found.swIfIndex);
    this.pairs.delete(found.swIfIndex);
    this.#tell(found, true);
  }

  setAdmin(found: Interface, up: boolean): void {
    if (found.adminUp === up) return;
    found.adminUp = up;
    found.linkUp = up && found.carrier;
    this.#setConnected(found, up);
    this.#tell(found, false);
  }

  /** The cable of an interface. */
  setCarrier(found: Interface, up: boolean): void {
    found.carrier = up;
    const linkUp = up && found.adminUp;
    if (found.linkUp === linkUp) return;
    found.linkUp = linkUp;
    this.#tell(found, false);
  }

  #setConnected(found: Interface, isAdd: boolean): void {
    for (const one of found.addresses) this.#setConnectedOf(found, one, isAdd);
  }

  #setConnectedOf(found: Interface, { family, address, length }: InterfaceAddress, isAdd: boolean): void {
    const table = this.fib.find(family, found.tables[family]);
    for (const route of connectedRoutes(family, found.swIfIndex, address, length)) {
      if (isAdd) table?.set('interface', route.address, route.length, route.list);
      else table?.remove('interface', route.address, route.length);
    }
  }

  addDelAddress(found: Interface, given: InterfaceAddress, isAdd: boolean): number {
    const { family, address, length } = given;
    const isSame = (one: InterfaceAddress): boolean =>
      one.family === family && one.length === length && one.address.equals(address);
    if (!isAdd) {
      if (!found.addresses.some(isSame)) return Retval.addressNotFound;
      if (found.adminUp) this.#setConnectedOf(found, given, false);
      found.addresses = found.addresses.filter((one) => !isSame(one));
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
    if (found.adminUp) this.#setConnectedOf(found, given, true);
    return Retval.ok;
  }

  removeAddresses(found: Interface): void {
    this.#setConnected(found, false);
    found.addresses = [];
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

  releaseTable(family: Family, id: number): void {
    const table = this.fib.find(family, id);
    if (table === undefined) return;
    this.fib.release(
      table,
      [...this.interfaces.values()].some((one) => one.tables[family] === id),
    );
  }

  setHardwareMtu(found: Interface, mtu: number): number {
    if (found.kind === 'local') return Retval.featureDisabled;
    if (found.kind !== 'dpdk') return Retval.unsupported;
    if (mtu < 64 || mtu > 9216) return Retval.invalidValue;
    found.linkMtu = mtu;
    found.mtu[0] = mtu;
    return Retval.ok;
  }

  addPair(phy: Interface, given: { hostIfName: string; hostType: number; netns: string }): LcpPair | number {
    if (this.pairs.has(phy.swIfIndex)) return Retval.valueExists;
    if (!/^[^/\s]{1,15}$/.test(given.hostIfName) || phy.kind === 'local') return Retval.invalidArgument;
    const instance = 4096 + this.pairs.size;
    const name = `tap${instance}`;
    const mac = Buffer.from([2, 0xfe, 0, 0, instance >> 8, instance & 0xff]);
    const host = this.#addInterface({ name, kind: 'tap', instance, mac, mtu: phy.mtu[0] || 9216 });
    const pair = { ...given, phy: phy.swIfIndex, host: host.swIfIndex, vifIndex: 100 + host.swIfIndex };
    this.pairs.set(phy.swIfIndex, pair);
    this.setAdmin(host, true);
    return pair;
  }

  deletePair(phy: number): number {
    const pair = this.pairs.get(phy);
    if (pair === undefined) return Retval.invalidSwIfIndex;
    this.pairs.delete(phy);
    const host = this.interfaces.get(pair.host);
    if (host !== undefined) this.#removeInterface(host);
    return Retval.ok;
  }

  /** Paths from the wire as VPP understands them (fib_api_path_decode): the list, or a return value. */
  decodePaths(raw: Buffer, count: number): PathList | number {
    const key = raw.toString('latin1');
    let list = this.#pathLists.get(key);
    if (list === undefined) {
      const paths: Path[] = [];
      for (let i = 0; i < count; i++) {
        const path = decodePath(raw.subarray(i * 167, (i + 1) * 167));
        if (path === undefined) return Retval.unspecified;
        paths.push(path);
      }
      list = { paths };
      this.#pathLists.set(key, list);
    }
    for (const path of list.paths) {
      if (path.type !== 0 && path.type !== 7) continue;
      const family = path.proto === 0 ? 4 : 6;
      if (path.swIfIndex === ALL_ONES) {
        if (path.proto <= 1 && this.fib.find(family, path.tableId) === undefined) return Retval.noSuchFib;
      } else if (!this.interfaces.has(path.swIfIndex)) return Retval.noMatchingInterface;
    }
    return list;
  }
}

function decodePath(raw: Buffer): Path | undefined {
  const proto = raw.readUInt32BE(22);
  if (proto > 4) return undefined;
  const type = raw.readUInt32BE(14);
  const isIcmp = type === 5 || type === 6;
  const labelBytes: Buffer[] = [];
  for (let i = 0; i < raw.readUInt8(54); i++) labelBytes.push(raw.subarray(55 + i * 7 + 1, 55 + i * 7 + 7));
  const given: PathInput = {
    swIfIndex: isIcmp ? ALL_ONES : raw.readUInt32BE(0),
    tableId: raw.readUInt32BE(4),
    rpfId: raw.readUInt32BE(8),
    weight: raw.readUInt8(12),
    preference: raw.readUInt8(13),
    type,
    flags: raw.readUInt32BE(18),
    proto,
    nextHop:
      type === 0 || type === 7 ? raw.subarray(26, proto === 0 ? 30 : 42) : Buffer.alloc(proto === 0 ? 4 : 16),
    labels: labelBytes.map((bytes) => bytes.readUInt32BE(0)),
    labelBytes,
  };
  return makePath(proto === 0 ? 4 : 6, given);
}
