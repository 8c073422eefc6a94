/**
 * The life of VPP, or of the kernel in its place, and what is programmed into both: interfaces, routes, feeds. Other
 * folders import only this file.
 */
export { DataPlane } from './data-plane.ts';
export { Feeds } from './feeds.ts';
export { nextHopStatus } from './next-hop-status.ts';
export { NicReport } from './nic-status.ts';
export type { VppRetry } from './vpp-retry.ts';
export type { MachineHooks } from './vpp-life.ts';
