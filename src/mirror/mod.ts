/** The namespace of VPP's TAPs, and the TAPs while no VPP runs. Other folders import this file only. */
export { HeldTaps } from './held-taps.ts';
export { HostNamespace } from './host-namespace.ts';
export type { HostLink, HostState } from './host-state.ts';
