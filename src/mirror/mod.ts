/** What the namespace of VPP's TAPs says. Other folders import this file only. */
export { HostNamespace, type HostNamespaceOptions } from './host-namespace.ts';
export { type HostLink, type HostState, readHostState } from './host-state.ts';
export { settleNamespace } from './namespace-settings.ts';
