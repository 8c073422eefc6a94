/**
 * Owns waiting for orphans: children of this process that libuv does not know.
 *
 * libuv waits for the pids that it spawned, one by one; any other process reparented to PID 1 (or a subreaper) stays a
 * zombie until it is waited for. Invariant: only pids outside the record of `children.ts` are waited for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { check } from './check.ts';
import { isLibuvChild } from './children.ts';
import { isErrno } from './errors.ts';
import { libc, nativeBuffer } from './libc.ts';

/** A zombie that was waited for: exactly one of `exitCode` and `signal` is set. */
export interface ReapedOrphan {
  readonly pid: number;
  readonly exitCode?: number;
  /** `SIGKILL`; `SIG<number>` for a signal without a name. */
  readonly signal?: string;
}

/** Most orphans waited for in one call, to keep the event loop responsive; call again when that many were returned. */
export const MAX_REAPED_PER_CALL = 1024;

const WNOHANG = 1;
const PR_SET_CHILD_SUBREAPER = 36;

const SIGNAL_NAMES = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) {
  // Several names share a number (SIGPOLL is SIGIO): the first is the one node itself uses.
  if (!SIGNAL_NAMES.has(number)) SIGNAL_NAMES.set(number, name);
}

/**
 * Waits, without blocking, for every zombie child that libuv does not know. Call it on SIGCHLD and from a slow
 * timer: the kernel's list of children may miss one that is exiting. Needs procfs; throws LinuxError when
 * waitpid fails for any reason other than ECHILD.
 */
export function reapOrphans(procRoot = '/proc'): ReapedOrphan[] {
  const status = nativeBuffer(4);
  const reaped: ReapedOrphan[] = [];
  for (const pid of listChildren(procRoot)) {
    if (isLibuvChild(pid)) continue;
    if (waitNoHang(pid, status)) reaped.push({ pid, ...decodeStatus(status.readInt32LE(0)) });
    if (reaped.length === MAX_REAPED_PER_CALL) break;
  }
  return reaped;
}

/** prctl(PR_SET_CHILD_SUBREAPER): orphans of our descendants become our children, as they do for PID 1. */
export function setChildSubreaper(enabled: boolean): void {
  check(
    libc.prctl(PR_SET_CHILD_SUBREAPER, enabled ? 1n : 0n, 0n, 0n, 0n),
    'prctl',
    'PR_SET_CHILD_SUBREAPER',
    enabled,
  );
}

function waitNoHang(pid: number, status: Buffer): boolean {
  try {
    return check(libc.waitpid(pid, status, WNOHANG), 'waitpid', pid) === pid;
  } catch (error) {
    if (isErrno(error, 'ECHILD')) return false; // already waited for
    throw error;
  }
}

/** Source: sys/wait.h's macros. */
function decodeStatus(status: number): { exitCode: number } | { signal: string } {
  const signalNumber = status & 0x7f;
  if (signalNumber === 0) return { exitCode: (status >> 8) & 0xff };
  return { signal: SIGNAL_NAMES.get(signalNumber) ?? `SIG${signalNumber}` };
}

/** Pids of all children of every thread of this process, dead ones included. */
export function listChildren(procRoot: string): number[] {
  const pids: number[] = [];
  try {
    for (const thread of readdirSync(`${procRoot}/self/task`)) {
      const text = readFileSync(`${procRoot}/self/task/${thread}/children`, 'latin1');
      for (const pid of text.split(' ')) if (pid !== '') pids.push(Number(pid));
    }
    return pids;
  } catch {
    return scanChildren(procRoot); // a kernel without CONFIG_PROC_CHILDREN, or a thread that ended meanwhile
  }
}

/** The same by reading every process's parent: slower, and works on every kernel. */
export function scanChildren(procRoot: string): number[] {
  const pids: number[] = [];
  for (const entry of readdirSync(procRoot)) {
    if (/^\d+$/.test(entry) && readParent(`${procRoot}/${entry}/stat`) === process.pid)
      pids.push(Number(entry));
  }
  return pids;
}

function readParent(statPath: string): number | undefined {
  try {
    // pid (comm) state ppid …: the name may contain spaces and parentheses, so count from the last parenthesis.
    const text = readFileSync(statPath, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // the process ended meanwhile
  }
}
