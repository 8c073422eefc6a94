/**
 * A network namespace of this machine: links by iproute2, commands and daemons in it.
 *
 * Invariant: when it is disposed, all its processes have ended, and the namespace is deleted. Processes also end with
 * their starter, in any case (the parent's death signal).
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';

const OUTPUT_BYTES = 8 << 20;
const LAST_WORDS = 200_000;
const END_MS = 3_000;

export interface Said {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly text: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A program that runs in a namespace until it is ended. */
export class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-LAST_WORDS);
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('error', (error) => {
      this.#output += String(error);
      resolve();
    });
    child.once('exit', () => resolve());
    this.#ended = promise;
  }

  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
  }

  /** SIGTERM, and SIGKILL if that does not suffice. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill(signal);
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(kill);
  }
}

export class Namespace implements AsyncDisposable {
  readonly name: string;
  readonly #running = new Set<Running>();

  constructor(name: string) {
    this.name = name;
    createNamedNetns(name);
  }

  /** `ip …` in it; the words of a line. @throws with iproute2's message */
  ip(line: string): string {
    return execFileSync('ip', ['-n', this.name, ...line.split(' ')], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Sets a sysctl below `net.`: `ipv4.ip_forward`. */
  sysctl(name: string, value: string | number): void {
    const path = `/proc/sys/net/${name.replaceAll('.', '/')}`;
    withNetns(this.name, () => writeFileSync(path, `${value}\n`));
  }

  /** Runs a program to its end; resolves with any outcome. */
  run(
    program: string,
    args: readonly string[],
    { env = {}, timeoutMs = 30_000 }: RunOptions = {},
  ): Promise<Said> {
    const { promise, resolve } = Promise.withResolvers<Said>();
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES } as const;
    withNetns(this.name, () =>
      execFile(program, args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, text: `${stdout}${stderr}` });
      }),
    );
    return promise;
  }

  /** Starts a program that runs until it is ended, at the latest with the namespace. */
  start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    // setpriv becomes the program: the parent's death signal stays.
    const command = ['--pdeathsig', 'KILL', '--', program, ...args];
    const child = withNetns(this.name, () =>
      spawn('setpriv', command, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    const running = new Running(child);
    this.#running.add(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((one) => one.end()));
    deleteNamedNetns(this.name);
  }
}
