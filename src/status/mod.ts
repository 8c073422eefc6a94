/** The appliance's status, put together from the rooms' own. Other folders import only this file. */
export type { ApplianceStatus, BootPhase, BoxStatus } from './appliance-status.ts';
export type { BrokenPath } from './causes.ts';
export { type HealthReport, reportHealth } from './health.ts';
export { boxMetrics, type JudgedStatus, ownMetrics } from './metrics.ts';
export type { InterfacePath, PathStep } from './path.ts';
export type { StatusProvider } from './provider.ts';
