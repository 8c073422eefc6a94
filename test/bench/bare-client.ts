/**
 * What VPP's socket allows: a client that only pipelines frames which it encoded before, with no table, no state a
 * route, and no look into the answers beyond counting them. Run by fib.ts as a process of its own; prints JSON.
 */
import { createConnection } from 'node:net';
import { newRouteKey } from '../../src/fib/mod.ts';
import {
  FIB_PATH_BYTES,
  FibPathProto,
  fibPath,
  fibPathCodec,
  REQUEST_HEADER_BYTES,
  type SwIfIndex,
} from '../../src/vpp/api/mod.ts';
import { parseAddress } from '../../src/config/mod.ts';
import { connectWithLoopback, nextHop } from './fib-setup.ts';
import { FullTable, NEXT_HOPS } from './full-table.ts';

const FRAME_BYTES = 16 + 39 + 167;
const REPLY_BYTES = 16 + 14;
/** As measured best, and as the appliance has it. */
const WINDOW = 2_048;
/** Frames a write: 57 kB. */
const CHUNK = 256;
const CLIENT_NAME_AT = 16 + 6;

const [socketPath = '', count = '0'] = process.argv.slice(2);
const routes = Number(count);

/** All requests, in one buffer. */
function encodeAll(messageId: number, clientIndex: number, swIfIndex: SwIfIndex): Buffer {
  const paths = ([4, 6] as const).map((family) =>
    Array.from({ length: NEXT_HOPS }, (_, index) => {
      const bytes = parseAddress(nextHop(family, index))?.bytes ?? new Uint8Array(4);
      const proto = family === 4 ? FibPathProto.ip4 : FibPathProto.ip6;
      const encoded = new Uint8Array(FIB_PATH_BYTES);
      const cursor = { bytes: encoded, view: new DataView(encoded.buffer), offset: 0 };
      fibPathCodec.write(cursor, fibPath({ nextHop: bytes, swIfIndex, proto }));
      return encoded;
    }),
  );
  const frames = Buffer.alloc(routes * FRAME_BYTES);
  const key = newRouteKey();
  let at = 0;
  const table = new FullTable(routes);
  for (let hop = table.next(key); hop >= 0; hop = table.next(key)) {
    frames.writeUInt32BE(FRAME_BYTES - 16, at + 8);
    const payload = at + 16;
    frames.writeUInt16BE(messageId, payload);
    frames.writeUInt32BE(clientIndex, payload + 2);
    frames.writeUInt32BE(at / FRAME_BYTES, payload + 6);
    frames.writeUInt8(1, payload + REQUEST_HEADER_BYTES);
    frames.writeUInt8(key.family === 6 ? 1 : 0, payload + 20);
    frames.writeUInt32BE(key.w0, payload + 21);
    if (key.family === 6) frames.writeUInt32BE(key.w1, payload + 25);
    frames.writeUInt8(key.length, payload + 37);
    frames.writeUInt8(1, payload + 38);
    frames.set(paths[key.family === 4 ? 0 : 1]?.[hop] ?? new Uint8Array(0), payload + 39);
    at += FRAME_BYTES;
  }
  return frames;
}

const { client: setup, swIfIndex } = await connectWithLoopback(socketPath);
await setup[Symbol.asyncDispose]();

const socket = createConnection(socketPath);
const hello = Buffer.alloc(16 + 70);
hello.writeUInt32BE(70, 8);
hello.writeUInt16BE(15, 16);
hello.write('bare', CLIENT_NAME_AT);
socket.write(hello);
const table: Buffer = await new Promise((resolve) => {
  let all = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    all = Buffer.concat([all, chunk]);
    if (all.length < 16 || all.length < 16 + all.readUInt32BE(8)) return;
    socket.off('data', onData);
    resolve(all.subarray(16));
  };
  socket.on('data', onData);
});
const clientIndex = table.readUInt32BE(14);
let messageId = -1;
for (let i = 0, at = 20; i < table.readUInt16BE(18); i++, at += 66) {
  if (table.toString('latin1', at + 2, at + 2 + 26) === 'ip_route_add_del_b8ecfe0d\0')
    messageId = table.readUInt16BE(at);
}
if (messageId < 0) throw new Error('this VPP has no ip_route_add_del_b8ecfe0d');
const frames = encodeAll(messageId, clientIndex, swIfIndex);

let sent = 0;
let received = 0;
let bytes = 0;
const done = Promise.withResolvers<void>();
const send = (): void => {
  while (sent < routes && sent + CHUNK - received <= WINDOW) {
    const end = Math.min(routes, sent + CHUNK);
    socket.write(frames.subarray(sent * FRAME_BYTES, end * FRAME_BYTES));
    sent = end;
  }
};
socket.on('data', (chunk: Buffer) => {
  bytes += chunk.length;
  received = Math.floor(bytes / REPLY_BYTES);
  if (received >= routes) done.resolve();
  else send();
});
const startedAt = performance.now();
const cpu = process.cpuUsage();
send();
await done.promise;
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ seconds, userUs: user / routes, systemUs: system / routes }));
socket.destroy();
process.exit(0);
