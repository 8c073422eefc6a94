/**
 * The constraints of VPP on a sequence of requests, apart from its answers: what VPP takes and is broken by, what haunts
 * the next interface with an index, and what a sequence of steps must not do. Each rule names its place in VPP's source or
 * in the order that VPP demands. It knows nothing of the appliance's planner.
 */
import { ALL_ONES, readPrefix } from '../emulator/handler.ts';
import type { Interface, VppState } from '../emulator/vpp-state.ts';
import { leftBehind, nameOf } from './hazards.ts';
import { isRead, type Watcher } from './memory-client.ts';

/** Refusals that say that nothing had to be done. */
const HARMLESS: Readonly<Record<string, readonly number[]>> = {
  // Hardware without a frame size of its own (vnet_hw_interface_set_mtu).
  hw_interface_set_mtu: [-30, -126],
  // IPv6 is off (ip6_link.c).
  sw_interface_ip6_enable_disable: [-62],
  // Removed already, with the address of its interface (nat44_ed.c).
  nat44_add_del_interface_addr: [-6],
  nat44_add_del_static_mapping_v2: [-6],
  nat44_add_del_identity_mapping: [-6],
};

type Rule = (request: Buffer, state: VppState) => readonly string[];

const interfaceAt =
  (at: number, rule: (found: Interface, request: Buffer, state: VppState) => readonly string[]): Rule =>
  (request, state) => {
    const found = state.interfaces.get(request.readUInt32BE(at));
    return found === undefined ? [] : rule(found, request, state);
  };

const deletes: Rule = interfaceAt(10, (found, _request, state) =>
  leftBehind(state, found).map((what) => `deleted with ${what}`),
);

const tunnelDeletes =
  (
    kind: 'vxlan' | 'gre',
    source: number,
    isSame: (request: Buffer, one: { vni?: number; type?: number }) => boolean,
  ): Rule =>
  (request, state) => {
    if (request.readUInt8(10) !== 0) return [];
    const end = (at: number): Buffer => request.subarray(at, at + 17);
    const tunnel = state.tunnels
      .all(kind)
      .find(
        (one) =>
          one.source.equals(end(source)) && one.destination.equals(end(source + 17)) && isSame(request, one),
      );
    const found = state.interfaces.get(tunnel?.swIfIndex ?? -1);
    return found === undefined ? [] : leftBehind(state, found).map((what) => `deleted with ${what}`);
  };

/** It takes the frames before IP sees them: what IP has on it does nothing, and stays. */
const becomesPort = (found: Interface, state: VppState): string[] => [
  ...found.addresses.map(() => 'has addresses'),
  ...(found.unnumbered === undefined ? [] : ['borrows addresses']),
  ...(state.nat44.roles.has(found.swIfIndex) ? ['is in NAT'] : []),
  ...(state.lcp.get(found.swIfIndex) === undefined ? [] : ['has a TAP']),
];

const isMember = (state: VppState, index: number): boolean =>
  state.bonds.all().some(({ members }) => members.some(({ swIfIndex }) => swIfIndex === index));

