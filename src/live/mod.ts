/**
 * The configuration in force: read at the start, changed while the box runs, confirmed or reverted. Other folders import
 * only this file.
 */
export { type Appliers, type ChangeOptions, LiveConfig } from './live-config.ts';
export {
  CONFIG_NAME,
  type LoadedConfig,
  loadConfig,
  machineFacts,
  readConfigFile,
  writeErrorReport,
} from './load-config.ts';
