/**
 * A VPP of the appliance's own that is made to hang, and what the appliance does about it. VPP is the emulator, or the
 * real one that `VPP_BIN` names.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { realVppBinary } from '../conformance/harness.ts';
import {
  type ConfigIn,
  EXECUTABLE,
  type RunConfig,
  type RunningAppliance,
  withOwnVpp,
} from './running-appliance.ts';

/** Ways to hang: stopped by a signal, or its main thread busy for ever. */
export type Hang = 'stop' | 'spin';

export interface Recovery {
  readonly hang: Hang;
  /** From the hang to all routes programmed in another process. */
  readonly seconds: number;
  /** How the process that hung ended, in the appliance's words. */
  readonly reason: string;
}

/** A command in which the main thread stays for ever: in 25.02, in 26.06, and in the emulator (cli-commands.ts). */
const SPIN_COMMAND = 'show qos record nothing';

/** With a VPP of its own. `vpp` holds more lines of `[vpp]`. */
export function withHangingVpp({ vpp = '', ...rest }: Partial<RunConfig> = {}): ConfigIn {
  if (realVppBinary === undefined) return withOwnVpp({ vpp, ...rest });
  return (dir) => ({ vpp: `binary = ${realVppBinary}\napi-socket = ${dir}/api.sock\n${vpp}`, ...rest });
}

/** Makes VPP hang. */
async function hangVpp(running: RunningAppliance, hang: Hang): Promise<void> {
  const pid = (await running.status())?.vpp.pid;
  if (pid === undefined) throw new Error('there is no VPP to hang');
  if (hang === 'stop') process.kill(pid, 'SIGSTOP');
  else sendCommand(join(running.runDir, 'vpp/cli.sock'), SPIN_COMMAND);
}

/**
 * Gives the appliance so many routes and resolves when VPP is in the middle of them; `exitCode` is there when they are
 * all given. Earlier routes are replaced, by others when `round` is another one.
 */
export async function beginLoad(
  running: RunningAppliance,
  routes: number,
  round = 0,
): Promise<{ readonly exitCode: Promise<number> }> {
  const args = ['routes', 'load', '-', '--name', 'load', '--run-dir', running.runDir];
  const loader = spawn(EXECUTABLE, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const exitCode = once(loader, 'exit').then(([code]: unknown[]) => Number(code));
  let text = '';
  for (let i = 0; i < routes; i++) {
    text += `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24 via 192.0.2.${2 + ((i + round) % 64)}\n`;
  }
  loader.stdin.end(text);
  await running.until('the load is under way', ({ fib }) =>
    fib.some(
      ({ backend, programmed, pending }) => backend === 'vpp' && programmed > 1_000 && pending > 1_000,
    ),
  );
  return { exitCode };
}

/**
 * Makes VPP hang and waits until `routes` routes are in another process of VPP's; rejects when VPP counts as looping on
 * the way, or it takes too long.
 */
export async function hangAndRecover(
  running: RunningAppliance,
  hang: Hang,
  routes: number,
): Promise<Recovery> {
  const before = await running.status();
  const beganAt = performance.now();
  await hangVpp(running, hang);
  const after = await running.until(`VPP is back after ${hang}`, ({ vpp, fib }) => {
    if (vpp.process.state === 'looping')
      throw new Error(`VPP loops: ${vpp.process.reason}\n${running.output}`);
    const isAnother = vpp.pid !== undefined && vpp.pid !== before?.vpp.pid;
    return isAnother && vpp.api.state === 'connected' && fib[0]?.programmed === routes;
  });
  const seconds = (performance.now() - beganAt) / 1000;
  const reason = after.services.find(({ name }) => name === 'vpp')?.lastExit?.reason ?? '';
  return { hang, seconds, reason };
}

/** Gives VPP's command line one command that is never answered. */
function sendCommand(socketPath: string, command: string): void {
  const socket = createConnection({ path: socketPath });
  socket.on('connect', () => socket.write(`${command}\n`));
  socket.resume();
  // Its VPP is killed.
  socket.on('error', () => {});
  socket.unref();
}
