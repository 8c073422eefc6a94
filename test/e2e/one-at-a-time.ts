/**
 * Test files that run beside each other and share dist/: what one of them makes there, the others wait for and use.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel lets go of it with its process, however that
 * ends, so a lock is never left behind.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIST } from '../../image/root-tree.ts';
import { isErrno } from '../../src/linux/mod.ts';

const POLL_MS = 100;

/**
 * Runs `work` while no other process of this checkout's tests, and nobody else in this one, runs any under the same
 * name. Not to be nested under one name. Rejects as `work` does.
 */
export async function oneAtATime<T>(name: string, work: () => Promise<T>): Promise<T> {
  const checkout = createHash('sha256').update(DIST).digest('hex').slice(0, 12);
  const held = await take(`\0appliance-tests-${checkout}-${name}`);
  try {
    return await work();
  } finally {
    held.close();
  }
}

async function take(address: string): Promise<Server> {
  for (;;) {
    const server = createServer();
    try {
      server.listen(address);
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (!isErrno(error, 'EADDRINUSE')) throw error;
    }
    await sleep(POLL_MS);
  }
}
