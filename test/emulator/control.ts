/**
 * The control socket (env `EMULATOR_CONTROL`): one JSON object a line in, one a line out. For tests and the demo; VPP
 * has nothing like it.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { listenAsVpp } from './listen.ts';

/** What a test may ask for; the answer is `{ ok: true, … }` or `{ ok: false, error }`. */
export type ControlCommand =
  /** Dies by `signal` (default SIGKILL), leaving its socket files. */
  | { readonly command: 'crash'; readonly signal?: NodeJS.Signals }
  /** Reads no request any more, counters stand still, until `resume` (or for `ms`). */
  | { readonly command: 'hang'; readonly ms?: number }
  | { readonly command: 'resume' }
  /** Answers to `message` (`*`: all) come `ms` later, for `count` requests. */
  | { readonly command: 'late'; readonly message: string; readonly ms: number; readonly count?: number }
  | { readonly command: 'error'; readonly message: string; readonly retval: number; readonly count?: number }
  | { readonly command: 'drop'; readonly message: string; readonly count?: number }
  /** Takes back late, error, drop and disconnect. */
  | { readonly command: 'clear' }
  /** Ends all API connections, now or at the request after `afterRequests` more. */
  | { readonly command: 'disconnect'; readonly afterRequests?: number }
  /** Forgets everything and comes back under another vpe_pid after `ms` (default 200), without a supervisor. */
  | { readonly command: 'restart'; readonly ms?: number }
  | { readonly command: 'link'; readonly interface: string; readonly up: boolean }
  | {
      readonly command: 'counters';
      readonly interface: string;
      readonly counter: string;
      readonly packets: number;
      readonly bytes?: number;
    }
  /** Adds and removes `rounds` interfaces in the segment: its epoch moves. */
  | { readonly command: 'structural'; readonly rounds?: number }
  /** The routes of the API: `{ routes: [{ table, family, prefix, paths }] }`. */
  | { readonly command: 'fib' }
  | { readonly command: 'state' };

export type ControlAnswer =
  | { readonly ok: true; readonly [key: string]: unknown }
  | { readonly ok: false; readonly error: string };

const MAX_LINE_BYTES = 64 * 1024;

function answerTo(line: string, run: (command: ControlCommand) => object | undefined): ControlAnswer {
  try {
    const command: ControlCommand = JSON.parse(line);
    return { ok: true, ...run(command) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Serves the control socket; `run` throws for what it cannot do. */
export async function serveControl(
  path: string,
  run: (command: ControlCommand) => object | undefined,
): Promise<Server> {
  const server = createServer((socket: Socket) => {
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('utf8');
      if (pending.length > MAX_LINE_BYTES) socket.destroy();
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) if (line !== '') socket.write(`${JSON.stringify(answerTo(line, run))}\n`);
    });
    // Whoever asked is gone.
    socket.on('error', () => {});
  });
  await listenAsVpp(server, path);
  return server;
}
