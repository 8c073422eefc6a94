/**
 * VPP's CLI socket (src/vlib/unix/cli.c): it greets with telnet options, among them a question for the terminal type.
 * The answer `vppctl` makes the session silent; then each line is a command and a NUL ends its output. A client that
 * does not answer within a second gets banner and prompt.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { CliResult } from './cli-commands.ts';
import { listenAsVpp } from './listen.ts';

const IAC = 255;
const SB = 250;
const SE = 240;
const TTYPE = 24;
const NAWS = 31;
/** WONT LINEMODE, DONT LINEMODE, WILL SGA, DO SGA, WILL ECHO, DONT ECHO, DO TTYPE, SB TTYPE SEND, DO NAWS, SB NAWS. */
const GREETING = Buffer.concat([
  Buffer.from([IAC, 252, 34, IAC, 254, 34, IAC, 251, 3, IAC, 253, 3, IAC, 251, 1, IAC, 254, 1]),
  Buffer.from([IAC, 253, TTYPE, IAC, SB, TTYPE, 1, IAC, SE]),
  Buffer.from([IAC, 253, NAWS, IAC, SB, NAWS, 1, IAC, SE]),
]);
const WELCOME_MS = 1_000;
const PROMPT = 'vpp# ';
const MAX_LINE_BYTES = 64 * 1024;

class Session {
  readonly #socket: Socket;
  readonly #run: (line: string) => CliResult;
  #isInteractive = true;
  #isStarted = false;
  #input = Buffer.alloc(0);

  constructor(socket: Socket, run: (line: string) => CliResult) {
    this.#socket = socket;
    this.#run = run;
    socket.write(GREETING);
    const timer = setTimeout(() => this.#welcome(), WELCOME_MS);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => clearTimeout(timer));
    // A client that disconnected needs no answer.
    socket.on('error', () => {});
  }

  #welcome(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#isInteractive) this.#socket.write(`\r${PROMPT}`);
  }

  #take(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    if (this.#input.length > MAX_LINE_BYTES) this.#socket.destroy();
    const line: number[] = [];
    let at = 0;
    let done = 0;
    while (at < this.#input.length) {
      const byte = this.#input[at++] ?? 0;
      if (byte === IAC) {
        const end = this.#telnet(at);
        if (end === undefined) break;
        at = end;
        if (line.length === 0) done = at;
      } else if (byte === 10 || byte === 13) {
        done = at;
        this.#execute(Buffer.from(line).toString('utf8').trim());
        line.length = 0;
      } else line.push(byte);
    }
    this.#input = this.#input.subarray(done);
  }

  /** Parses a telnet command after its IAC; returns its end, or undefined when it is incomplete. */
  #telnet(at: number): number | undefined {
    const command = this.#input[at];
    if (command === undefined) return undefined;
    if (command !== SB) return command > SB ? at + 2 : at + 1;
    const end = this.#input.indexOf(Buffer.from([IAC, SE]), at);
    if (end < 0) return undefined;
    if (this.#input[at + 1] === TTYPE && this.#input[at + 2] === 0) {
      if (this.#input.toString('latin1', at + 3, end).toLowerCase() === 'vppctl') this.#isInteractive = false;
      this.#welcome();
    }
    return end + 2;
  }

  #execute(line: string): void {
    if (/^(q|quit|exit)$/.test(line)) {
      this.#socket.end();
      return;
    }
    const output = line === '' ? '' : this.#run(line).output;
    const text = output.replaceAll('\n', '\r\n');
    this.#socket.write(this.#isInteractive ? `${line}\r\n${text}${PROMPT}` : `${text}\0`);
  }
}

/** Serves the CLI on `path` until closed. */
export async function serveCli(path: string, run: (line: string) => CliResult): Promise<Server> {
  const server = createServer((socket) => void new Session(socket, run));
  await listenAsVpp(server, path);
  return server;
}
