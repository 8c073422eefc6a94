/** One request as bytes, and what comes back: for requests that no client would send. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawRequest {
  readonly port: number;
  readonly isTls: boolean;
  /** The address of this machine that it comes from: 127.0.0.1 to 127.255.255.254. */
  readonly from: string;
  /** One character a byte. */
  readonly bytes: string;
}

const PATIENCE_MS = 60_000;

/**
 * Resolves with the answer's status line and headers, once its body has ended or, where that goes on, begun. Rejects
 * when none comes.
 */
export function sendRaw({ port, isTls, from, bytes }: RawRequest): Promise<{ head: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ head: string }>();
  const tcp = connect({ port, host: '127.0.0.1', localAddress: from });
  const socket: Socket = isTls ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp;
  let answer = '';
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), PATIENCE_MS);
  const finish = (error?: Error): void => {
    clearTimeout(timer);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) reject(new Error(`no answer: ${error?.message ?? 'the connection was closed'}`));
    else resolve({ head: answer.slice(0, end) });
    socket.destroy();
    tcp.destroy();
  };
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
    // what is followed has no end
    if (/^content-type: text\/event-stream/im.test(answer) && answer.includes('\r\n\r\n')) finish();
  });
  for (const one of new Set([tcp, socket])) {
    one.on('error', finish);
    one.on('close', () => finish());
  }
  socket.on('end', () => finish());
  socket.write(Buffer.from(bytes, 'latin1'));
  return promise;
}
