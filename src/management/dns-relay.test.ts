import { execFileSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createNamedNetns, deleteNamedNetns, openInetSocket, withNetns } from '../linux/mod.ts';
import { DnsRelay, RELAY_ADDRESS } from './dns-relay.ts';

const PORTS = { own: 5453, servers: 5454 };
const NETNS = `dns-relay-${process.pid}`;
const mine: (() => void)[] = [];

afterEach(() => {
  for (const end of mine.splice(0).toReversed()) end();
});

/** A query for the A record of `name` by RFC 1035, section 4.1. */
function question(id: number, name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** Answers every query with one A record. */
function answerTo(asked: Buffer, address: string): Buffer {
  const head = Buffer.from(asked.subarray(0, 12));
  head[2] = 0x81;
  head[3] = 0x80;
  head.writeUInt16BE(1, 6);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, asked.subarray(12), record]);
}

/** A name server at `address`, in a namespace or in the test's own. */
async function nameServer(address: string, answer: string, netns?: string): Promise<{ asked: number }> {
  const count = { asked: 0 };
  const local = { address, port: PORTS.servers };
  const datagrams = createSocket('udp4');
  datagrams.bind({ fd: openInetSocket({ protocol: 'udp', family: 4, netns, local }) });
  datagrams.on('message', (asked, { port, address: from }) => {
    count.asked += 1;
    datagrams.send(answerTo(asked, answer), port, from);
  });
  const streams = createServer((socket) => {
    socket.on('data', (asked: Buffer) => {
      const reply = answerTo(asked.subarray(2), answer);
      socket.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  streams.listen({ fd: openInetSocket({ protocol: 'tcp', family: 4, netns, local }) });
  await once(streams, 'listening');
  mine.push(
    () => datagrams.close(),
    () => streams.close(),
  );
  return count;
}

function relay(servers: readonly string[]): DnsRelay {
  const made = new DnsRelay({
    ports: PORTS,
    onError: (message) => {
      throw new Error(message);
    },
  });
  made.servers = servers;
  mine.push(() => made[Symbol.dispose]());
  return made;
}

/** Sends one query to the relay, from a namespace or from the test's own. */
async function ask(netns: string | undefined, id: number): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ fd: openInetSocket({ protocol: 'udp', family: 4, netns }) });
    socket.send(question(id, 'rpki.example'), PORTS.own, RELAY_ADDRESS);
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
    return answer;
  } finally {
    socket.close();
  }
}

describe('the DNS relay', () => {
  it('answers a resolver in its own namespace', async () => {
    await nameServer('127.0.0.54', '192.0.2.7');
    relay(['127.0.0.54']).serve(undefined);
    const resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`${RELAY_ADDRESS}:${PORTS.own}`]);
    expect(await resolver.resolve4('rpki.example')).toEqual(['192.0.2.7']);
  });

  it('queries the next server when one does not answer, and then prefers that one', async () => {
    const good = await nameServer('127.0.0.55', '192.0.2.8');
    relay(['127.0.0.56', '127.0.0.55']).serve(undefined);
    expect((await ask(undefined, 1)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 8]));
    expect((await ask(undefined, 2)).readUInt16BE(0)).toBe(2);
    expect(good.asked).toBe(2);
  });

  it('answers SERVFAIL when no server answers', async () => {
    relay([]).serve(undefined);
    const answer = await ask(undefined, 77);
    expect([answer.readUInt16BE(0), answer.readUInt8(2) & 0x80, answer.readUInt8(3) & 15]).toEqual([
      77, 0x80, 2,
    ]);
  });

  it('connects streams to a server', async () => {
    await nameServer('127.0.0.54', '192.0.2.9');
    relay(['127.0.0.56', '127.0.0.54']).serve(undefined);
    const socket = new Socket();
    socket.connect(PORTS.own, RELAY_ADDRESS);
    const asked = question(3, 'rpki.example');
    socket.write(Buffer.concat([Buffer.from([0, asked.length]), asked]));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'end', { signal: AbortSignal.timeout(10_000) });
    expect(Buffer.concat(chunks).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 9]));
    socket.destroy();
  });

  describe.skipIf(process.getuid?.() !== 0)('of another namespace (needs root)', () => {
    it('queries the servers from its own namespace, and those reachable only from the other one', async () => {
      createNamedNetns(NETNS);
      mine.push(() => void deleteNamedNetns(NETNS));
      await nameServer('127.0.0.54', '192.0.2.10');
      const made = relay(['127.0.0.54']);
      made.serve(NETNS);
      expect((await ask(NETNS, 4)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 10]));
      // a server that exists only in the namespace
      withNetns(NETNS, () => execFileSync('ip', ['address', 'add', '198.51.100.53/32', 'dev', 'lo']));
      await nameServer('198.51.100.53', '192.0.2.11', NETNS);
      made.servers = ['198.51.100.53'];
      expect((await ask(NETNS, 5)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 11]));
    });

    it('queries servers of that namespace first, and no longer when they are gone', async () => {
      createNamedNetns(NETNS);
      mine.push(() => void deleteNamedNetns(NETNS));
      withNetns(NETNS, () => {
        execFileSync('ip', ['link', 'set', 'lo', 'up']);
        execFileSync('ip', ['address', 'add', '198.51.100.53/32', 'dev', 'lo']);
      });
      const common = await nameServer('127.0.0.54', '192.0.2.10');
      const leased = await nameServer('198.51.100.53', '192.0.2.12', NETNS);
      const made = relay(['127.0.0.54']);
      made.setServersOf(NETNS, ['198.51.100.53']);
      made.serve(NETNS);
      made.serve(undefined);
      expect((await ask(NETNS, 6)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 12]));
      expect((await ask(undefined, 7)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 10]));
      made.setServersOf(NETNS, []);
      expect((await ask(NETNS, 8)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 10]));
      expect([leased.asked, common.asked]).toEqual([1, 2]);
    });

    it('serves another namespace of the same name', async () => {
      createNamedNetns(NETNS);
      mine.push(() => void deleteNamedNetns(NETNS));
      await nameServer('127.0.0.54', '192.0.2.12');
      const made = relay(['127.0.0.54']);
      made.serve(NETNS);
      deleteNamedNetns(NETNS);
      createNamedNetns(NETNS);
      made.serve(NETNS);
      made.serve(NETNS);
      expect((await ask(NETNS, 6)).subarray(-4)).toEqual(Buffer.from([192, 0, 2, 12]));
    });
  });
});
