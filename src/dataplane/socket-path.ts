/**
 * The paths of VPP's sockets: free before it starts, and cleared of a killed VPP's leftovers.
 *
 * A socket file that nobody listens on is left by a killed process; anything else at the path is somebody's.
 */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** How long a listener may take to answer before it counts as alive. */
const SOCKET_PROBE_MS = 500;

/** Whether there is anything at a path. */
export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether a socket is at a path, with a listener or without. */
export function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Makes a path ready for VPP to bind: its directory is there, a dead socket is removed, anything else refused. */
export async function freeSocketPath(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`the socket path ${path} is taken by a file that is no socket`);
  if (await answers(path)) throw new Error(`the socket path ${path} is taken: another process listens there`);
  rmSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const done = (isLive: boolean): void => {
      socket.destroy();
      resolve(isLive);
    };
    socket.setTimeout(SOCKET_PROBE_MS, () => done(true));
    socket.once('connect', () => done(true));
    // EPROTOTYPE: somebody listens with SOCK_SEQPACKET, as VPP's stats socket does.
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EPROTOTYPE'));
  });
}
