/** Owns sending signals, with guards against pids that mean more than one process. */
import { asLinuxError, isErrno } from './errors.ts';

/** kill(2) to one process. Returns false when there is no such process. Throws LinuxError: EPERM. */
export function killProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (!Number.isInteger(pid) || pid < 1) throw new RangeError(`pid ${pid}: must be at least 1`);
  return kill(pid, signal, 'kill');
}

/**
 * kill(2) to every process of a group. Returns false when the group is empty. Throws LinuxError: EPERM, and
 * RangeError for 0 and 1, which to the kernel mean our own group and every process.
 */
export function killGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  if (!Number.isInteger(pgid) || pgid < 2) throw new RangeError(`process group ${pgid}: must be at least 2`);
  return kill(-pgid, signal, 'killpg');
}

/**
 * kill(-1): every process except ourselves, for the end of a shutdown. Returns false when there is none.
 * Throws an Error unless this process is PID 1.
 */
export function killAllProcesses(signal: NodeJS.Signals): boolean {
  if (process.pid !== 1) throw new Error('cannot kill all processes: only PID 1 may');
  return kill(-1, signal, 'kill');
}

function kill(target: number, signal: NodeJS.Signals | 0, call: string): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw asLinuxError(error, call, [Math.abs(target), signal]);
  }
}
