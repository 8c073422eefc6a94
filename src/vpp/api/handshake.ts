/**
 * The handshake: connect, sockclnt_create (fixed id 15), and the message table in its reply (fixed id 16).
 *
 *   sockclnt_create        id u16@0, context u32@2, name[64]@6
 *   sockclnt_create_reply  id@0, client_index u32@2, context@6, response i32@10, index u32@14, count u16@18, table@20
 *
 * The reply has neither the layout of other replies nor that of requests, hence the code by hand.
 */

import type { Socket } from 'node:net';
import { abortedError, VppApiError } from './errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import { MessageTable } from './message-table.ts';
import { SOCKCLNT_CREATE_ID, SOCKCLNT_CREATE_REPLY_ID } from './messages/memclnt.ts';
import type { ReadCursor } from './schema.ts';
import { fixedString, need } from './schema.ts';

const CREATE_BYTES = 70;
const TABLE_OFFSET = 20;
const clientNameCodec = fixedString(64);

interface SessionOptions {
  readonly socket: Socket;
  readonly socketPath: string;
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly writer: FrameWriter;
  /** Registers the handler of frames until the session is open. */
  readonly onFrame: (handler: (cursor: ReadCursor) => void) => void;
}

export interface Session {
  readonly table: MessageTable;
  /** Our client index at VPP. */
  readonly index: number;
}

function readReply(cursor: ReadCursor): Session {
  need(cursor, TABLE_OFFSET);
  const { view, offset } = cursor;
  const id = view.getUint16(offset);
  if (id !== SOCKCLNT_CREATE_REPLY_ID) {
    throw new VppApiError(
      'protocol',
      `unexpected message id ${id} in reply to sockclnt_create, expected ${SOCKCLNT_CREATE_REPLY_ID}`,
    );
  }
  const response = view.getInt32(offset + 10);
  if (response !== 0) throw new VppApiError('connect', `sockclnt_create: VPP returned ${response}`);
  const index = view.getUint32(offset + 14);
  const count = view.getUint16(offset + 18);
  cursor.offset += TABLE_OFFSET;
  return { table: new MessageTable(cursor, count), index };
}

/** Connects the socket and opens a session; rejects with VppApiError `connect`, `timeout`, `aborted`, `protocol`. */
export function createSession(options: SessionOptions): Promise<Session> {
  const { socket, socketPath, timeoutMs, signal, writer } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  const what = `cannot connect to ${socketPath}`;
  const onError = (error: NodeJS.ErrnoException): void => {
    reject(new VppApiError('connect', `${what}: ${error.code ?? error.message}`, { cause: error }));
  };
  const onClose = (): void => reject(new VppApiError('connect', `${what}: VPP closed the connection`));
  const onAbort = (): void => {
    reject(abortedError(what, signal));
  };
  const timer = setTimeout(() => {
    reject(new VppApiError('timeout', `${what}: no session within ${timeoutMs} ms`));
  }, timeoutMs);
  socket.on('error', onError).on('close', onClose);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  options.onFrame((cursor) => {
    try {
      resolve(readReply(cursor));
    } catch (error) {
      reject(error);
    }
  });
  socket.once('connect', () => {
    try {
      const cursor = writer.frame(CREATE_BYTES);
      cursor.bytes.fill(0, cursor.offset, cursor.offset + CREATE_BYTES);
      cursor.view.setUint16(cursor.offset, SOCKCLNT_CREATE_ID);
      cursor.offset += 6;
      clientNameCodec.write(cursor, options.clientName);
    } catch (error) {
      writer.drop(CREATE_BYTES);
      reject(error);
    }
  });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('error', onError).off('close', onClose);
    signal?.removeEventListener('abort', onAbort);
  });
}
