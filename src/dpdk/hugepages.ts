/**
 * How many hugepages VPP needs, and for what.
 *
 * Sources (VPP 25.02): src/vlib/buffer.c (vlib_buffer_alloc_size, vlib_buffer_main_init_numa_alloc),
 * src/plugins/dpdk/buffer.c (external header), src/plugins/dpdk/device/init.c (16 MB per socket),
 * src/vlib/stats/init.c (the segment is a memfd sized in whole pages); of 26.06 src/vlib/physmem.c and
 * src/vnet/dev/bus/pci.c. Each user takes whole pages.
 */
import type { DpdkInterfaceConfig, HugepageSize, VppConfig } from '../config/types.ts';
import { parseCpuList, readNames, readText } from '../linux/mod.ts';

export interface HugepagePart {
  readonly purpose: 'main heap' | 'buffers' | 'stats segment' | 'DPDK' | "VPP's own drivers";
  readonly bytes: number;
  readonly pages: number;
  readonly numaNode: number;
}

/** Pages of one size, in total and on each NUMA node. */
export interface HugepageBudget {
  readonly pageSize: HugepageSize;
  readonly pageBytes: number;
  readonly pages: number;
  readonly parts: readonly HugepagePart[];
  readonly nodes: readonly { readonly numaNode: number; readonly pages: number }[];
}

export interface BudgetOptions {
  /** Whether the DPDK plugin will be loaded (default: when it drives a NIC). */
  readonly dpdk?: boolean;
  /** Nodes with both processors and memory, the main thread's first (default: node 0 only). */
  readonly numaNodes?: readonly number[];
}

const MIB = 2 ** 20;

/** Bytes of one page. */
export const PAGE_BYTES: Readonly<Record<HugepageSize, number>> = { '2M': 2 * MIB, '1G': 2 ** 30 };

const CACHE_LINE_BYTES = 64;
/** `buffers { default data-size }`, VPP's own default. */
export const BUFFER_DATA_BYTES = 2048;
/** struct vlib_buffer_t: two cache lines and 128 bytes of headroom. */
const BUFFER_HEADER_BYTES = 256;
/** struct rte_mempool_objhdr (24) and struct rte_mbuf (128), rounded to cache lines: only with the DPDK plugin. */
const DPDK_HEADER_BYTES = 192;

/** What DPDK allocates at start, on each node. */
const DPDK_BASE_BYTES = 16 * MIB;
/** Estimate of a queue's descriptor rings and software rings (4096 descriptors of 32 bytes, and their shadows). */
const DPDK_QUEUE_BYTES = MIB;
/** A queue's descriptor ring with VPP's own drivers: 512 descriptors of 16 bytes, and room to spare. */
const NATIVE_QUEUE_BYTES = 64 * 1024;

/** Bytes of one buffer in its page: 2496 with DPDK. */
export function bufferBytes(dpdk: boolean): number {
  const raw = (dpdk ? DPDK_HEADER_BYTES : 0) + BUFFER_HEADER_BYTES + BUFFER_DATA_BYTES;
  const lines = Math.ceil(raw / CACHE_LINE_BYTES);
  // VPP makes the number of cache lines odd, for a better spread over the cache's sets.
  return (lines % 2 === 0 ? lines + 1 : lines) * CACHE_LINE_BYTES;
}

/** The pages that VPP needs with this configuration. */
export function hugepageBudget(vpp: VppConfig, options: BudgetOptions = {}): HugepageBudget {
  const drivenBy = (driver: DpdkInterfaceConfig['driver']): DpdkInterfaceConfig[] =>
    vpp.dpdk.interfaces.filter((nic) => nic.driver === driver);
  const nics = { dpdk: drivenBy('dpdk'), native: drivenBy('native') };
  const dpdk = options.dpdk ?? nics.dpdk.length > 0;
  const numaNodes = options.numaNodes?.length ? options.numaNodes : [0];
  const mainNode = numaNodes[0] ?? 0;
  const pageBytes = PAGE_BYTES[vpp.memory.hugepageSize];
  const part = (purpose: HugepagePart['purpose'], bytes: number, numaNode: number): HugepagePart => ({
    purpose,
    bytes,
    pages: Math.ceil(bytes / pageBytes),
    numaNode,
  });

  const parts = [
    part('main heap', vpp.memory.mainHeapBytes, mainNode),
    part('stats segment', vpp.stats.segmentBytes, mainNode),
  ];
  const perPage = Math.floor(pageBytes / bufferBytes(dpdk));
  for (const numaNode of numaNodes) {
    // A buffer never crosses a page boundary.
    const bufferPages = Math.ceil(vpp.memory.buffers / perPage);
    const bytes = vpp.memory.buffers * bufferBytes(dpdk);
    parts.push({ purpose: 'buffers', bytes, pages: bufferPages, numaNode });
    const queues = { dpdk: queueCount(vpp, nics.dpdk), native: queueCount(vpp, nics.native) };
    if (dpdk) parts.push(part('DPDK', DPDK_BASE_BYTES + queues.dpdk * DPDK_QUEUE_BYTES, numaNode));
    if (queues.native > 0) {
      parts.push(part("VPP's own drivers", queues.native * NATIVE_QUEUE_BYTES, numaNode));
    }
  }
  const pagesOn = (node: number): number =>
    parts.filter((p) => p.numaNode === node).reduce((sum, p) => sum + p.pages, 0);
  const nodes = numaNodes.map((numaNode) => ({ numaNode, pages: pagesOn(numaNode) }));
  const pages = nodes.reduce((sum, node) => sum + node.pages, 0);
  return { pageSize: vpp.memory.hugepageSize, pageBytes, pages, parts, nodes };
}

/**
 * The NUMA nodes on which VPP allocates buffers (those with processors and memory), the node of `mainCore` first;
 * `[0]` on a kernel without NUMA.
 */
export function dpdkNumaNodes(mainCore: number | undefined, sysfs = '/sys'): number[] {
  const root = `${sysfs}/devices/system/node`;
  const list = (name: string): number[] => parseCpuList(readText(`${root}/${name}`) ?? '');
  const withMemory = new Set(list('has_memory'));
  const nodes = list('has_cpu').filter((node) => withMemory.has(node));
  if (nodes.length === 0) return [0];
  const mainNode = nodes.find((node) => readNames(`${root}/node${node}`).includes(`cpu${mainCore ?? 0}`));
  return mainNode === undefined ? nodes : [mainNode, ...nodes.filter((node) => node !== mainNode)];
}

// VPP's defaults: one receive queue, and one transmit queue per thread.
function queueCount(vpp: VppConfig, nics: readonly DpdkInterfaceConfig[]): number {
  const threads = 1 + (vpp.cpu.workers ?? 0);
  return nics.reduce((sum, nic) => sum + (nic.rxQueues ?? 1) + (nic.txQueues ?? threads), 0);
}
