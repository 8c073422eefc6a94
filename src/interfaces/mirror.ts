/**
 * The mirror from Linux to VPP: changes of the TAPs in their namespace are applied to VPP's interfaces.
 *
 * Mirrored are addresses, the admin state, VRFs and proxy ARP (vpp-proxy-arp.ts); the TAPs get multicast and broadcasts. One run
 * of `VppInterfaces` decides and does all of it, together with the configuration: this file holds the Linux side and
 * the parts of VPP that concern more than one interface.
 */
import type { Config, InterfaceConfig } from '../config/types.ts';
import type { HeldTaps, HostLink, HostNamespace, HostState } from '../mirror/mod.ts';
import { type LcpPair, runCliInband, setIpv6On, type SwIfIndex, type VppApiClient } from '../vpp/api/mod.ts';
import { type FollowedVlan, type FollowedVlans, followedVlans } from './followed-vlans.ts';
import { type HostWish, HostWishes } from './host-wishes.ts';
import { mtuOfPackets, type Present } from './vpp-configure.ts';
import { type Members, VppMulticast } from './vpp-multicast.ts';
import type { VppTables } from './vpp-tables.ts';

/** The operations needed on the namespace of the TAPs. */
export type Host = Pick<
  HostNamespace,
  | 'netns'
  | 'look'
  | 'read'
  | 'changeAddresses'
  | 'enslave'
  | 'release'
  | 'createVrf'
  | 'deleteLink'
  | 'setMtu'
  | 'setUp'
>;

export interface MirrorOptions {
  readonly host: Host;
  /** Holds the TAPs while VPP is restarted; undefined: they end with it. */
  readonly taps?: HeldTaps | undefined;
  /** VPP copies the state of an interface to its TAP. */
  readonly isSync: boolean;
  /** VLAN devices on TAPs become sub-interfaces of VPP. */
  readonly follows?: boolean;
  /** Why a VLAN device does not: once per reason. */
  readonly onNotice?: (message: string) => void;
}

/** What the configuration says of VRFs. */
interface Configured {
  readonly configs: ReadonlyMap<string, InterfaceConfig>;
  readonly vrfs: Config['vrfs'];
}

