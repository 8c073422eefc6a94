/** State of NAT44-ED: src/plugins/nat/nat44-ed/nat44_ed.c. Addresses are numbers, 0 is none. */
import { ALL_ONES } from './fib-path.ts';
import type { Interface, VppState } from './vpp-state.ts';

/** error.h */
export const NatRetval = {
  invalidSwIfIndex: -2,
  noSuchEntry: -6,
  valueExists: -81,
  unsupported: -126,
  alreadyDisabled: -169,
  alreadyEnabled: -170,
} as const;

const DEFAULT_SESSIONS = 63 * 1024;
const DEFAULT_TIMEOUTS = { udp: 300, tcpEstablished: 7440, tcpTransitory: 240, icmp: 60 };
export const INSIDE = 32;
export const OUTSIDE = 16;
export const ADDRESS_ONLY = 8;

export interface Mapping {
  readonly isIdentity: boolean;
  readonly flags: number;
  readonly protocol: number;
  readonly local: number;
  readonly localPort: number;
  readonly external: number;
  readonly externalPort: number;
  /** ALL_ONES: none. */
  readonly swIfIndex: number;
  readonly tag: string;
}

interface Followed {
  readonly swIfIndex: number;
  isResolved: boolean;
}

interface Template {
  readonly mapping: Mapping;
  /** The address that its twin has; 0 without one. */
  address: number;
}

export class Nat44 {
  sessions = 0;
  forwarding = false;
  mssClamp = 0;
  timeouts = DEFAULT_TIMEOUTS;
  readonly roles = new Map<number, number>();
  addresses: number[] = [];
  followed: Followed[] = [];
  /** With their addresses. */
  mappings: Mapping[] = [];
  /** Those that follow interfaces. */
  templates: Template[] = [];
  readonly #state: VppState;

