/** `GET /events`, over real connections. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { applyFigures, applyStatus } from './client/model.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';
import type { PageModel } from './page-model.ts';
import { makeInterface, makeProvider, makeStatus, OWN_NAMES } from '../../test/fixtures/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

interface Watched {
  status: ApplianceStatus;
  /** Says that something changed. */
  announce: () => void;
  watchers: number;
  looks: number;
}

async function start(): Promise<{ port: number; watched: Watched }> {
  const watched: Watched = { status: makeStatus(), announce: () => {}, watchers: 0, looks: 0 };
  const source = makeProvider({
    status: () => {
      watched.looks++;
      return watched.status;
    },
    watch: (onChange) => {
      watched.watchers++;
      watched.announce = onChange;
      return () => {
        watched.watchers--;
      };
    },
  });
  server = await startHttpServer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    source,
    logger: () => {},
    names: OWN_NAMES,
  });
  const [address] = server.addresses;
  if (address === undefined || !('port' in address)) throw new Error('no port');
  return { port: address.port, watched };
}

interface Client extends Disposable {
  readonly status: number;
  readonly events: { readonly name: string; readonly data: Record<string, unknown> }[];
}

async function watch(port: number): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const sent = request({ host: '127.0.0.1', port, path: '/events' }, (response) => {
    const events: Client['events'] = [];
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      if (response.statusCode !== 200) return;
      for (const block of blocks) {
        const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
        events.push({ name, data: JSON.parse(data) as Record<string, unknown> });
      }
    });
    response.on('error', () => {});
    resolve({ status: response.statusCode ?? 0, events, [Symbol.dispose]: () => sent.destroy() });
  });
  sent.once('error', reject);
  sent.end();
  return promise;
}

async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}

describe('events', () => {
  test('begin with all of it, then say at once what changed, and only that', async () => {
    const { port, watched } = await start();
    using client = await watch(port);
    await until('the model came', () => client.events.length > 0);
    expect(client.events[0]).toMatchObject({ name: 'model', data: { status: { hostname: 'edge1' } } });
    const { vpp } = watched.status;
    const process = { state: 'backoff', reason: 'SIGSEGV', since: 1, nextTryAt: 2, failures: 1 } as const;
    watched.status = makeStatus({ vpp: { ...vpp, process } });
    watched.announce();
    const news = () => client.events.find(({ name }) => name === 'status');
    await until('the change came', () => news() !== undefined);
    expect(news()?.data.changed).toEqual({ vpp: { ...vpp, process } });
  });

  test('put together by the page they are what the appliance has', async () => {
    const { port, watched } = await start();
    using client = await watch(port);
    await until('the model came', () => client.events.length > 0);
    const interfaces = [makeInterface('xe9'), makeInterface('xe8', { link: 'down' })];
    const { change: _, ...status } = makeStatus({ interfaces, kernel: '7.0' });
    watched.status = status;
    watched.announce();
    await until('figures came', () => client.events.some(({ name }) => name === 'figures'));
    let model = client.events[0]?.data as unknown as PageModel;
    for (const { name, data } of client.events.slice(1)) {
      if (name === 'status') model = applyStatus(model, data as never);
      else model = applyFigures(model, data as never);
    }
    const { stats: _shown, statsReads: _reads, ...shown } = model.status;
    const { stats: _had, statsReads: _polls, ...had } = status;
    expect(shown).toEqual(had);
    expect(model.load?.vectorRates).toEqual([0, 7]);
  });

  test('are made once for all, and not at all while nobody watches', async () => {
    const { port, watched } = await start();
    const clients = await Promise.all(Array.from({ length: 8 }, () => watch(port)));
    await until('all have the model', () => clients.every(({ events }) => events.length > 0));
    expect(watched.watchers).toBe(1);
    const looks = watched.looks;
    const before = clients[0]?.events.length ?? 0;
    await until('three ticks went by', () => (clients[0]?.events.length ?? 0) >= before + 3);
    // one a tick, whatever the number of clients
    expect(watched.looks - looks).toBeLessThanOrEqual(6);
    for (const client of clients) client[Symbol.dispose]();
    await until('nobody watches', () => watched.watchers === 0);
    const idle = watched.looks;
    await sleep(1500);
    expect(watched.looks).toBe(idle);
  });

  test('go to a bounded number of clients', async () => {
    const { port } = await start();
    const clients = await Promise.all(Array.from({ length: 16 }, () => watch(port)));
    expect(clients.map(({ status }) => status)).toEqual(Array(16).fill(200));
    for (const client of clients) client[Symbol.dispose]();
  });

  test('are cut off for a client that does not take them, and go on for the others', async () => {
    const { port, watched } = await start();
    const many = (tag: number): ApplianceStatus =>
      makeStatus({
        interfaces: Array.from({ length: 100 }, (_, i) =>
          makeInterface(`loop${i}-${tag}-${'x'.repeat(1500)}`),
        ),
      });
    watched.status = many(0);
    const slow = connect({ host: '127.0.0.1', port }, () =>
      slow.write('GET /events HTTP/1.1\r\nHost: edge1\r\n\r\n'),
    );
    slow.on('error', () => {});
    slow.pause();
    let isCut = false;
    using reader = await watch(port);
    await until('the reader has the model', () => reader.events.length > 0);
    for (let tag = 1; tag < 200 && !isCut; tag++) {
      watched.status = many(tag);
      watched.announce();
      await sleep(60);
      // only a reader learns of the end: what the kernel holds is taken once, late
      if (tag % 40 === 0) isCut = await isEnded(port, reader, slow);
    }
    expect(isCut).toBe(true);
    expect(reader.events.length).toBeGreaterThan(10);
    slow.destroy();
  });
});

/** Whether the server closed the connection, while another one is served. */
async function isEnded(port: number, reader: Client, slow: ReturnType<typeof connect>): Promise<boolean> {
  const before = reader.events.length;
  await until(`port ${port} serves the reader`, () => reader.events.length > before);
  slow.resume();
  return Promise.race([
    new Promise<boolean>((resolve) => slow.once('close', () => resolve(true))),
    sleep(1000).then(() => {
      slow.pause();
      return false;
    }),
  ]);
}