/** One interface with a TAP in a run. */
export interface Mirrored {
  readonly name: string;
  readonly link: HostLink;
  readonly wish: HostWish;
}

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #wishes = new HostWishes();
  readonly #multicast = new VppMulticast();
  /** VRF devices of the configuration in Linux. */
  readonly #vrfs = new Set<string>();
  /** Interfaces with IPv6, or IPv4, enabled without an address, in the connected VPP. */
  readonly #ipv6 = new Map<string, SwIfIndex>();
  readonly #ipv4 = new Map<string, SwIfIndex>();
  #followed: readonly FollowedVlan[] = [];
  #refusals: ReadonlyMap<string, string> = new Map();
  /** VLAN devices of sub-interfaces of the configuration, by these: not someone's, also when these have left it. */
  readonly #ownVlans = new Map<string, { readonly link: string; readonly ifIndex: number }>();

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** A connection to a VPP, which is a new one, or may have been running. Before any TAP is made. */
  attach(isNew: boolean): void {
    this.#options.host.look();
    if (!isNew) return;
    this.#multicast.reset();
    this.#ipv4.clear();
    this.#ipv6.clear();
    this.#wishes.outlive(this.#options.host.read());
  }

  /** The held TAPs, by their names, except those of `paired`, which are names of TAPs too. */
  keptLinks(paired: ReadonlySet<string>): Map<string, HostLink> {
    const { host, taps } = this.#options;
    const names = taps?.names.difference(paired) ?? new Set();
    if (names.size === 0) return new Map();
    const links = [...(host.read() ?? [])];
    return new Map(links.filter(([name, link]) => names.has(name) && taps?.isHeld(host.netns, link)));
  }

  /**
   * The VLAN devices that someone made on the TAPs. `taps`: the interfaces of the configuration that are to have a TAP, by
   * its name; `pairs`: those that have one, in VPP.
   */
  followed(
    config: Config,
    taps: ReadonlyMap<string, string>,
    pairs: ReadonlyMap<string, LcpPair>,
  ): readonly FollowedVlan[] {
    const { host, follows } = this.#options;
    const state = follows === true ? host.read() : undefined;
    if (state === undefined) return this.#followed;
    for (const [name, { link, ifIndex }] of this.#ownVlans) {
      const isThere = state.get(link)?.ifIndex === ifIndex;
      if (taps.has(link) && isThere) continue;
      if (isThere && pairs.has(name)) continue;
      // It left the configuration while no VPP ran to delete its device.
      if (isThere) host.deleteLink(link);
      this.#ownVlans.delete(name);
    }
    const { followed, refusals } = this.#vlansOf(config, taps, state);
    this.#followed = followed;
    for (const [link, reason] of refusals) {
      if (this.#refusals.get(link) === reason) continue;
      this.#options.onNotice?.(`${link} of Linux has no sub-interface in VPP: ${reason}`);
    }
    this.#refusals = refusals;
    return this.#followed;
  }

  /** As `followed`, for another configuration: changes nothing. */
  followedBy(config: Config, taps: ReadonlyMap<string, string>): readonly FollowedVlan[] {
    const { host, follows } = this.#options;
    const state = follows === true ? host.read() : undefined;
    return state === undefined ? [] : this.#vlansOf(config, taps, state).followed;
  }

  #vlansOf(config: Config, taps: ReadonlyMap<string, string>, state: HostState): FollowedVlans {
    const own = new Set([...this.#ownVlans.values()].map(({ ifIndex }) => ifIndex));
    return followedVlans(config, state, taps, own);
  }

  /**
   * Gives devices what they had before their pairs were made anew: VPP deletes the device of a pair by its name, and makes
   * another one.
   */
  restore(vlans: readonly FollowedVlan[]): void {
    for (const { link } of vlans) {
      this.#options.host.changeAddresses(link.name, { add: link.addresses });
      if (link.vrf !== undefined) this.#options.host.enslave(link.name, link.vrf.name);
    }
  }

  withdraw(name: string, addresses: InterfaceConfig['addresses']): void {
    this.#wishes.withdraw(name, addresses);
  }

  /**
   * Before VPP's interface is deleted: takes off what VPP would leave for the next one with its index. One of the same
   * name begins anew.
   */
  async release(client: VppApiClient, name: string, index: SwIfIndex, tables: VppTables): Promise<void> {
    this.#ipv4.delete(name);
    this.#ipv6.delete(name);
    await this.#multicast.withdraw(client, new Set([0, ...tables.all]), index);
  }

  isHeld(name: string): boolean {
    return this.#wishes.isHeld(name);
  }

  /**
   * The TAPs, by interface; undefined when the namespace cannot be read. A new TAP is put into the VRF of the
   * previous one. `known`: the pairs that VPP had before this run.
   */
  links(
    pairs: ReadonlyMap<string, LcpPair>,
    known: ReadonlySet<number>,
    wanted: Configured,
  ): Map<string, HostLink> | undefined {
    const { host, isSync } = this.#options;
    const state = this.#makeVrfs(wanted.vrfs);
    if (state === undefined) return undefined;
    const byIndex = new Map([...state.values()].map((link) => [link.ifIndex, link]));
    const found = new Map<string, HostLink>();
    let isLost = false;
    for (const [name, { vifIndex }] of pairs) {
      const link = byIndex.get(vifIndex);
      if (link === undefined) continue;
      found.set(name, link);
      if (isSync && known.has(vifIndex)) this.#wishes.adopt(name, link);
      const config = wanted.configs.get(name);
      if (config?.vrf === undefined && this.#vrfs.has(link.vrf?.name ?? '')) {
        // It has left a VRF of the configuration.
        if (config === undefined) continue;
        host.release(link.name);
        isLost = true;
        continue;
      }
      const vrf = config?.vrf ?? this.#wishes.previousVrf(name, link, state);
      if (vrf === undefined || link.vrf?.name === vrf || !state.has(vrf)) continue;
      host.enslave(link.name, vrf);
      this.#wishes.remember(name, { ...link, vrf: { name: vrf, tableId: 0 } }, false);
      isLost = true;
    }
    return isLost ? this.links(pairs, known, wanted) : found;
  }

  /**
   * Gives Linux the VRF devices of the configuration, and deletes those that have left it. Resolves with the state
   * afterwards.
   */
  #makeVrfs(vrfs: Config['vrfs']): HostState | undefined {
    const { host } = this.#options;
    const state = host.read();
    if (state === undefined) return undefined;
    let hasChanged = false;
    for (const { name, table } of vrfs) {
      const has = state.get(name)?.vrfTable;
      if (has === table) {
        this.#vrfs.add(name);
        continue;
      }
      // The table of a device cannot be changed.
      if (has !== undefined) host.deleteLink(name);
      host.createVrf(name, table);
      this.#vrfs.add(name);
      hasChanged = true;
    }
    const names = new Set(vrfs.map(({ name }) => name));
    for (const name of this.#vrfs) {
      if (names.has(name)) continue;
      host.deleteLink(name);
      this.#vrfs.delete(name);
      hasChanged = true;
    }
    return hasChanged ? host.read() : state;
  }

  wishOf(name: string, link: HostLink, config: InterfaceConfig | undefined, isUp: boolean): HostWish {
    return this.#wishes.wishOf(name, link, config, isUp);
  }

  /**
   * Accepts IPv6, multicast and broadcasts on interfaces that are in their tables; `present`: VPP's state before.
   * Rejects with VPP's reason.
   */
  async acceptMulticast(
    client: VppApiClient,
    mirrored: readonly Mirrored[],
    present: ReadonlyMap<string, Present>,
    tables: VppTables,
  ): Promise<void> {
    const members = new Map<number, Set<SwIfIndex>>();
    for (const { name, wish } of mirrored) {
      const found = present.get(name);
      if (found === undefined) continue;
      const { swIfIndex } = found.vpp;
      const table = members.get(wish.tableId) ?? new Set();
      members.set(wish.tableId, table.add(swIfIndex));
      // The move to another table disabled it.
      const isMoved = found.tables?.[6] !== wish.tableId;
      if (this.#ipv6.get(name) === swIfIndex && !isMoved) continue;
      await setIpv6On(client, swIfIndex);
      this.#ipv6.set(name, swIfIndex);
    }
    const wanted: Members = members;
    await this.#multicast.reconcile(client, tables.all, wanted);
  }

  /**
   * Enables IPv4 on an interface without an address (DHCP, unnumbered); VPP enables it with each address and
   * disables it with the last. `present`: VPP's state before its addresses were changed.
   */
  async enableIpv4(
    client: VppApiClient,
    { name, wish }: Mirrored,
    { vpp, addresses }: Present,
  ): Promise<void> {
    const hadAddress = addresses.some((text) => !text.includes(':'));
    if (hadAddress || wish.addresses.some(({ family }) => family === 4)) this.#ipv4.delete(name);
    if (wish.addresses.some(({ family }) => family === 4) || this.#ipv4.get(name) === vpp.swIfIndex) return;
    // The API's message does the opposite of what its name says (vl_api_sw_interface_ip4_enable_disable_t_handler).
    await runCliInband(client, `enable ip4 interface ${vpp.vppName}`);
    this.#ipv4.set(name, vpp.swIfIndex);
  }

  /**
   * The end of a run, with VPP's current state: the TAPs regain configured addresses that someone removed, and lose
   * those that VPP copied only for its own needs. Those of `wanted`, which are to have a TAP, are held from now on;
   * `hostNameOf`: the name that the TAP of an interface is to have.
   */
  settle(
    pairs: ReadonlyMap<string, LcpPair>,
    configs: ReadonlyMap<string, InterfaceConfig>,
    present: ReadonlyMap<string, Present>,
    wanted: ReadonlySet<string>,
    hostNameOf: (name: string) => string,
  ): void {
    const { host, isSync, taps } = this.#options;
    const state = host.read();
    if (state === undefined) return;
    taps?.retain(host.netns, new Set([...wanted].map(hostNameOf)));
    const byIndex = new Map([...state.values()].map((link) => [link.ifIndex, link]));
    for (const [name, { vifIndex }] of pairs) {
      const link = byIndex.get(vifIndex);
      const found = present.get(name);
      if (link === undefined || found === undefined) continue;
      const isUp = found.vpp.adminUp;
      if (wanted.has(name) && link.isTap) taps?.hold(host.netns, link);
      if (configs.has(name) && link.vlan !== undefined)
        this.#ownVlans.set(name, { link: link.name, ifIndex: link.ifIndex });
      this.#wishes.remember(name, link, isSync ? isUp : isUp && link.isUp);
      if (!isSync) continue;
      // lcp-sync copies the layer 3 MTU, which is larger where packets have their own.
      const mtuBytes = mtuOfPackets(found.vpp);
      if (found.vpp.mtuBytes.l3 !== mtuBytes && link.mtuBytes !== mtuBytes) host.setMtu(link.name, mtuBytes);
      const config = configs.get(name);
      const has = new Set(link.addresses.map(({ address, length }) => `${address}/${length}`));
      const add = (config?.addresses ?? []).filter(({ address, length }) => {
        const text = `${address}/${length}`;
        return found.addresses.includes(text) && !has.has(text) && !address.startsWith('fe80:');
      });
      host.changeAddresses(link.name, { add, remove: this.#wishes.staleAddressesOf(name, link) });
      if (config?.enabled === false && link.isUp && !isUp) host.setUp(link.name, false);
    }
  }
}
