/**
 * The control socket (env `EMULATOR_CONTROL`): one JSON object per line in, one per line out. For tests and the demo;
 * VPP has no such socket.
 */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { FaultScope } from './faults.ts';
import type { ReportedRoute } from './fib-report.ts';
import { listenAsVpp } from './listen.ts';

/** The commands of a test; the answer is `{ ok: true, … }` or `{ ok: false, error }`. */
export type ControlCommand =
  /** Dies by `signal` (default SIGKILL), leaving its socket files. */
  | { readonly command: 'crash'; readonly signal?: NodeJS.Signals }
  /** Reads no more requests and stops the counters until `resume` (or for `ms`). */
  | { readonly command: 'hang'; readonly ms?: number }
  | { readonly command: 'resume' }
  /** Its main thread is busy and handles nothing, including signals, for `ms` or without end. */
  | { readonly command: 'spin'; readonly ms?: number }
  /** Answers to `message` (`*`: all) are delayed by `ms`, for `count` requests. */
  | ({ readonly command: 'late'; readonly message: string; readonly ms: number } & FaultScope)
  | ({ readonly command: 'error'; readonly message: string; readonly retval: number } & FaultScope)
  | ({ readonly command: 'drop'; readonly message: string } & FaultScope)
  /** Requests are answered with 0, and not executed. */
  | ({ readonly command: 'lose'; readonly message: string } & FaultScope)
  /** For what happens by chance. */
  | { readonly command: 'seed'; readonly seed: number }
  /** Cancels late, error, drop, lose and disconnect. */
  | { readonly command: 'clear' }
  /** Ends all API connections, now or at the request after `afterRequests` more. */
  | { readonly command: 'disconnect'; readonly afterRequests?: number }
  /** Loses all state and returns under another vpe_pid after `ms` (default 200), without a supervisor. */
  | { readonly command: 'restart'; readonly ms?: number }
  | { readonly command: 'link'; readonly interface: string; readonly up: boolean }
  | {
      readonly command: 'counters';
      readonly interface: string;
      readonly counter: string;
      readonly packets: number;
      readonly bytes?: number;
    }
  /** Worker thread `worker` (0 is vpp_wk_0) stalls from now on, or continues. */
  | { readonly command: 'stall'; readonly worker: number; readonly stalled: boolean }
  /** Adds and removes `rounds` interfaces in the segment: its epoch changes. */
  | { readonly command: 'structural'; readonly rounds?: number }
  /** The routes of the API: `{ routes: [{ table, family, prefix, paths }] }`; see ReportedRoute. */
  | { readonly command: 'fib' }
  /** `{ routes: NUMBER, digest }` of the same (FibDigest over their `routeLine`). */
  | { readonly command: 'fib-digest' }
  /** One line for each of them, then the answer `{ ok: true, routes: NUMBER }`: for a million of them. */
  | { readonly command: 'fib-dump' }
  | { readonly command: 'state' };

export type ControlAnswer =
  | { readonly ok: true; readonly [key: string]: unknown }
  | { readonly ok: false; readonly error: string };

const MAX_LINE_BYTES = 64 * 1024;

/** Bytes of a dump per write. */
const DUMP_CHUNK = 256 * 1024;

/** Executes the commands; both throw an Error for an impossible one. */
export interface Controlled {
  control(command: ControlCommand): object | undefined;
  routes(): Iterable<ReportedRoute>;
}

async function answer(socket: Socket, line: string, controlled: Controlled): Promise<void> {
  let text: string;
  try {
    const command: ControlCommand = JSON.parse(line);
    const outcome =
      command.command === 'fib-dump' ? await dump(socket, controlled.routes()) : controlled.control(command);
    text = JSON.stringify({ ok: true, ...outcome });
  } catch (error) {
    text = JSON.stringify({ ok: false, error: error instanceof Error ? error.message : String(error) });
  }
  socket.write(`${text}\n`);
}

/** Writes the routes as fast as the reader reads them, with turns for the API in between. */
async function dump(socket: Socket, routes: Iterable<ReportedRoute>): Promise<{ routes: number }> {
  let text = '';
  let count = 0;
  for (const route of routes) {
    text += `${JSON.stringify(route)}\n`;
    count++;
    if (text.length < DUMP_CHUNK) continue;
    if (socket.destroyed) break;
    if (socket.write(text)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    text = '';
  }
  socket.write(text);
  return { routes: count };
}

/** Serves the control socket: the commands of a connection in order. */
export async function serveControl(path: string, controlled: Controlled): Promise<Server> {
  const server = createServer((socket: Socket) => {
    let pending = '';
    let last: Promise<void> = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('utf8');
      if (pending.length > MAX_LINE_BYTES) socket.destroy();
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) if (line !== '') last = last.then(() => answer(socket, line, controlled));
    });
    // The client has disconnected.
    socket.on('error', () => {});
  });
  await listenAsVpp(server, path);
  return server;
}
