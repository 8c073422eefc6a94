/**
 * Bonds and their members (bonding/cli.c). No neighbour speaks LACP here: members of such bonds are never active.
 */
import type { Interface, VppState } from './vpp-state.ts';

const Retval = {
  ok: 0,
  invalidSwIfIndex: -2,
  featureDisabled: -30,
  invalidInterface: -71,
  invalidArgument: -73,
  valueExists: -81,
  instanceInUse: -147,
} as const;

const Mode = { roundRobin: 1, activeBackup: 2, broadcast: 4, lacp: 5 } as const;
const MAX_LOAD_BALANCE = 2;
/** What VPP reports as load balance of modes without a choice. */
const OWN_LOAD_BALANCES: Readonly<Record<number, number>> = {
  [Mode.roundRobin]: 3,
  [Mode.broadcast]: 4,
  [Mode.activeBackup]: 5,
};

export interface Bond {
  readonly swIfIndex: number;
  readonly id: number;
  readonly mode: number;
  readonly loadBalance: number;
  readonly numaOnly: boolean;
  readonly hasCustomMac: boolean;
  readonly members: Member[];
}

export interface Member {
  readonly swIfIndex: number;
  readonly isPassive: boolean;
  readonly isLongTimeout: boolean;
  /** Its own address, which it has again when it leaves. */
  readonly mac: Buffer;
  weight: number;
}

export interface BondOptions {
  readonly hasLacp: boolean;
  /** The link is that of the members: from 26.06 on. */
  readonly followsMembers: boolean;
}

export class Bonds {
  readonly #state: VppState;
  readonly #options: BondOptions;
  readonly #all = new Map<number, Bond>();

  constructor(state: VppState, options: BondOptions) {
    this.#state = state;
    this.#options = options;
    state.onInterface((changed, deleted) => this.#changed(changed, deleted));
  }

  all(): Bond[] {
    return [...this.#all.values()];
  }

  create(given: {
    mode: number;
    lb: number;
    numaOnly: boolean;
    mac: Buffer | undefined;
    id: number | undefined;
  }): Interface | number {
    const { mode, lb, numaOnly, mac } = given;
    if (mode === Mode.lacp && !this.#options.hasLacp) return Retval.featureDisabled;
    if (mode < 1 || mode > Mode.lacp || lb > MAX_LOAD_BALANCE) return Retval.invalidArgument;
    const used = new Set(this.all().map(({ id }) => id));
    let id = given.id ?? 0;
    if (given.id === undefined) while (used.has(id)) id++;
    if (used.has(id)) return Retval.instanceInUse;
    const made = this.#state.addMade({
      name: `BondEthernet${id}`,
      kind: 'bond',
      instance: id,
      mac: mac ?? Buffer.from([2, 0xfe, 0x5a, 0x17, id >> 8, id & 0xff]),
      mtu: 9000,
      linkMtu: 9000,
      isLayer3: false,
    });
    made.carrier = !this.#options.followsMembers;
    this.#all.set(made.swIfIndex, {
      swIfIndex: made.swIfIndex,
      id,
      mode,
      loadBalance: OWN_LOAD_BALANCES[mode] ?? lb,
      numaOnly,
      hasCustomMac: mac !== undefined,
      members: [],
    });
    return made;
  }

  delete(swIfIndex: number): number {
    const bond = this.#all.get(swIfIndex);
    const found = this.#state.interfaces.get(swIfIndex);
    if (bond === undefined || found === undefined) return Retval.invalidSwIfIndex;
    for (const { swIfIndex: member } of [...bond.members]) this.detach(member);
    this.#all.delete(swIfIndex);
    this.#state.deleteMade(found);
    return Retval.ok;
  }

  add(bondIndex: number, found: Interface, given: Pick<Member, 'isPassive' | 'isLongTimeout'>): number {
    const bond = this.#all.get(bondIndex);
    const own = this.#state.interfaces.get(bondIndex);
    if (bond === undefined || own === undefined) return Retval.invalidInterface;
    if (this.#bondOf(found.swIfIndex) !== undefined) return Retval.valueExists;
    if (found.kind === 'bond') return Retval.invalidInterface;
    const member: Member = { ...given, swIfIndex: found.swIfIndex, mac: found.mac, weight: 0 };
    bond.members.push(member);
    if (!bond.hasCustomMac && bond.members.length === 1) this.#state.setMac(own, found.mac);
    else this.#state.setMac(found, own.mac);
    // bond_add_member: as the interfaces on the bond need it, whatever it was before.
    found.isPromiscuous = this.#state.bridging.hasPorts(own);
    this.#follow(bond);
    return Retval.ok;
  }

  detach(swIfIndex: number): number {
    const bond = this.#bondOf(swIfIndex);
    const index = bond?.members.findIndex((one) => one.swIfIndex === swIfIndex) ?? -1;
    const [member] = index < 0 ? [] : (bond?.members.splice(index, 1) ?? []);
    if (bond === undefined || member === undefined) return Retval.invalidInterface;
    const found = this.#state.interfaces.get(swIfIndex);
    if (found !== undefined) this.#state.setMac(found, member.mac);
    this.#follow(bond);
    return Retval.ok;
  }

  /** The heaviest member of a bond with one sender comes first. */
  setWeight(swIfIndex: number, weight: number): number {
    const bond = this.#bondOf(swIfIndex);
    const member = bond?.members.find((one) => one.swIfIndex === swIfIndex);
    if (bond === undefined || member === undefined) return Retval.invalidInterface;
    if (bond.mode !== Mode.activeBackup) return Retval.invalidArgument;
    member.weight = weight;
    return Retval.ok;
  }

  /** The first bridge or cross-connect on a bond has come, or the last one has gone (bond_set_l2_mode_function). */
  setPromiscuous(bondIndex: number, isOn: boolean): void {
    for (const { swIfIndex } of this.#all.get(bondIndex)?.members ?? []) {
      const member = this.#state.interfaces.get(swIfIndex);
      if (member !== undefined) member.isPromiscuous = isOn;
    }
  }

  activeMembers({ mode, members }: Bond): Member[] {
    if (mode === Mode.lacp) return [];
    return members.filter(({ swIfIndex }) => {
      const found = this.#state.interfaces.get(swIfIndex);
      return found?.adminUp === true && found.linkUp;
    });
  }

  #bondOf(member: number): Bond | undefined {
    return this.all().find(({ members }) => members.some(({ swIfIndex }) => swIfIndex === member));
  }

  #changed({ swIfIndex }: Interface, deleted: boolean): void {
    const bond = this.#bondOf(swIfIndex);
    if (bond === undefined) return;
    if (deleted) this.detach(swIfIndex);
    else this.#follow(bond);
  }

  /** Carries the state of the members over to the bond. */
  #follow(bond: Bond): void {
    const own = this.#state.interfaces.get(bond.swIfIndex);
    if (own === undefined || !this.#options.followsMembers) return;
    this.#state.setCarrier(own, this.activeMembers(bond).length > 0);
  }
}
