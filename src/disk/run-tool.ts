/**
 * Owns running the few programs that no library replaces (fsck.fat, e2fsck, resize2fs, mke2fs): bounded in time, their
 * last lines kept for the log. The outcome is a value; `runTool` never throws.
 */
import { spawnChild } from '../linux/mod.ts';

/** Paths in the image and in Debian. */
export const Tool = {
  fsckFat: '/usr/sbin/fsck.fat',
  e2fsck: '/usr/sbin/e2fsck',
  resize2fs: '/usr/sbin/resize2fs',
  mke2fs: '/usr/sbin/mke2fs',
} as const;

export type ToolEnd =
  | { readonly end: 'exited'; readonly code: number }
  | { readonly end: 'killed'; readonly signal: string }
  | { readonly end: 'timed-out'; readonly afterMs: number }
  | { readonly end: 'not-started'; readonly reason: string };

export type ToolResult = ToolEnd & {
  /** The command as typed. */
  readonly command: string;
  /** The last lines of both streams, in the order of arrival, without empty ones. */
  readonly output: readonly string[];
};

const MAX_OUTPUT_BYTES = 16 * 1024;
const MAX_OUTPUT_LINES = 40;
/** How long to wait after SIGKILL: a process blocked on a dead disk does not exit. */
const KILL_PATIENCE_MS = 3_000;
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/' } as const;

/** Runs a program to its end. Never rejects. */
export function runTool(program: string, args: readonly string[], timeoutMs: number): Promise<ToolResult> {
  const command = [program, ...args].join(' ');
  let output = '';
  return new Promise((resolve) => {
    const child = spawnChild(program, args, {
      env: ENVIRONMENT,
      onOutput: (chunk) => {
        output = (output + chunk.toString('latin1')).slice(-MAX_OUTPUT_BYTES);
      },
    });
    let timedOut = false;
    let patience: NodeJS.Timeout | undefined;
    const finish = (end: ToolEnd): void => {
      clearTimeout(limit);
      clearTimeout(patience);
      const lines = output.split(/[\r\n\b]+/).map((line) => line.trim());
      resolve({ ...end, command, output: lines.filter((line) => line !== '').slice(-MAX_OUTPUT_LINES) });
    };
    const late = { end: 'timed-out', afterMs: timeoutMs } as const;
    const limit = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      patience = setTimeout(() => finish(late), KILL_PATIENCE_MS);
    }, timeoutMs);
    child.once('error', (error) => finish({ end: 'not-started', reason: error.message }));
    child.once('close', (code, signal) => {
      if (timedOut) finish(late);
      else if (code === null) finish({ end: 'killed', signal: signal ?? 'an unknown signal' });
      else finish({ end: 'exited', code });
    });
  });
}

/** `exit code 4`, `killed by SIGSEGV`, `not done within 120 s`: for messages. */
export function describeToolEnd(result: ToolEnd): string {
  switch (result.end) {
    case 'exited':
      return `exit code ${result.code}`;
    case 'killed':
      return `killed by ${result.signal}`;
    case 'timed-out':
      return `not done within ${result.afterMs / 1000} s`;
    case 'not-started':
      return `could not be started: ${result.reason}`;
  }
}

/** Throws unless the program exited with 0: the command, how it ended and its last line. */
export function expectSuccess(result: ToolResult): void {
  if (result.end === 'exited' && result.code === 0) return;
  const last = result.output.at(-1);
  throw new Error(`${result.command}: ${describeToolEnd(result)}${last === undefined ? '' : `: ${last}`}`);
}
