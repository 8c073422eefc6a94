/** What features take of VPP's main heap, and whether it holds them. */
import { formatSize } from './leaf-types.ts';
import type { Review } from './review.ts';

const MIB = 1024 * 1024;
/** Bytes of a session of NAT with its place in lists and in the flow hash: 380–460 at once, more as the hash fills. */
const NAT_SESSION_BYTES = 600;
/** What the first filter on an interface takes for each thread: 500,000 sessions, and the hash of the rules. */
const FILTER_BYTES = 70 * MIB;

/** Reports features that take more than half of the main heap: the rest is for routes, neighbours and counters. */
export function warnHeap(review: Review): void {
  const { vpp, nat44, interfaces } = review.config;
  if (!vpp.enabled || vpp.external) return;
  const threads = (vpp.cpu.workers ?? 0) + 1;
  const hasFilters = interfaces.some(({ aclIn, aclOut }) => aclIn.length + aclOut.length > 0);
  const needs = [
    { what: 'filters', bytes: hasFilters ? threads * FILTER_BYTES : 0 },
    { what: 'NAT sessions', bytes: nat44.enabled ? threads * nat44.sessions * NAT_SESSION_BYTES : 0 },
  ].filter(({ bytes }) => bytes > 0);
  const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
  const { mainHeapBytes } = vpp.memory;
  if (bytes <= mainHeapBytes / 2) return;
  const what = needs.map((need) => need.what).join(' and ');
  // Twice of what they need, in whole units of 512 MiB.
  const wanted = Math.ceil((2 * bytes) / (512 * MIB)) * 512 * MIB;
  const need = formatSize(Math.ceil(bytes / MIB) * MIB);
  review.warning(
    'vpp.memory.main-heap',
    `${formatSize(mainHeapBytes)} is low: ${what} take about ${need} of it with ${threads} threads: use ${formatSize(wanted)} or more`,
  );
}
