/**
 * A menu on the box's keyboard and serial line, a line at a time: who can touch the box may command it. No shell.
 *
 * The terminal's own line discipline echoes and edits. Invariants: only a whole line of exact words does anything, so
 * that noise on a serial line, or another machine's log on it, triggers nothing; input is bounded; a terminal that is
 * not there, hangs up or is read by nobody is left alone and tried again later. What is printed here goes to the
 * terminal alone, never into the log: a password is among it.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno, watchReadable, reasonOf } from '../linux/mod.ts';
import { LogHub, Console } from '../log/mod.ts';

/** What the commands do; `src/init` implements it. What rejects or throws is printed in its own words. */
export interface ConsoleActions {
  /** What the box is doing, in lines. */
  status(): readonly string[];
  /** Management addresses, URLs, the certificate's fingerprint. */
  address(): readonly string[];
  services(): readonly string[];
  /** All kept output of a service; undefined: there is no such service. */
  log(service: string): readonly string[] | undefined;
  /** Makes and stores a new password; resolves with it once it holds. */
  newPassword(): Promise<string>;
  /** One line for each disk, the name that `install` takes first. */
  disks(): Promise<readonly string[]>;
  /** Copies the system; resolves when the copy is on the disk. */
  install(disk: string, onProgress: (words: string) => void): Promise<void>;
  /** Resolves with what it did, in lines; the box restarts then. */
  factoryReset(keepNetwork: boolean): Promise<readonly string[]>;
  power(action: 'restart' | 'power-off'): void;
}

export interface ConsoleMenuOptions {
  /** Terminals, `/dev/ttyS0`. */
  readonly paths: readonly string[];
  readonly actions: ConsoleActions;
  /** `performance.now()` from which the printed seconds count; that of the boot's console. */
  readonly startedAt?: number;
  /** How long a terminal that cannot be read is left alone, in ms; default 5,000. */
  readonly reopenMs?: number;
}

/** Longest line taken; the rest up to its end is thrown away with it. */
const MAX_LINE_BYTES = 200;
const READ_BYTES = 1024;
/** Bytes taken at one time from a terminal: a flood must not hold the event loop. */
const MAX_BYTES_PER_TURN = 16 * 1024;
const REOPEN_MS = 5_000;
/** Help and complaints come at most so often: two boxes on one line must not talk for ever. */
const ANSWER_MS = 1_000;
/** Lines of a log that are shown. */
const LOG_LINES = 40;
/** What a terminal's own ring may hold; nobody asks for it. */
const RING_BYTES = 4 * 1024;

const HELP = [
  'commands:',
  '  status                what the box is doing',
  '  log SERVICE           its last lines; log alone names the services',
  '  address               where the page is, and the fingerprint of its certificate',
  '  password              makes a new password and shows it',
  '  install               names the disks; install DISK yes copies this system to one and erases it',
  '  factory-reset yes     erases what is not of the image (configuration, password, logs) and restarts',
  '  factory-reset keep-network yes   the same, but for the configuration of management',
  '  restart, power-off',
];

type Print = (line: string) => void;

/** What a line asks for: runs it, or says that it is none of ours. */
export function readCommand(line: string, actions: ConsoleActions): Command | undefined {
  const words = line.split(' ').filter((word) => word !== '');
  const [name, argument, confirmation] = words;
  const count = words.length;
  const said = (lines: readonly string[], print: Print): void => lines.forEach(print);
  if (name === 'status' && count === 1) return { run: (print) => said(actions.status(), print) };
  if (name === 'address' && count === 1) return { run: (print) => said(actions.address(), print) };
  if (name === 'log' && count <= 2) return { run: (print) => showLog(actions, argument, print) };
  if (name === 'install' && count === 1) {
    return { run: async (print) => said(await actions.disks(), print) };
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
    return { exclusive: name, run: async (print) => said(await actions.factoryReset(keepNetwork), print) };
  }
  return undefined;
}

interface Command {
  /** Set for what is done one at a time on all terminals together. */
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
  if (lines.length === 0) print(`${service} has said nothing yet`);
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

  /** Prints lines on every terminal, and nowhere else: the way to show a password. */
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
      terminal.answer([`no command "${line}": press Enter for the commands`]);
      return;
    }
    const { exclusive } = command;
    if (exclusive !== undefined && this.#busy !== undefined) {
      terminal.print(`not now: ${this.#busy} is under way`);
      return;
    }
    if (exclusive !== undefined) this.#busy = exclusive;
    const print: Print = (text) => terminal.print(text);
    // Started in a promise, so that an action that throws at once is caught as well.
    Promise.resolve()
      .then(() => command.run(print))
      .catch((error: unknown) => print(reasonOf(error)))
      .finally(() => {
        if (exclusive !== undefined) this.#busy = undefined;
      });
  }
}

/** One terminal: its descriptor for reading, its own console for writing. */
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
  /** The rest of a line that is too long, or holds what nobody types. */
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

  /** As `print`, but not again within a second. */
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
      // No such terminal, or nothing behind it: tried again.
      this.#leaveAlone();
    }
  }

  #read(): void {
    for (let taken = 0; taken < MAX_BYTES_PER_TURN && this.#fd !== undefined; ) {
      let length: number;
      try {
        length = readSync(this.#fd, this.#bytes);
      } catch (error) {
        // Anything but an empty terminal is a hang-up (EIO).
        if (!isErrno(error, 'EAGAIN')) this.#leaveAlone();
        return;
      }
      if (length === 0) {
        this.#leaveAlone();
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
    // What no keyboard types is noise, and so is the whole line.
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

  #leaveAlone(): void {
    this.#close();
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#reopenMs).unref();
  }
}
