/**
 * An RPKI cache with one prefix: `rtr-server.ts ADDRESS PORT PREFIX LENGTH AS`. Implements version 1 of the protocol
 * between routers and caches (RFC 8210) as far as needed for a router that requests everything.
 */
import { createServer } from 'node:net';

const PDU = { resetQuery: 2, cacheResponse: 3, ipv4Prefix: 4, endOfData: 7 } as const;
const SESSION = 7;

const [address = '', port = '', prefix = '', length = '', as = ''] = process.argv.slice(2);

function pdu(version: number, type: number, session: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(version, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(session, 2);
  head.writeUInt32BE(8 + body.length, 4);
  return Buffer.concat([head, body]);
}

/** Everything, in answer to a reset query. */
function everything(version: number): Buffer {
  const route = Buffer.alloc(12);
  // Announced; the prefix's own length is the maximum.
  route.set([1, Number(length), Number(length), 0]);
  route.set(prefix.split('.').map(Number), 4);
  route.writeUInt32BE(Number(as), 8);
  const end = Buffer.alloc(version === 0 ? 4 : 16);
  end.writeUInt32BE(1, 0);
  // Refresh, retry and expire intervals.
  if (version > 0) [3600, 600, 7200].forEach((seconds, index) => end.writeUInt32BE(seconds, 4 + 4 * index));
  return Buffer.concat([
    pdu(version, PDU.cacheResponse, SESSION, Buffer.alloc(0)),
    pdu(version, PDU.ipv4Prefix, 0, route),
    pdu(version, PDU.endOfData, SESSION, end),
  ]);
}

createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const [version = 0, type] = Buffer.from(chunk);
    if (type === PDU.resetQuery) socket.write(everything(version));
  });
}).listen(Number(port), address);
