/**
 * The paths of VPP's sockets: freed before it starts, and cleared of stale sockets of a killed VPP.
 *
 * A socket file without a listener is stale; anything else at the path is in use.
 */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** How long a listener may take to answer before it counts as alive. */
const SOCKET_PROBE_MS = 500;

/** Whether anything exists at a path. */
export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether a path is a socket, with or without a listener. */
export function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Prepares a path for VPP to bind: creates its directory, removes a stale socket. Rejects when the path is in use. */
export async function freeSocketPath(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Error(`cannot use the socket path ${path}: a file exists there that is not a socket`);
  if (await answers(path))
    throw new Error(`cannot use the socket path ${path}: another process listens there`);
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
    // EPROTOTYPE: the listener uses SOCK_SEQPACKET, as VPP's stats socket does.
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EPROTOTYPE'));
  });
}
