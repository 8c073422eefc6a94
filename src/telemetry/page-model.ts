/**
 * Owns what the page is made of, as plain JSON: in the appliance it becomes the page that is sent, in the browser the
 * page that is shown from then on.
 *
 * Invariant: bounded, whatever the appliance has; nothing in it grows with the routes.
 */
import type { BufferPool, MemoryHeap, StatsSnapshot } from '../vpp/stats/mod.ts';
import { type HistorySource, type LatestRates, type RateHistory } from './rates.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { ApplianceStatus, StatusProvider } from '../status/mod.ts';

/** Bounds on the page; everything is in `/status`. */
export const MAX_INTERFACES = 100;
const MAX_OBJECTS = 256;
const MAX_CONDITIONS = 100;
const MAX_PROBLEMS = 1000;
const MAX_NICS = 64;

/** What VPP's threads do. */
export interface VppLoad {
  /** Vectors a call by worker, the main thread first; 256 is a full one. */
  readonly vectorRates: readonly number[];
  /** Packets per second, all interfaces. */
  readonly inputRate: number;
  readonly buffers: readonly BufferPool[];
  readonly heaps: readonly MemoryHeap[];
}

export interface PageModel {
  /** Interfaces, conditions, problems and NICs are bounded; interfaces are without counters. */
  readonly status: ApplianceStatus;
  /** How many interfaces there are in all. */
  readonly interfaceCount: number;
  /** Undefined before there were two readings, and while they are old. */
  readonly rates: LatestRates | undefined;
  readonly history: RateHistory;
  /** Undefined before there was a reading, and while it is old. */
  readonly load: VppLoad | undefined;
}

/** What changes every second. */
export type Figures = Pick<PageModel, 'rates' | 'load'>;

export function makePageModel(source: StatusProvider, rates: HistorySource, maxPoints: number): PageModel {
  const status = source.status();
  const names = shownNames(status);
  return {
    status: boundStatus(status),
    interfaceCount: status.interfaces.length,
    ...makeFigures(source, rates, names, status.stats),
    history: rates.history(names, maxPoints),
  };
}

/** Nothing while VPP's counters are not fresh: old figures are not shown as those of now. */
export function makeFigures(
  source: StatusProvider,
  rates: HistorySource,
  names: readonly string[],
  stats: ApplianceStatus['stats'],
): Figures {
  const snapshot = source.statsSnapshot()?.snapshot;
  if (stats.state !== 'fresh') return { rates: undefined, load: undefined };
  return { rates: rates.latest(names), load: snapshot === undefined ? undefined : loadOf(snapshot) };
}

/** Of the interfaces on the page those that have counters. */
export function shownNames({ interfaces }: ApplianceStatus): string[] {
  return interfaces
    .slice(0, MAX_INTERFACES)
    .filter(({ dataPlane }) => dataPlane === 'vpp')
    .map(({ name }) => name);
}

export function boundStatus(status: ApplianceStatus): ApplianceStatus {
  const { config } = status;
  return {
    ...status,
    interfaces: status.interfaces.slice(0, MAX_INTERFACES).map(withoutCounters),
    objects: { ...status.objects, objects: status.objects.objects.slice(0, MAX_OBJECTS) },
    conditions: status.conditions.slice(0, MAX_CONDITIONS),
    nics: status.nics.slice(0, MAX_NICS),
    config: { ...config, problems: config.problems.slice(0, MAX_PROBLEMS) },
  };
}

function withoutCounters(one: InterfaceStatus): InterfaceStatus {
  if (one.counters === undefined && one.kernelCounters === undefined) return one;
  const { counters: _, kernelCounters: _kernel, ...rest } = one;
  return rest;
}

function loadOf({ system, bufferPools, memory }: StatsSnapshot): VppLoad {
  return {
    vectorRates: system.vectorRatePerWorker,
    inputRate: system.inputRate,
    buffers: bufferPools.slice(0, 16),
    heaps: memory.slice(0, 16),
  };
}
