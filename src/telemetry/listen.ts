/** Owns listening addresses: binding them, taking over stale socket files, closing them. */
import { chmodSync, statSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { CodedError, reasonOf } from '../linux/mod.ts';

/** What a TLS server shows and proves. */
export interface TlsIdentity {
  /** PEM, with the certificates of its authorities after it. */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

/** Where to listen: TCP, with or without TLS, or a Unix socket (a stale socket file is replaced, a live one is an error). */
export type ListenAddress =
  | { readonly host: string; readonly port: number; readonly tls?: TlsIdentity }
  | { readonly path: string };

/** Binds; resolves with the address as bound. Rejects with a CodedError `listen` that names it. */
export async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address) await removeStaleSocket(address.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', resolve);
  if ('path' in address) server.listen({ path: address.path });
  else server.listen({ host: address.host, port: address.port });
  try {
    await promise;
  } catch (cause) {
    throw new CodedError('listen', `listen on ${describe(address)}: ${reasonOf(cause)}`, { cause });
  } finally {
    server.off('error', reject);
  }
  if ('path' in address) {
    chmodSync(address.path, 0o600);
    return address;
  }
  const bound = server.address();
  return { ...address, port: bound !== null && typeof bound === 'object' ? bound.port : address.port };
}

/** Resolves when nobody is connected any more: all connections are cut. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A socket file that nobody listens on is left over from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const isLive = await new Promise<boolean>((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (isLive) throw new CodedError('listen', `listen on ${path}: another process listens there`);
  unlinkSync(path);
}

function describe(address: ListenAddress): string {
  if ('path' in address) return address.path;
  const scheme = address.tls === undefined ? 'http' : 'https';
  return `${scheme}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
