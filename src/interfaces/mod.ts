/** The target state of each interface, in VPP or in the kernel. Other folders import this file only. */
export { type FoundLink, KernelInterfaces, type LinkPlace } from './kernel-interfaces.ts';
export type { LcpSettings } from './lcp-pairing.ts';
export { type Host, Mirror } from './mirror.ts';
export type { NicSettings } from './nic-queues.ts';
export { VppInterfaces } from './vpp-interfaces.ts';
