/**
 * Proxy ARP in VPP, on the interfaces that the configuration or a TAP in Linux has it on. The ranges sent are remembered for the life of this VPP: its dump
 * of the ranges returns numbers other than those of tables (send_proxy_arp_details of 25.02).
 */
import {
  addDelProxyArpRange,
  proxyArpInterfaces,
  setProxyArp,
  type SwIfIndex,
  tableId,
  type VppApiClient,
} from '../vpp/api/mod.ts';
import { proxyRanges } from './proxy-ranges.ts';

/** An interface with proxy ARP. */
export interface ProxyMember {
  readonly swIfIndex: SwIfIndex;
  readonly tableId: number;
  /** `192.0.2.1/24` */
  readonly addresses: readonly string[];
  /** Prefixes inside these networks that are behind other interfaces. */
  readonly elsewhere: readonly string[];
}

export class VppProxyArp {
  /** `TABLE LOW HIGH` of the ranges that VPP has. */
  #ranges = new Set<string>();
  /** VPP may have proxy ARP on interfaces that an earlier process of ours enabled. */
  #isUnsure = true;

  /** Whether some interface has it. */
  get isOn(): boolean {
    return this.#ranges.size > 0;
  }

  /** Another VPP has none of it. */
  reset(): void {
    this.#ranges = new Set();
    this.#isUnsure = false;
  }

  /**
   * Enables proxy ARP on exactly these interfaces of `ours`. Sends nothing where none has it, and none had it. Rejects
   * with VPP's reason.
   */
  async reconcile(
    client: VppApiClient,
    members: readonly ProxyMember[],
    ours: ReadonlySet<SwIfIndex>,
  ): Promise<void> {
    if (members.length === 0 && this.#ranges.size === 0 && !this.#isUnsure) return;
    const on = new Set(await proxyArpInterfaces(client));
    const wanted = new Set(members.map(({ swIfIndex }) => swIfIndex));
    for (const index of on) {
      if (!wanted.has(index) && ours.has(index)) await setProxyArp(client, index, false);
    }
    const ranges = new Set<string>();
    for (const [table, inTable] of Map.groupBy(members, (member) => member.tableId)) {
      const addresses = inTable.flatMap((member) => member.addresses);
      const elsewhere = inTable.flatMap((member) => member.elsewhere);
      for (const { low, high } of proxyRanges(addresses, elsewhere)) ranges.add(`${table} ${low} ${high}`);
    }
    for (const range of this.#ranges) if (!ranges.has(range)) await this.#change(client, range, false);
    for (const range of ranges) if (!this.#ranges.has(range)) await this.#change(client, range, true);
    for (const index of wanted) if (!on.has(index)) await setProxyArp(client, index, true);
    this.#isUnsure = false;
  }

  /** Before VPP's interface is deleted: VPP would leave it on for the next one with the index (arp_proxy.c). */
  async release(client: VppApiClient, index: SwIfIndex): Promise<void> {
    if (!this.isOn && !this.#isUnsure) return;
    if ((await proxyArpInterfaces(client)).includes(index)) await setProxyArp(client, index, false);
  }

  async #change(client: VppApiClient, range: string, isAdd: boolean): Promise<void> {
    const [table, low = '', high = ''] = range.split(' ');
    await addDelProxyArpRange(client, tableId(Number(table)), { low, high }, isAdd);
    if (isAdd) this.#ranges.add(range);
    else this.#ranges.delete(range);
  }
}
