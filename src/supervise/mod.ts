/**
 * The life of a program: start, output, end, restart; the services of `[service.NAME]`; reaping of orphans. Other
 * folders import only this file.
 */
export { startReaper } from './reaper-loop.ts';
export type { LifeEnd } from './restart-policy.ts';
export type { Command } from './life.ts';
export { Service, type ServiceOptions } from './service.ts';
export { Services } from './services.ts';
