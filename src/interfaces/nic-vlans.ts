/**
 * Lets frames with VLAN tags into NICs that drop them. A virtio NIC whose driver can filter VLANs begins with a filter
 * that lets none pass (virtio 1.2, section 5.1.6.5.1), and VPP tells DPDK of no VLAN; QEMU drops them. With promiscuous
 * mode the filter does not count, and VPP looks at the addresses itself.
 */
import type { Port } from '../config/mod.ts';
import { setPromiscuous, type SwIfIndex, VppApiError, type VppApiClient } from '../vpp/api/mod.ts';
import type { NicSettings } from './nic-queues.ts';
import type { Known } from './vpp-status.ts';

export class NicVlans {
  /** NICs in promiscuous mode, in the connected VPP. */
  readonly #open = new Map<string, SwIfIndex>();

  /** Another run of VPP, another connection to it, or something that may have set modes of NICs. */
  clear(): void {
    this.#open.clear();
  }

  /**
   * Opens the NICs that are not open yet and have sub-interfaces, of their own or of their bond. Rejects when the
   * connection broke.
   */
  async open(
    client: VppApiClient,
    nics: readonly NicSettings[],
    present: ReadonlyMap<string, Known>,
    ports: ReadonlyMap<string, Port>,
  ): Promise<void> {
    const parents = new Set(
      [...present.values()].flatMap(({ vpp }) => (vpp.sub === undefined ? [] : [vpp.supSwIfIndex])),
    );
    for (const { name, filtersVlans } of nics) {
      const index = present.get(name)?.vpp.swIfIndex;
      if (filtersVlans !== true || index === undefined) continue;
      const port = ports.get(name);
      const parent = port?.kind === 'bond' ? present.get(port.owner)?.vpp.swIfIndex : index;
      if (parent === undefined || !parents.has(parent)) continue;
      if (this.#open.get(name) === index) continue;
      try {
        await setPromiscuous(client, index, true);
      } catch (error) {
        if (client.isClosed || !(error instanceof VppApiError)) throw error;
        // A VPP without the message, or a NIC without the mode: nothing else is to be had.
      }
      this.#open.set(name, index);
    }
  }
}
