/**
 * The shutdown of the machine, in order and in bounded time: services, NICs, other processes, file systems, sync,
 * reboot(2). Each step has a timeout and its failure is logged; none prevents the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { killAllProcesses, reboot, syncFilesystems, reasonOf } from '../linux/mod.ts';
import type { Logger } from '../log/mod.ts';
import { unmountAll } from './mounts.ts';

/** How the machine ends; the actions of reboot(2). */
export type PowerAction = 'restart' | 'halt' | 'power-off';

/** Between SIGTERM and SIGKILL for processes that no service owns. */
const STRAY_PATIENCE_MS = 300;

export interface ShutdownStep {
  readonly name: string;
  readonly timeoutMs: number;
  run(): Promise<string | void> | string | void;
}

/** Runs the steps in order, each within its timeout. Never rejects. */
export async function runSteps(steps: readonly ShutdownStep[], logger: Logger): Promise<void> {
  for (const step of steps) {
    const startedAt = performance.now();
    const timeout = new AbortController();
    try {
      const late = sleep(step.timeoutMs, 'late' as const, { signal: timeout.signal });
      const outcome = await Promise.race([Promise.resolve().then(() => step.run()), late]);
      const ms = (performance.now() - startedAt).toFixed(0);
      if (outcome === 'late')
        logger.error('shutdown', `${step.name}: not done within ${step.timeoutMs} ms, continuing`);
      else
        logger.info(
          'shutdown',
          `${step.name} done in ${ms} ms${outcome === undefined ? '' : `: ${outcome}`}`,
        );
      // The loser of the race must not become an unhandled rejection.
      late.catch(() => {});
    } catch (error) {
      logger.error('shutdown', `${step.name}: ${reasonOf(error)}`);
    } finally {
      timeout.abort();
    }
  }
}

/** What PID 1 does after its services have ended: other processes, file systems, disks. */
export function machineSteps(): ShutdownStep[] {
  return [
    {
      name: 'other processes',
      timeoutMs: 2_000,
      async run() {
        if (!killAllProcesses('SIGTERM')) return 'none left';
        await sleep(STRAY_PATIENCE_MS);
        killAllProcesses('SIGKILL');
        return 'ended';
      },
    },
    {
      name: 'file systems unmounted',
      timeoutMs: 3_000,
      run() {
        const busy = unmountAll();
        if (busy.length > 0) throw new Error(`still busy: ${busy.join('; ')}`);
      },
    },
    { name: 'disks synced', timeoutMs: 5_000, run: syncFilesystems },
  ];
}

/** Ends the machine now. PID 1 only; returns only when the kernel refuses. */
export function endMachine(action: PowerAction): void {
  reboot(action);
}
