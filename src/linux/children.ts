/**
 * Owns the spawning of processes and the record of which pids are libuv's.
 *
 * Invariant: a child is recorded from before node spawns it until its exit is reported, so the reaper, which
 * waits only for unrecorded children, cannot consume an exit status that libuv still needs.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';

/** How a child is started; see `spawnChild`. */
export interface SpawnOptions {
  /** The whole environment; this process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** `ignore` (the default) is /dev/null. */
  readonly stdin?: 'ignore' | 'pipe' | 'inherit';
  /** Own session and process group, so that `killGroup(child.pid, …)` reaches all of it. */
  readonly detached?: boolean;
  /** Called with each chunk of output as it arrives; chunks are not lines. */
  readonly onOutput?: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
  /** Destination of the output without `onOutput`; `ignore` by default. */
  readonly output?: 'ignore' | 'pipe' | 'inherit';
}

const libuvChildren = new Set<ChildProcess>();

/**
 * Starts a process; everything in this project that starts one uses it. A command that cannot be started emits `error`
 * on the returned child (as node's own spawn), never throws for ENOENT or EACCES; the caller adds the listener.
 */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const output = options.onOutput === undefined ? (options.output ?? 'ignore') : 'pipe';
  const child = spawn(command, args, {
    env: options.env === undefined ? process.env : { ...options.env },
    cwd: options.cwd,
    detached: options.detached ?? false,
    stdio: [options.stdin ?? 'ignore', output, output],
  });
  const { onOutput } = options;
  if (onOutput !== undefined) {
    child.stdout?.on('data', (chunk: Buffer) => onOutput(chunk, 'stdout'));
    child.stderr?.on('data', (chunk: Buffer) => onOutput(chunk, 'stderr'));
  }
  return child;
}

/** How a process ended. */
export interface ProcessExit {
  /** Unix milliseconds. */
  readonly at: number;
  readonly pid: number;
  readonly code?: number;
  readonly signal?: string;
  /** Life in milliseconds. */
  readonly lifeMs: number;
  /** `exited with code 1 after 0.2 s`, `killed by SIGSEGV`, `could not be started: ENOENT`. */
  readonly reason: string;
}

/** Whether `pid` is a child whose exit libuv has yet to report. */
export function isLibuvChild(pid: number): boolean {
  for (const child of libuvChildren) if (child.pid === pid) return true;
  return false;
}

// Node announces every ChildProcess it creates, so even one not started here is recorded. An `error` listener on
// the child would also catch failed spawns, but would swallow an error that has no other listener.
subscribe('child_process', (message) => {
  const child = childOf(message);
  if (child === undefined) return;
  libuvChildren.add(child);
  child.once('exit', () => libuvChildren.delete(child));
});
subscribe('tracing:child_process.spawn:error', (message) => {
  const child = childOf(message);
  if (child !== undefined) libuvChildren.delete(child);
});

function childOf(message: unknown): ChildProcess | undefined {
  if (typeof message !== 'object' || message === null || !('process' in message)) return undefined;
  return message.process instanceof ChildProcess ? message.process : undefined;
}
