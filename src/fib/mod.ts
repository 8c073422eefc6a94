/** Routes: the table of all sources, and the FIBs that follow it. Other folders import this file only. */
export type { ExplainedRoute } from './explain.ts';
export { readAskedDestination } from './explain-question.ts';
export { FeedServer } from './feed-server.ts';
export { Fib } from './fib.ts';
export { ASKING_PREFIX } from './ipv6-neighbours.ts';
export { KernelBackend } from './kernel-backend.ts';
export { KernelImport } from './kernel-import.ts';
export { MAX_IMPORTED_NEXT_HOPS } from './kernel-import-groups.ts';
export { formatGroup, type GroupId, NO_GROUP } from './next-hop-groups.ts';
export {
  type Family,
  formatKey,
  maskKey,
  newRouteKey,
  type RouteKey,
} from './route-key.ts';
export { type Holder, type RouteStore } from './route-store.ts';
export { type RouteSource, RouteTable } from './route-table.ts';
export { Turns } from './turns.ts';