/** Before VPP handles it. */
const BEFORE: Readonly<Record<string, Rule>> = {
  delete_subif: deletes,
  delete_loopback: deletes,
  bvi_delete: deletes,
  bond_delete: interfaceAt(10, (found, _request, state) => [
    ...leftBehind(state, found).map((what) => `deleted with ${what}`),
    ...(state.bonds.all().find(({ swIfIndex }) => swIfIndex === found.swIfIndex)?.members ?? []).map(
      () => 'deleted with a member',
    ),
  ]),
  ipip_del_tunnel: deletes,
  vxlan_add_del_tunnel_v3: tunnelDeletes('vxlan', 15, (request, { vni }) => request.readUInt32BE(65) === vni),
  gre_tunnel_add_del: tunnelDeletes('gre', 28, (request, { type }) => request.readUInt8(11) === type),
  // A member takes all frames of its NIC (bonding/node.c).
  create_subif: interfaceAt(10, (found, _request, state) =>
    isMember(state, found.swIfIndex) ? ['its parent is a member of a bond'] : [],
  ),
  bond_add_member: interfaceAt(10, (found, _request, state) => [
    ...becomesPort(found, state),
    ...state.subsOf(found).map((sub) => `has the sub-interface ${nameOf(state, sub.swIfIndex)}`),
    ...(state.acls.lists.has(found.swIfIndex) ? ['has filters'] : []),
    ...(state.bridging.domains.some(({ members }) =>
      members.some(({ swIfIndex }) => swIfIndex === found.swIfIndex),
    )
      ? ['is a port of a bridge']
      : []),
  ]),
  sw_interface_set_l2_bridge: interfaceAt(10, (found, request, state) => {
    if (request.readUInt8(23) === 0) return [];
    const id = request.readUInt32BE(14);
    const isBvi = request.readUInt32BE(18) === 1;
    return [
      // l2_bd.c makes it, with flags of its own and without a tag.
      ...(state.bridging.domains.some((one) => one.id === id) ? [] : [`the domain ${id} does not exist`]),
      ...(isBvi ? [] : becomesPort(found, state)),
      ...(isMember(state, found.swIfIndex) ? ['is a member of a bond'] : []),
    ];
  }),
  sw_interface_set_l2_xconnect: interfaceAt(10, (found, request, state) =>
    request.readUInt8(18) === 0 ? [] : becomesPort(found, state),
  ),
  // l2_fib.c: static entries go by the index of the domain, and are met again by the next one.
  bridge_domain_add_del_v2: (request, state) => {
    if (request.readUInt8(85) !== 0) return [];
    const left = state.bridging.macs(request.readUInt32BE(10)).filter(({ isBvi }) => !isBvi);
    return left.map(({ mac }) => `deleted with the MAC address ${mac}`);
  },
  l2fib_add_del: (request, state) => {
    if (request.readUInt8(24) === 0) return [];
    const [id, index] = [request.readUInt32BE(16), request.readUInt32BE(20)];
    const domain = state.bridging.domains.find((one) => one.id === id);
    const isPort = domain?.members.some(({ swIfIndex }) => swIfIndex === index) === true;
    return isPort ? [] : [`${nameOf(state, index)} is no port of the domain ${id}`];
  },
  // acl.c: it is detached silently, and its interfaces are without a filter.
  macip_acl_del: (request, state) => {
    const users = [...state.acls.macipOf].filter(([, one]) => one === request.readUInt32BE(10));
    return users.map(([index]) => `deleted while ${nameOf(state, index)} has it`);
  },
  // ip_api.c: it stays, without a name, by the lock of the interface.
  ip_table_add_del: (request, state) => {
    if (request.readUInt8(10) !== 0) return [];
    const [id, family] = [request.readUInt32BE(11), request.readUInt8(15) === 0 ? 4 : 6] as const;
    const users = [...state.interfaces.values()].filter(({ tables }) => tables[family] === id);
    return users.map(({ swIfIndex }) => `deleted while ${nameOf(state, swIfIndex)} is in it`);
  },
  // interface.c: the borrower's own addresses are lost.
  sw_interface_set_unnumbered: interfaceAt(14, (found, request) =>
    request.readUInt8(18) !== 0 && found.addresses.length > 0 ? ['has addresses of its own'] : [],
  ),
  // Both are counted: one disable would not do.
  sw_interface_set_mpls_enable: interfaceAt(10, (found, request) =>
    request.readUInt8(14) !== 0 && found.mplsEnables > 0 ? ['has MPLS already'] : [],
  ),
  sw_interface_ip6_enable_disable: interfaceAt(10, (found, request) =>
    request.readUInt8(14) !== 0 && found.ipv6Enables > 0 ? ['has IPv6 already'] : [],
  ),
  // linux-cp gives a TAP the address when it makes it, and not again.
  sw_interface_set_mac_address: interfaceAt(10, (found, _request, state) =>
    [found, ...state.subsOf(found)]
      .filter(({ swIfIndex }) => state.lcp.get(swIfIndex) !== undefined)
      .map(({ swIfIndex }) => `the TAP of ${nameOf(state, swIfIndex)} keeps another address`),
  ),
  lcp_itf_pair_add_del_v2: interfaceAt(11, (found, request, state) =>
    request.readUInt8(10) !== 0
      ? []
      : state
          .subsOf(found)
          .filter(({ swIfIndex }) => state.lcp.get(swIfIndex) !== undefined)
          .map(({ swIfIndex }) => `its pair goes before that of ${nameOf(state, swIfIndex)}`),
  ),
};

