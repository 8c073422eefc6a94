/**
 * A line-based menu on the box's keyboard and serial line: physical access permits commands. No shell.
 *
 * The terminal's line discipline echoes and edits. Invariants: only a whole line of exact words is a command, so that
 * noise on a serial line, or another machine's log on it, triggers nothing; input is bounded; a terminal that does not
 * exist, hangs up or has no reader is retried later. What is printed here goes to the terminal alone, never into the
 * log: it includes a password.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno, watchReadable, reasonOf } from '../linux/mod.ts';
import { LogHub, Console } from '../log/mod.ts';

/** The actions behind the commands; `src/init` implements them. The message of an error is printed. */
export interface ConsoleActions {
  /** The state of the box, in lines. */
  status(): readonly string[];
  /** Management addresses, URLs, the certificate's fingerprint. */
  address(): readonly string[];
  services(): readonly string[];
  /** All kept output of a service; undefined: no such service. */
  log(service: string): readonly string[] | undefined;
  /** Creates and stores a new password; resolves with it once it is in force. */
  newPassword(): Promise<string>;
  /** One line per disk, beginning with the name that `install` takes. */
  disks(): Promise<readonly string[]>;
  /** Copies the system; resolves when the copy is on the disk. */
  install(disk: string, onProgress: (words: string) => void): Promise<void>;
  /** Resolves with a report in lines; the box then restarts. */
  factoryReset(keepNetwork: boolean): Promise<readonly string[]>;
  power(action: 'restart' | 'power-off'): void;
}

export interface ConsoleMenuOptions {
  /** Terminals, `/dev/ttyS0`. */
  readonly paths: readonly string[];
  readonly actions: ConsoleActions;
  /** `performance.now()` from which the printed seconds count; the same as the boot console's. */
  readonly startedAt?: number;
  /** Time before a terminal that cannot be read is opened again, in ms; default 5,000. */
  readonly reopenMs?: number;
}

/** Longest accepted line; a longer one is discarded whole. */
const MAX_LINE_BYTES = 200;
const READ_BYTES = 1024;
/** Bytes read from a terminal in one turn: a flood must not block the event loop. */
const MAX_BYTES_PER_TURN = 16 * 1024;
const REOPEN_MS = 5_000;
/** Minimum interval between help texts and errors: two boxes on one line must not answer each other endlessly. */
const ANSWER_MS = 1_000;
/** Lines of a log shown. */
const LOG_LINES = 40;
/** Size of a terminal's own log ring, which nothing reads. */
const RING_BYTES = 4 * 1024;

const HELP = [
  'commands:',
  '  status                shows the state of the box',
  '  log SERVICE           shows the last lines of a service; log alone lists the services',
  '  address               shows the addresses of the page and the fingerprint of its certificate',
  '  password              creates a new password and shows it',
  '  install               lists the disks; install DISK yes erases a disk and copies this system to it',
  '  factory-reset yes     erases everything but the image (configuration, password, logs) and restarts',
  '  factory-reset keep-network yes   the same, but keeps the configuration of management',
  '  restart, power-off',
];

type Print = (line: string) => void;

/** Parses a line; undefined when it is not a command. */
export function readCommand(line: string, actions: ConsoleActions): Command | undefined {
  const words = line.split(' ').filter((word) => word !== '');
  const [name, argument, confirmation] = words;
  const count = words.length;
  const printAll = (lines: readonly string[], print: Print): void => lines.forEach(print);
  if (name === 'status' && count === 1) return { run: (print) => printAll(actions.status(), print) };
  if (name === 'address' && count === 1) return { run: (print) => printAll(actions.address(), print) };
  if (name === 'log' && count <= 2) return { run: (print) => showLog(actions, argument, print) };
  if (name === 'install' && count === 1) {
    return { run: async (print) => printAll(await actions.disks(), print) };
  }
  if ((name === 'restart' || name === 'power-off') && count === 1) {
    return { run: () => actions.power(name) };
  }
  if (name === 'password' && count === 1) {
    const run = async (print: Print): Promise<void> => print(`new password: ${await actions.newPassword()}`);
    return { exclusive: name, run };
  }
  if (name === 'install' && argument !== undefined && confirmation === 'yes' && count === 3) {
    const run = async (print: Print): Promise<void> => {
      await actions.install(argument, print);
      print(`installed to ${argument}`);
    };
    return { exclusive: name, run };
  }
  const isReset = name === 'factory-reset' && words.at(-1) === 'yes';
  const keepNetwork = isReset && argument === 'keep-network' && count === 3;
  if (keepNetwork || (isReset && count === 2)) {
    return {
      exclusive: name,
      run: async (print) => printAll(await actions.factoryReset(keepNetwork), print),
    };
  }
  return undefined;
}

interface Command {
  /** Set for commands of which one runs at a time on all terminals together. */
  readonly exclusive?: string;
  readonly run: (print: Print) => Promise<void> | void;
}

