/** What the namespace of VPP's TAPs says, and the TAPs while there is no VPP. Other folders import this file only. */
export { HeldTaps } from './held-taps.ts';
export { HostNamespace, type HostNamespaceOptions } from './host-namespace.ts';
export type { HostLink, HostState } from './host-state.ts';
