/** Routes into forwarding tables. Other folders import this file only. */
export { KernelFib } from './kernel-backend.ts';
export { VppFib, type VppFibOptions } from './vpp-backend.ts';
