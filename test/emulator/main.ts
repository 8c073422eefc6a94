/**
 * An emulated VPP: `main.ts -c startup.conf`. For tests and the demo; not in the production bundle.
 *
 * Behaviour of VPP that matters to its supervisor: SIGTERM is ignored until the main loop runs, then ends it with 0;
 * SIGINT and SIGHUP end it at any time; a refused startup.conf is reported on stderr; sockets of a dead owner are taken
 * over, `kill -9` leaves them behind.
 */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { versionLine } from './cli-commands.ts';
import { serveControl } from './control.ts';
import { EmulatedVpp } from './emulated-vpp.ts';
import { readStartFaults } from './faults.ts';
import { serveMachinePort } from './machine-port.ts';
import { enterRuntimeDir } from './runtime-dir.ts';
import { readStartupConf } from './startup-conf.ts';
import { StartupRefusal } from './startup-refusal.ts';
import { startWorkerThreads } from './worker-threads.ts';

const DEFAULT_START_MS = 300;
const DEFAULT_VERSION = '25.02-release';

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function readConfText(args: readonly string[]): string {
  if (args.length !== 2 || args[0] !== '-c') return args.join('\n');
  const file = args[1] ?? '';
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new StartupRefusal(`open configuration file '${file}' failed`, 1);
  }
}

async function main(): Promise<void> {
  let isRunning = false;
  let vpp: EmulatedVpp | undefined;
  let isEnding = false;
  const end = (signal: string): void => {
    if (isEnding) return;
    isEnding = true;
    say(`received ${signal} from PID ${process.ppid} UID ${process.getuid?.() ?? 0}, exiting...`);
    const exit = (): never => process.exit(0);
    if (vpp === undefined) exit();
    else void vpp.stop().then(exit, exit);
  };
  process.on('SIGTERM', () => {
    if (isRunning) end('SIGTERM');
  });
  process.on('SIGINT', () => end('SIGINT'));
  process.on('SIGHUP', () => end('SIGHUP'));
  // The reader of our output may be gone; VPP ignores that too.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});

  const faults = readStartFaults(process.env['EMULATOR_FAULTS']);
  const version = faults.version ?? DEFAULT_VERSION;
  const args = process.argv.slice(2);
  if (args[0] === '--version' || args[0] === '-v') {
    process.stdout.write(`${versionLine({ version, buildDate: '2025-02-26T12:00:00' })}\n`);
    return;
  }
  if (faults.exitAtOnce !== undefined && faults.exitAtOnce !== false) {
    say('emulator: told to end at once');
    process.exit(faults.exitAtOnce === true ? 1 : faults.exitAtOnce);
  }
  const conf = readStartupConf(readConfText(args), version);
  for (const warning of conf.warnings) say(warning);
  enterRuntimeDir(conf.runtimeDir);
  await sleep(faults.startMs ?? DEFAULT_START_MS);
  await startWorkerThreads(conf);
  vpp = new EmulatedVpp(conf, { ...faults, version });
  const running = vpp;
  await running.start();
  const controlPath = process.env['EMULATOR_CONTROL'];
  if (controlPath !== undefined && controlPath !== '') {
    await serveControl(controlPath, running);
  }
  serveMachinePort();
  isRunning = true;
  // VPP runs with or without sockets to listen on.
  setInterval(() => {}, 1 << 30);
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  if (error instanceof StartupRefusal) {
    if (error.signal !== undefined) process.kill(process.pid, error.signal);
    process.exit(error.exitCode);
  }
  process.exit(error instanceof Error && error.message.startsWith('clib_socket_init') ? 0 : 1);
}
