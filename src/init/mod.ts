/** What the command line uses of this folder; main.ts loads PID 1 and the DHCP event from their own files. */
export { VERSION } from './appliance.ts';
export { runAppliance } from './run.ts';
