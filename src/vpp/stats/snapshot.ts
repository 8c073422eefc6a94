/**
 * The figures of one consistent read of the segment. Counters are numbers, exact up to 2^53, summed over VPP's
 * threads, raw (they begin at zero when VPP starts, see `SystemCounters.bootTime`).
 */

export interface InterfaceCounters {
  /** sw_if_index */
  readonly index: number;
  readonly name: string;
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly txBytes: number;
  readonly drops: number;
  readonly punt: number;
  /** Received packets by protocol. */
  readonly ip4: number;
  readonly ip6: number;
  readonly mpls: number;
  /** Packets the NIC dropped because its ring was full. */
  readonly rxMiss: number;
  readonly rxNoBuf: number;
  readonly rxError: number;
  readonly txError: number;
}

/** One graph node; the list is empty unless VPP runs with `statseg { per-node-counters on }`. */
export interface NodeCounters {
  readonly name: string;
  readonly clocks: number;
  readonly vectors: number;
  readonly calls: number;
  readonly suspends: number;
}

/** `/err/NODE/REASON`; only those that are not zero. */
export interface ErrorCounter {
  readonly node: string;
  readonly reason: string;
  readonly count: number;
}

export interface SystemCounters {
  /** Vectors per second over all workers. */
  readonly vectorRate: number;
  readonly vectorRatePerWorker: readonly number[];
  /** Packets per second. */
  readonly inputRate: number;
  readonly numWorkerThreads: number;
  /** Seconds of VPP's own clock at the last update of these scalars. */
  readonly lastUpdate: number;
  /** Grows with each update. */
  readonly heartbeat: number;
  /** Unix seconds. */
  readonly bootTime: number;
}

/** Buffers of one pool. */
export interface BufferPool {
  readonly name: string;
  readonly cached: number;
  readonly used: number;
  readonly available: number;
}

/** Bytes of one heap. */
export interface MemoryHeap {
  readonly name: string;
  readonly total: number;
  readonly used: number;
  readonly free: number;
}

export interface StatsSnapshot {
  readonly epoch: number;
  readonly interfaces: readonly InterfaceCounters[];
  readonly nodes: readonly NodeCounters[];
  readonly errors: readonly ErrorCounter[];
  readonly system: SystemCounters;
  readonly bufferPools: readonly BufferPool[];
  readonly memory: readonly MemoryHeap[];
}
