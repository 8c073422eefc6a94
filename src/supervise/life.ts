/**
 * One life of a supervised program: a process group from its spawn until no process of it is left.
 *
 * Invariants: `ended` resolves once, after the process has exited and the rest of its group was killed; a requested end
 * (`terminate`, `abort`) is bounded, and a process that survives SIGKILL is reported.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup, spawnChild } from '../linux/mod.ts';

/** Between two SIGTERMs: VPP ignores one that comes before its main loop runs. */
const TERM_REPEAT_MS = 500;
/** From the first SIGTERM to SIGKILL. */
const TERM_PATIENCE_MS = 5_000;
/** From SIGABRT to SIGKILL: the time that a hung process may take to dump core. */
const CORE_PATIENCE_MS = 6_000;
/** How long the kernel may take to end a process after SIGKILL. */
const KILL_PATIENCE_MS = 2_000;

/** What to run, computed before each start. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface LifeHooks {
  /** Text that the process wrote to stdout or stderr; a character is never split. */
  readonly onOutput: (text: string) => void;
  /** Wraps the synchronous call that spawns: sets what the child inherits (limits, namespaces). */
  readonly aroundSpawn?: (<T>(spawn: () => T) => T) | undefined;
  /** A message for the operator: SIGKILL was needed, or had no effect. */
  readonly onStubborn: (severity: 'warning' | 'error', words: string) => void;
  /** The process survived SIGKILL: the kernel or the hardware hangs. Called at most once. */
  readonly onUnkillable: (pid: number, ended: Promise<void>) => void;
}

/** How a process ended: either `code` or `signal` is set. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly livedMs: number;
}

export class Life {
  readonly pid: number;
  /** Resolves when the process has exited and the rest of its group was killed. */
  readonly ended: Promise<ProcessEnd>;
  readonly #hooks: LifeHooks;
  #isOver = false;
  #isUnkillable = false;

  /** Spawns the program in its own process group; rejects with the reason when it cannot be started. */
  static async spawn(command: Command, hooks: LifeHooks): Promise<Life> {
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
    const spawn = (): ChildProcess =>
      spawnChild(command.file, [...command.args], {
        ...(command.env === undefined ? {} : { env: command.env }),
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        detached: true,
        onOutput: (chunk, stream) => hooks.onOutput(decoders[stream].write(chunk)),
      });
    const child = hooks.aroundSpawn?.(spawn) ?? spawn();
    // A broken pipe of a dying child is no failure of ours: its exit is reported.
    child.stdout?.on('error', () => {});
    child.stderr?.on('error', () => {});
    const failed = once(child, 'error').then(([error]) => error as Error);
    const { pid } = child;
    if (pid === undefined) throw await failed;
    return new Life(child, pid, hooks);
  }

  private constructor(child: ChildProcess, pid: number, hooks: LifeHooks) {
    const startedAt = performance.now();
    this.pid = pid;
    this.#hooks = hooks;
    // 'exit', not 'close': a grandchild that keeps the pipe open must not hide the end of the process.
    this.ended = once(child, 'exit').then(([code, signal]): ProcessEnd => {
      this.#isOver = true;
      // Remaining processes of its group would hold its sockets and NICs.
      killGroup(pid, 'SIGKILL');
      return { code, signal, livedMs: performance.now() - startedAt };
    });
  }

  /** Ends the process: SIGTERM repeated, SIGKILL after 5 s. */
  async terminate(): Promise<void> {
    const deadline = performance.now() + TERM_PATIENCE_MS;
    while (!this.#isOver && performance.now() < deadline) {
      killGroup(this.pid, 'SIGTERM');
      await this.#wait(TERM_REPEAT_MS);
    }
    await this.#kill(`did not end within ${TERM_PATIENCE_MS / 1000} s of SIGTERM`);
  }

  /** Ends a hung process by SIGABRT, for its core; SIGCONT lets a stopped one receive it. SIGKILL after 6 s. */
  async abort(): Promise<void> {
    killGroup(this.pid, 'SIGABRT');
    killGroup(this.pid, 'SIGCONT');
    await this.#wait(CORE_PATIENCE_MS);
    await this.#kill(`did not end within ${CORE_PATIENCE_MS / 1000} s of SIGABRT`);
  }

  async #kill(why: string): Promise<void> {
    if (this.#isOver) return;
    this.#hooks.onStubborn('warning', `${why}: SIGKILL`);
    killGroup(this.pid, 'SIGKILL');
    await this.#wait(KILL_PATIENCE_MS);
    if (this.#isOver) return;
    this.#hooks.onStubborn('error', `pid ${this.pid} survived SIGKILL for ${KILL_PATIENCE_MS / 1000} s`);
    if (this.#isUnkillable) return;
    this.#isUnkillable = true;
    this.#hooks.onUnkillable(
      this.pid,
      this.ended.then(() => {}),
    );
  }

  async #wait(ms: number): Promise<void> {
    await Promise.race([this.ended, sleep(ms)]);
  }
}
