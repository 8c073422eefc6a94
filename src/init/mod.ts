/** What the command line takes from PID 1's room; main.ts alone loads the two other lives, each from its own file. */
export { VERSION } from './appliance.ts';
export { runAppliance } from './run.ts';
