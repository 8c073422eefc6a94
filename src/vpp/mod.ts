/**
 * VPP as a program: its version, its startup.conf, its command line and the reasons for its exit.
 *
 * Other folders import this file only. The binary API is src/vpp/api, the stats segment src/vpp/stats.
 */
export { apiStatus } from './api-status.ts';
export { filesBeside, vppProblems } from './config-problems.ts';
export { runCli } from './cli-socket.ts';
export { VppCommandLine } from './cli/command-line.ts';
export { VPP_COMMANDS } from './cli/table.ts';
export { formsOf } from './cli/usage.ts';
export { VppError } from './errors.ts';
export { explainExit } from './exit-reason.ts';
export { hasDriverFile, hasNativeDriver, NATIVE_DRIVER, whyNotNative } from './native-driver.ts';
export { findPluginDir, hasPlugin, missingWords, PLUGINS, pluginsOf } from './plugins.ts';
export {
  renderStartupConf,
  type StartupConfOptions,
  startupPlugins,
  vppCores,
} from './startup-conf.ts';
export {
  isAtLeast,
  parseVppVersion,
  readVppVersion,
  type VppVersion,
} from './version.ts';
