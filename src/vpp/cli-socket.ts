/**
 * Runs one command on VPP's CLI socket as a non-interactive vppctl does.
 *
 * VPP greets with telnet options, among them a question for the terminal type. The answer "vppctl" makes the session
 * silent: no banner, prompt, echo or pager, lines with CR LF. After that each line is a command, and a NUL follows its
 * output; `quit` closes the session. Half-closing would make VPP drop the session with output still unsent.
 * Sources: src/vpp/app/vppctl.c, src/vlib/unix/cli.c (unix_cli_process_telnet, unix_cli_process_input).
 */
import { connect } from 'node:net';
import { VppError } from './errors.ts';

export interface CliOptions {
  /** Limit for the whole exchange (default 10 s). */
  readonly timeoutMs?: number;
  /** Limit for the output (default 8 MiB); more is an error. */
  readonly maxBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 8 * 2 ** 20;
const MAX_COMMAND_CHARACTERS = 1_024;
/** VPP's subnegotiation has four bytes; a longer one does not come from VPP. */
const MAX_SUBNEGOTIATION_BYTES = 256;

// RFC 854, RFC 1091
const IAC = 255;
const SB = 250;
const SE = 240;
const TELOPT_TTYPE = 24;
const TTYPE_IS = 0;
const TERMINAL_TYPE = Buffer.from([
  IAC,
  SB,
  TELOPT_TTYPE,
  TTYPE_IS,
  ...Buffer.from('vppctl', 'latin1'),
  IAC,
  SE,
]);

/**
 * Runs one command and resolves with its output: LF line ends, no terminal codes, no trailing blank lines. VPP's answer
 * to a wrong command is output too. Rejects with VppError: `cli-bad-command`, `cli-unreachable`, `cli-closed`,
 * `cli-output-too-long`, `timeout`.
 */
export function runCli(socketPath: string, command: string, options: CliOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const what = `cannot run "${command.slice(0, 80)}" on ${socketPath}`;
  if (command.length > MAX_COMMAND_CHARACTERS || !/^[\x20-\x7e]+$/.test(command) || command.trim() === '') {
    const reason = `expected one line of at most ${MAX_COMMAND_CHARACTERS} printable characters`;
    reject(new VppError('cli-bad-command', `cannot run ${JSON.stringify(command.slice(0, 80))}: ${reason}`));
    return promise;
  }
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const socket = connect({ path: socketPath });
  const filter = new TelnetFilter();
  const pieces: Buffer[] = [];
  let length = 0;
  let phase: 'negotiating' | 'running' | 'quitting' = 'negotiating';

  const finish = (error: VppError | undefined): void => {
    clearTimeout(timer);
    socket.destroy();
    if (error === undefined) resolve(plainText(Buffer.concat(pieces).toString('utf8')));
    else reject(error);
  };
  const timer = setTimeout(() => {
    const doing = phase === 'negotiating' ? 'VPP sent no greeting' : 'VPP did not finish its output';
    finish(new VppError('timeout', `${what}: ${doing} within ${timeoutMs} ms`));
  }, timeoutMs);

  socket.on('error', (error) => {
    const code = phase === 'negotiating' ? 'cli-unreachable' : 'cli-closed';
    finish(new VppError(code, `${what}: ${error.message}`, { cause: error }));
  });
  socket.on('close', () => {
    if (phase === 'quitting') finish(undefined);
    else finish(new VppError('cli-closed', `${what}: VPP closed the session before its output was complete`));
  });
  socket.on('data', (chunk: Buffer) => {
    const { data, asksTerminalType, ends } = filter.push(chunk);
    if (phase !== 'negotiating' && data.length > 0) {
      length += data.length;
      if (length > maxBytes) {
        finish(new VppError('cli-output-too-long', `${what}: its output exceeds ${maxBytes} bytes`));
        return;
      }
      pieces.push(data);
    }
    if (asksTerminalType && phase === 'negotiating') {
      phase = 'running';
      socket.write(TERMINAL_TYPE);
      socket.write(`${command.trim()}\n`);
    } else if (ends && phase === 'running') {
      phase = 'quitting';
      socket.write('quit\n');
    }
  });
  return promise;
}

/** Removes telnet commands and NULs from a stream whose pieces may end anywhere. */
class TelnetFilter {
  #state: 'data' | 'command' | 'option' | 'sub' | 'sub-command' = 'data';
  #sub: number[] = [];

  push(chunk: Buffer): { data: Buffer; asksTerminalType: boolean; ends: boolean } {
    const data = Buffer.alloc(chunk.length);
    let length = 0;
    let asksTerminalType = false;
    let ends = false;
    for (const byte of chunk) {
      switch (this.#state) {
        case 'data':
          if (byte === IAC) this.#state = 'command';
          else if (byte === 0) ends = true;
          else data[length++] = byte;
          break;
        case 'command':
          // IAC IAC is one data byte 255; WILL (251) to DONT (254) take an option byte, other commands none.
          if (byte === IAC) data[length++] = byte;
          if (byte === SB) this.#sub = [];
          this.#state = byte === SB ? 'sub' : byte > SB && byte < IAC ? 'option' : 'data';
          break;
        case 'option':
          this.#state = 'data';
          break;
        case 'sub':
          if (byte === IAC) this.#state = 'sub-command';
          else if (this.#sub.length < MAX_SUBNEGOTIATION_BYTES) this.#sub.push(byte);
          break;
        case 'sub-command':
          this.#state = byte === SE ? 'data' : 'sub';
          if (byte === SE && this.#sub[0] === TELOPT_TTYPE) asksTerminalType = true;
          break;
      }
    }
    return { data: data.subarray(0, length), asksTerminalType, ends };
  }
}

/** Converts CR LF to LF and removes terminal escape sequences (some commands colour their output). */
function plainText(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
      .replaceAll('\r', '')
      .replace(/\s+$/, '')
  );
}