function showLog(actions: ConsoleActions, service: string | undefined, print: Print): void {
  const lines = service === undefined ? undefined : actions.log(service);
  if (lines === undefined) {
    const unknown = service === undefined ? '' : `no service "${service}"; `;
    print(`${unknown}services: ${actions.services().join(', ')}`);
    return;
  }
  if (lines.length === 0) print(`${service} has logged nothing yet`);
  lines.slice(-LOG_LINES).forEach(print);
}

export class ConsoleMenu implements Disposable {
  readonly #actions: ConsoleActions;
  readonly #terminals: Terminal[];
  #busy: string | undefined;

  constructor(options: ConsoleMenuOptions) {
    this.#actions = options.actions;
    this.#terminals = options.paths.map(
      (path) => new Terminal(path, options, (line, terminal) => this.#onLine(line, terminal)),
    );
  }

  /** Prints lines on every terminal and nowhere else, such as a password. */
  announce(lines: readonly string[]): void {
    for (const terminal of this.#terminals) lines.forEach((line) => terminal.print(line));
  }

  [Symbol.dispose](): void {
    for (const terminal of this.#terminals) terminal[Symbol.dispose]();
  }

  #onLine(line: string, terminal: Terminal): void {
    if (line === '') {
      terminal.answer(HELP);
      return;
    }
    const command = readCommand(line, this.#actions);
    if (command === undefined) {
      terminal.answer([`unknown command "${line}": press Enter for help`]);
      return;
    }
    const { exclusive } = command;
    if (exclusive !== undefined && this.#busy !== undefined) {
      terminal.print(`${this.#busy} is in progress`);
      return;
    }
    if (exclusive !== undefined) this.#busy = exclusive;
    const print: Print = (text) => terminal.print(text);
    // Started in a promise, so that a synchronous throw of an action is caught as well.
    Promise.resolve()
      .then(() => command.run(print))
      .catch((error: unknown) => print(reasonOf(error)))
      .finally(() => {
        if (exclusive !== undefined) this.#busy = undefined;
      });
  }
}

/** One terminal: a descriptor for reading, its own console for writing. */
class Terminal implements Disposable {
  readonly #path: string;
  readonly #reopenMs: number;
  readonly #onLine: (line: string, terminal: Terminal) => void;
  readonly #console: Console;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  #fd: number | undefined;
  #watch: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #line = '';
  /** Discards the rest of a line that is too long or has unprintable characters. */
  #isSkipping = false;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(path: string, options: ConsoleMenuOptions, onLine: (line: string, terminal: Terminal) => void) {
    this.#path = path;
    this.#reopenMs = options.reopenMs ?? REOPEN_MS;
    this.#onLine = onLine;
    const { startedAt = 0 } = options;
    this.#console = new Console([path], {
      lineEnd: '\r\n',
      startedAt,
      hub: new LogHub({ ringBytes: RING_BYTES }),
    });
    this.#open();
  }

  print(line: string): void {
    if (!this.#isClosed) this.#console.info('menu', line);
  }

  /** As `print`, but at most once per second. */
  answer(lines: readonly string[]): void {
    const now = performance.now();
    if (now - this.#answeredAt < ANSWER_MS) return;
    this.#answeredAt = now;
    for (const line of lines) this.print(line);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#close();
    this.#console[Symbol.dispose]();
  }

  #open(): void {
    try {
      this.#fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      this.#watch = watchReadable(this.#fd, () => this.#read());
    } catch {
      // No such terminal, or no device behind it: retried.
      this.#reopenLater();
    }
  }

  #read(): void {
    for (let taken = 0; taken < MAX_BYTES_PER_TURN && this.#fd !== undefined; ) {
      let length: number;
      try {
        length = readSync(this.#fd, this.#bytes);
      } catch (error) {
        // Anything but an empty terminal is a hang-up (EIO).
        if (!isErrno(error, 'EAGAIN')) this.#reopenLater();
        return;
      }
      if (length === 0) {
        this.#reopenLater();
        return;
      }
      taken += length;
      this.#take(this.#bytes.toString('latin1', 0, length));
    }
  }

  #take(text: string): void {
    const pieces = text.split(/\r\n|[\r\n]/);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      this.#append(piece);
      const line = this.#line.trim();
      const isLine = !this.#isSkipping;
      this.#line = '';
      this.#isSkipping = false;
      if (isLine) this.#onLine(line, this);
      if (this.#isClosed) return;
    }
    this.#append(last);
  }

  #append(piece: string): void {
    // A line with characters that no keyboard types is noise.
    if (/[^\x20-\x7e]/.test(piece) || this.#line.length + piece.length > MAX_LINE_BYTES) {
      this.#isSkipping = true;
      this.#line = '';
    }
    if (!this.#isSkipping) this.#line += piece;
  }

  #close(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#line = '';
    this.#isSkipping = false;
  }

  #reopenLater(): void {
    this.#close();
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#reopenMs).unref();
  }
}
