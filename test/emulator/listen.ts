/**
 * Claims a path for a listening Unix socket as VPP does (src/vppinfra/socket.c, clib_socket_init): an active listener
 * or a file that is not a socket is an error, the socket of a dead owner is unlinked. `kill -9` leaves socket files
 * behind, which the next start finds.
 */

import { lstatSync, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';

function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createConnection({ path });
  probe.once('connect', () => {
    probe.destroy();
    resolve(true);
  });
  probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  return promise;
}

/** Frees `path` for binding, or throws an Error in VPP's words. */
export async function claimSocketPath(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error(`clib_socket_init: File '${path}' already exists`);
  if (await isAnswered(path)) throw new Error(`clib_socket_init: Active listener on '${path}'`);
  unlinkSync(path);
}

/** Listens on `path`, backlog 5 as VPP's; rejects with an Error in VPP's words. */
export async function listenAsVpp(server: Server, path: string): Promise<void> {
  await claimSocketPath(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(new Error(`clib_socket_init: bind ('${path}'): ${error.message}`)));
  server.listen({ path, backlog: 5 }, resolve);
  await promise;
}