/** After VPP has taken it. */
const AFTER: Readonly<Record<string, Rule>> = {
  // urpf.c and mss_clamp.c switch the feature where the vector changes: what an earlier interface left there switches none.
  urpf_update_v2: interfaceAt(13, ({ swIfIndex }, request, state) => {
    const family = request.readUInt8(12) === 0 ? 4 : 6;
    const isOn = request.readUInt8(11) !== 0;
    return isOn === state.attributes.features.has(`${swIfIndex} urpf ${family}`)
      ? []
      : ['the check is not switched'];
  }),
  mss_clamp_enable_disable: interfaceAt(10, ({ swIfIndex }, request, state) => {
    const isOn = request.readUInt8(18) !== 0;
    return isOn === state.attributes.features.has(`${swIfIndex} mss 4`) ? [] : ['the clamp is not switched'];
  }),
};

/** What a request sets, and to what; undefined is off. */
type Setting = readonly [slot: string, value: string | undefined];
const settingAt =
  (at: number, of: (request: Buffer) => string | undefined, what: string) =>
  (request: Buffer): Setting => [`${what} ${request.readUInt32BE(at)}`, of(request)];
const u32At =
  (at: number) =>
  (request: Buffer): string =>
    `${request.readUInt32BE(at)}`;
const flagged =
  (at: number, value: (request: Buffer) => string) =>
  (request: Buffer): string | undefined =>
    request.readUInt8(at) === 0 ? undefined : value(request);

const SETTINGS: Readonly<Record<string, (request: Buffer) => Setting>> = {
  sw_interface_set_flags: settingAt(
    10,
    flagged(17, () => 'up'),
    'admin state',
  ),
  sw_interface_set_mtu: settingAt(10, u32At(14), 'MTU'),
  sw_interface_set_table: (request) => [
    `table ${request.readUInt8(14)} ${request.readUInt32BE(10)}`,
    request.readUInt32BE(15) === 0 ? undefined : u32At(15)(request),
  ],
  sw_interface_add_del_address: (request) => {
    const { address, length } = readPrefix(request, 16);
    const slot = `address ${address.toString('hex')}/${length} ${request.readUInt32BE(10)}`;
    return [slot, request.readUInt8(14) === 0 ? undefined : 'on'];
  },
  sw_interface_set_l2_bridge: settingAt(10, flagged(23, u32At(14)), 'bridge'),
  sw_interface_set_l2_xconnect: settingAt(10, flagged(18, u32At(14)), 'cross-connect'),
  l2_interface_vlan_tag_rewrite: settingAt(
    10,
    (request) => (request.readUInt32BE(14) === 0 ? undefined : u32At(14)(request)),
    'tag rewrite',
  ),
  bond_add_member: settingAt(10, u32At(14), 'bond'),
  bond_detach_member: settingAt(10, () => undefined, 'bond'),
  acl_interface_set_acl_list: settingAt(
    10,
    (request) => (request.readUInt8(14) === 0 ? undefined : request.toString('hex', 14)),
    'filters',
  ),
  macip_acl_interface_add_del: settingAt(11, flagged(10, u32At(15)), 'MAC filter'),
  sw_interface_set_mpls_enable: settingAt(
    10,
    flagged(14, () => 'on'),
    'MPLS',
  ),
  urpf_update_v2: (request) => [
    `uRPF ${request.readUInt8(12)} ${request.readUInt32BE(13)}`,
    request.readUInt8(11) === 0 ? undefined : `${request.readUInt8(11)}`,
  ],
  nat44_interface_add_del_feature: settingAt(
    12,
    flagged(10, (request) => `${request.readUInt8(11)}`),
    'NAT',
  ),
};

