/** Routes: the table of all sources, and the FIBs that follow it. Other folders import this file only. */
export type { ExplainedRoute } from './explain.ts';
export { readAskedDestination } from './explain-question.ts';
export { FeedServer } from './feed-server.ts';
export type { FibTotals } from './feeder.ts';
export { Fib, type FibOptions } from './fib.ts';
export { ASKING_PREFIX } from './ipv6-neighbours.ts';
export { KernelBackend } from './kernel-backend.ts';
export { KernelImport, type KernelImportOptions } from './kernel-import.ts';
export { MAX_IMPORTED_NEXT_HOPS } from './kernel-import-groups.ts';
export { formatGroup, type GroupAction, type GroupId, MAX_GROUPS, NO_GROUP } from './next-hop-groups.ts';
export {
  DEFAULT_TABLE,
  type Family,
  formatKey,
  maskKey,
  newRouteKey,
  type RouteKey,
  setAddress,
  setKey,
} from './route-key.ts';
export { MAX_SLOTS, type SetResult } from './route-store.ts';
export { Distance, type RouteSource, RouteTable, type SourceOptions } from './route-table.ts';
export { VppBackend } from './vpp-backend.ts';
