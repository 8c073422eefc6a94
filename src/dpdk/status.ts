/** Owns what is said of network cards and hugepages. Pure. */
import { finding, type Finding, gauges, metricTable, type Sample } from '../report/mod.ts';
import type { RefusalCode } from './assess.ts';
import type { Nic } from './inventory.ts';

/** Why a NIC is not given to VPP. */
export interface NicRefusal {
  /** `not-bound`: the kernel refused. */
  readonly code: RefusalCode | 'not-bound';
  readonly reason: string;
}

/** Who uses a NIC. */
export type NicRole =
  | { readonly role: 'free' }
  | { readonly role: 'vpp' | 'management'; readonly name: string }
  /** Configured for VPP but not given to it. */
  | ({ readonly role: 'refused'; readonly name: string } & NicRefusal)
  /** `missing`: configured for VPP, and not on the PCI bus. `fallback`: the kernel's while VPP loops or is disabled. */
  | { readonly role: 'missing' | 'fallback'; readonly name: string; readonly reason: string };

export interface NicStatus {
  readonly pciAddress: string;
  /** `8086:15f3` */
  readonly pciId?: string;
  readonly mac?: string;
  /** Name of the kernel's interface while, or before VPP took it, the kernel's. */
  readonly kernelName?: string;
  readonly driver?: string;
  readonly originalDriver?: string;
  readonly link: Nic['link'];
  readonly speedMbps?: number;
  readonly iommuGroup?: number;
  /** Other PCI devices of its IOMMU group. */
  readonly groupMembers: readonly string[];
  readonly use: NicRole;
  /** What to paste into appliance.ini to give it to VPP (several lines are fine). */
  readonly iniLine: string;
}

/** What was wanted of one page size and what the kernel gave. */
export type HugepageStatus =
  | { readonly state: 'not-needed'; readonly reason: string }
  | (HugepageCounts & { readonly state: 'ok' })
  /** `short`: fewer than needed. `failed`: this machine has no pages of this size, or does not let us. */
  | (HugepageCounts & {
      readonly state: 'short' | 'failed';
      /** How many are missing, and what would help. */
      readonly reason: string;
    });

interface HugepageCounts {
  readonly pageSizeBytes: number;
  readonly requested: number;
  /** Of those requested, how many are free for VPP to take. */
  readonly allocated: number;
}

interface DpdkSource {
  readonly hugepages: readonly HugepageStatus[];
  readonly nics: readonly NicStatus[];
}

const bySize =
  (count: 'requested' | 'allocated') =>
  ({ hugepages }: DpdkSource): Sample[] =>
    hugepages.flatMap((pool): Sample[] =>
      pool.state === 'not-needed' ? [] : [[pool[count], pool.pageSizeBytes]],
    );

export const DPDK_METRICS = metricTable<DpdkSource>({
  appliance_hugepages_requested: gauges('Hugepages needed', ['page_size_bytes'], bySize('requested')),
  appliance_hugepages_allocated: gauges('Hugepages allocated', ['page_size_bytes'], bySize('allocated')),
  appliance_nic_info: gauges('Network cards, always 1', ['pci_address', 'mac', 'driver', 'use'], ({ nics }) =>
    nics.map(({ pciAddress, mac = '', driver = '', use }) => [1, pciAddress, mac, driver, use.role]),
  ),
  appliance_nic_link_up: gauges(
    'Whether a network card has a link (absent: not known)',
    ['pci_address'],
    ({ nics }) =>
      nics.flatMap(({ link, pciAddress }): Sample[] =>
        link === 'unknown' ? [] : [[Number(link === 'up'), pciAddress]],
      ),
  ),
});

export function hugepageFindings(hugepages: readonly HugepageStatus[]): Finding[] {
  return hugepages.flatMap((pool) =>
    pool.state === 'short' || pool.state === 'failed'
      ? [
          finding(
            'vpp',
            `hugepages-${pool.state}`,
            'error',
            `Hugepages: ${pool.allocated} of ${pool.requested} allocated: ${pool.reason}`,
            // whether VPP runs without them is VPP's to say
            { subject: 'hugepages', ready: true },
          ),
        ]
      : [],
  );
}
