/**
 * The machine: mounts, modules, kernel settings, consoles, watchdog, clock, cores, interrupts, power. Other folders
 * import only this file.
 */
export { advanceClock, keepTime, keepTimeHourly } from './clock.ts';
export { type ConsoleActions, ConsoleMenu } from './console-menu.ts';
export {
  BASE_MODULES,
  ROUTER_MODULES,
  TAP_MODULES,
  VFIO_MODULES,
  coldplug,
  loadByName,
  loadIfThere,
  whatWasNotLoaded,
} from './hardware-modules.ts';
export { UPDATE_KEY_FILE, readImageFacts } from './image-facts.ts';
export { applyIdentity, applySysctls, prepareControlNamespace } from './kernel-settings.ts';
export { mountAll, mountHugetlbfs, mountOptional } from './mounts.ts';
export { findPowerButtons, watchPowerButtons } from './power-button.ts';
export { keepSeed, renewSeed } from './random-seed.ts';
export { type PowerAction, type ShutdownStep, endMachine, machineSteps, runSteps } from './shutdown.ts';
export { Watchdog } from './watchdog.ts';
export { WorkerCores } from './worker-cores.ts';