  constructor(state: VppState) {
    this.#state = state;
    state.onInterface(({ swIfIndex }, deleted) => {
      if (deleted) this.roles.delete(swIfIndex);
    });
    state.onAddress((one, address, isAdd) => this.#follow(one, address.readUInt32BE(0), isAdd));
  }

  get isOn(): boolean {
    return this.sessions > 0;
  }

  enable(sessions: number): number {
    if (this.isOn) return NatRetval.alreadyEnabled;
    this.sessions = sessions === 0 ? DEFAULT_SESSIONS : sessions;
    this.forwarding = false;
    this.mssClamp = 0;
    this.timeouts = DEFAULT_TIMEOUTS;
    return 0;
  }

  disable(): number {
    if (!this.isOn) return NatRetval.alreadyDisabled;
    this.sessions = 0;
    this.forwarding = false;
    this.roles.clear();
    this.addresses = [];
    this.followed = [];
    this.mappings = [];
    this.templates = [];
    return 0;
  }

  setRole(swIfIndex: number, isInside: boolean, isAdd: boolean): number {
    if (!this.#state.interfaces.has(swIfIndex)) return NatRetval.invalidSwIfIndex;
    if (!this.isOn) return NatRetval.unsupported;
    const role = isInside ? INSIDE : OUTSIDE;
    const roles = this.roles.get(swIfIndex) ?? 0;
    if (isAdd) {
      this.roles.set(swIfIndex, roles | role);
      return 0;
    }
    if (roles === 0) return NatRetval.noSuchEntry;
    // With one role VPP does not ask which.
    if (roles === (INSIDE | OUTSIDE)) this.roles.set(swIfIndex, roles & ~role);
    else this.roles.delete(swIfIndex);
    return 0;
  }

  addAddress(address: number): number {
    if (!this.isOn) return NatRetval.unsupported;
    if (this.addresses.includes(address)) return NatRetval.valueExists;
    this.addresses.push(address);
    return 0;
  }

  deleteAddress(address: number): number {
    if (!this.addresses.includes(address)) return NatRetval.noSuchEntry;
    this.addresses = this.addresses.filter((one) => one !== address);
    return 0;
  }

  /** Addresses one by one, up to the first error. */
  addDelRange(first: number, last: number, isAdd: boolean): number {
    for (let address = first; address <= last; address++) {
      const retval = isAdd ? this.addAddress(address) : this.deleteAddress(address);
      if (retval !== 0) return retval;
    }
    return 0;
  }

  addDelInterfaceAddress(swIfIndex: number, isAdd: boolean): number {
    if (!this.#state.interfaces.has(swIfIndex)) return NatRetval.invalidSwIfIndex;
    if (!this.isOn) return NatRetval.unsupported;
    const found = this.followed.find((one) => one.swIfIndex === swIfIndex);
    const address = this.#firstAddress(swIfIndex);
    if (isAdd) {
      if (found !== undefined) return NatRetval.valueExists;
      if (address !== 0) {
        const retval = this.addAddress(address);
        if (retval !== 0) return retval;
      }
      this.followed.push({ swIfIndex, isResolved: address !== 0 });
      return 0;
    }
    if (found === undefined) return NatRetval.noSuchEntry;
    this.followed = this.followed.filter((one) => one !== found);
    return address === 0 ? 0 : this.deleteAddress(address);
  }

  addDelMapping(given: Mapping, isAdd: boolean): number {
    if (!this.isOn) return NatRetval.unsupported;
    if (given.swIfIndex === ALL_ONES) return isAdd ? this.#add(given) : this.#delete(given);
    const known = this.templates.find(({ mapping }) => isSameTemplate(mapping, given));
    const address = this.#firstAddress(given.swIfIndex);
    if (isAdd) {
      if (known !== undefined) return NatRetval.valueExists;
      const template = { mapping: given, address };
      if (address !== 0) {
        const retval = this.#add(withAddress(given, address));
        if (retval !== 0) return retval;
      }
      this.templates.push(template);
      return 0;
    }
    if (known === undefined) return NatRetval.noSuchEntry;
    this.templates = this.templates.filter((one) => one !== known);
    return address === 0 ? 0 : this.#delete(withAddress(given, address));
  }

  /** nat44_ed_add_static_mapping_internal */
  #add(given: Mapping): number {
    if (this.#find(given) !== undefined) return NatRetval.valueExists;
    const isKnownInside = (one: Mapping): boolean =>
      !one.isIdentity &&
      one.local === given.local &&
      one.localPort === given.localPort &&
      one.protocol === given.protocol;
    if (!given.isIdentity && this.mappings.some(isKnownInside)) return NatRetval.valueExists;
    this.mappings.push(given);
    return 0;
  }

  #delete(given: Mapping): number {
    const found = this.#find(given);
    if (found === undefined) return NatRetval.noSuchEntry;
    this.mappings = this.mappings.filter((one) => one !== found);
    return 0;
  }

  /** By the end outside. */
  #find({ external, externalPort, protocol }: Mapping): Mapping | undefined {
    return this.mappings.find(
      (one) => one.external === external && one.externalPort === externalPort && one.protocol === protocol,
    );
  }

  /** ip4_interface_first_address: of a borrower that of its donor. */
  #firstAddress(swIfIndex: number): number {
    const own = this.#state.interfaces.get(swIfIndex);
    const owner = own?.unnumbered === undefined ? own : this.#state.interfaces.get(own.unnumbered.donor);
    const first = owner?.addresses.find(({ family }) => family === 4);
    return first === undefined ? 0 : first.address.readUInt32BE(0);
  }

  /** nat44_ed_add_del_interface_address_cb, nat44_ed_add_del_static_mapping_cb */
  #follow({ swIfIndex }: Interface, address: number, isAdd: boolean): void {
    if (!this.isOn) return;
    const followed = this.followed.find((one) => one.swIfIndex === swIfIndex);
    if (followed !== undefined && followed.isResolved !== isAdd) {
      const retval = isAdd ? this.addAddress(address) : this.deleteAddress(address);
      if (retval === 0) followed.isResolved = isAdd;
    }
    for (const template of this.templates) {
      if (template.mapping.swIfIndex !== swIfIndex) continue;
      if (isAdd && template.address === 0) {
        if (this.#add(withAddress(template.mapping, address)) === 0) template.address = address;
      } else if (!isAdd && template.address === address) {
        if (this.#delete(withAddress(template.mapping, address)) === 0) template.address = 0;
      }
    }
  }
}

function withAddress(mapping: Mapping, external: number): Mapping {
  return {
    ...mapping,
    external,
    swIfIndex: ALL_ONES,
    ...(mapping.isIdentity ? { local: external } : {}),
  };
}

function isSameTemplate(a: Mapping, b: Mapping): boolean {
  return (
    a.swIfIndex === b.swIfIndex &&
    a.isIdentity === b.isIdentity &&
    a.protocol === b.protocol &&
    a.externalPort === b.externalPort &&
    a.local === b.local &&
    a.localPort === b.localPort &&
    a.flags === b.flags
  );
}