interface RisenInterface {
  readonly found: Interface;
  readonly filters: string;
}

/** Watches one way from a configuration to another at a time. */
export class Judge implements Watcher {
  /** What was wrong since `begin`. */
  readonly wrongs: string[] = [];
  /** Requests that change something, since `begin`. */
  writes = 0;
  readonly #settings = new Map<string, string | undefined>();
  readonly #risen: RisenInterface[] = [];

  constructor(state: VppState) {
    // Its index is another interface's from then on.
    state.onInterface(({ swIfIndex }, deleted) => {
      if (!deleted) return;
      for (const slot of this.#settings.keys())
        if (slot.endsWith(` ${swIfIndex}`)) this.#settings.delete(slot);
    });
  }

  begin(): void {
    this.wrongs.length = 0;
    this.writes = 0;
    this.#settings.clear();
    this.#risen.length = 0;
  }

  /** After the last request of a way: what only its end shows. */
  end(state: VppState): void {
    for (const { found, filters } of this.#risen) {
      if (state.interfaces.get(found.swIfIndex) !== found || !found.adminUp) continue;
      if (filtersOf(state, found) !== filters)
        this.wrongs.push(
          `${nameOf(state, found.swIfIndex)} was up before its filters, and its checks of sources`,
        );
    }
  }

  readonly before = (name: string, request: Buffer, state: VppState): void => {
    if (isRead(name)) return;
    this.writes++;
    for (const wrong of BEFORE[name]?.(request, state) ?? []) this.#say(name, request, state, wrong);
  };

  readonly after = (name: string, request: Buffer, retval: number, state: VppState): void => {
    if (isRead(name)) return;
    if (retval !== 0) {
      if (HARMLESS[name]?.includes(retval) !== true) this.#say(name, request, state, `VPP answers ${retval}`);
      return;
    }
    for (const wrong of AFTER[name]?.(request, state) ?? []) this.#say(name, request, state, wrong);
    const setting = SETTINGS[name]?.(request);
    if (setting !== undefined) this.#set(name, request, state, setting);
    if (name !== 'sw_interface_set_flags' || (request.readUInt32BE(14) & 1) === 0) return;
    const found = state.interfaces.get(request.readUInt32BE(10));
    if (found !== undefined) this.#risen.push({ found, filters: filtersOf(state, found) });
  };

  /** A step undoes what another one has set: only what was off before may be set again. */
  #set(name: string, request: Buffer, state: VppState, [slot, value]: Setting): void {
    const last = this.#settings.get(slot);
    if (last !== undefined && last !== value) {
      this.#say(name, request, state, `${slot} was set to ${last} before, and is now ${value ?? 'off'}`);
    }
    this.#settings.set(slot, value);
  }

  #say(name: string, request: Buffer, state: VppState, wrong: string): void {
    const at = name.startsWith('lcp_') ? 11 : 10;
    const index = request.length >= at + 4 ? request.readUInt32BE(at) : ALL_ONES;
    const subject = state.interfaces.has(index) ? ` ${nameOf(state, index)}` : '';
    this.wrongs.push(`${name}${subject}: ${wrong}`);
  }
}

/** What must be on an interface before it is up. */
function filtersOf({ acls, attributes }: VppState, { swIfIndex }: Interface): string {
  const checks = [4, 6].map((family) => attributes.urpf.get(`${swIfIndex} ${family} rx`)?.mode ?? 0);
  return JSON.stringify([acls.lists.get(swIfIndex), acls.macipOf.get(swIfIndex), checks]);
}
