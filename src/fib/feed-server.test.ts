import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { FeedBench } from '../../test/fixtures/feed-client.ts';
import { MAX_FEEDERS } from './feed-server.ts';

const WAIT = { timeout: 15_000, interval: 5 };
const openFiles = (): number => readdirSync('/proc/self/fd').length;
const BEFORE = '10.1.0.0/16 via 192.0.2.1';
const AFTER = '10.2.0.0/16 via 192.0.2.2';
const labels = (count: number): string => Array.from({ length: count }, (_, i) => 100 + i).join('/');
const hops = (count: number): string => Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`).join(',');

/** Lines that are wrong, and what is said of them. They stand on line 2, between two good ones. */
const BAD: readonly (readonly [string, string | Uint8Array, string])[] = [
  [
    'label 1048576',
    '10.9.0.0/16 via 192.0.2.9 label 1048576',
    'expected labels (0–1048575) such as label 100/200, got "1048576"',
  ],
  ['17 labels', `10.9.0.0/16 via 192.0.2.9 label ${labels(17)}`, '17 labels exceed the limit of 16'],
  [
    'prefix length 33',
    '10.9.0.0/33 via 192.0.2.9',
    'the prefix length "33" of "10.9.0.0/33" is out of range for IPv4 (0–32)',
  ],
  ['host bits set', '10.9.0.1/16 via 192.0.2.9', '"10.9.0.1/16" has host bits set: write 10.9.0.0/16'],
  [
    'next hop of the other family',
    '2001:db8:9::/48 via 192.0.2.1',
    '"192.0.2.1" is an IPv4 address: 2001:db8:9::/48 needs an IPv6 next hop',
  ],
  ['a line of 10 MB', Buffer.alloc(10_000_000, 'x'), 'the line is longer than 65536 bytes'],
  ['NUL bytes', '10.9.0.0/16 via 192.0.2.9\0\0', 'NUL byte: expected a line of text'],
  ['17 next hops', `10.9.0.0/16 via ${hops(17)}`, '17 next hops exceed the limit of 16'],
  ['weight 0', '10.9.0.0/16 via 192.0.2.9@0', 'the weight "0" of "192.0.2.9@0" is out of range (1–255)'],
  [
    'weight 256',
    '10.9.0.0/16 via 192.0.2.9@256',
    'the weight "256" of "192.0.2.9@256" is out of range (1–255)',
  ],
  [
    'a bad interface name',
    '10.9.0.0/16 via 192.0.2.9%9xe',
    '"9xe" does not begin with a letter: expected a name such as xe0',
  ],
  [
    'two source lines',
    'source another',
    'source stands in the first line, before all routes: open another connection for another source',
  ],
  ['an unknown word', '10.9.0.0/16 via 192.0.2.9 metrc 5', 'unknown word "metrc": did you mean metric?'],
  [
    'table 2^32',
    '10.9.0.0/16 via 192.0.2.9 table 4294967296',
    'expected a table (0–4294967295), got "4294967296"',
  ],
  ['metric -1', '10.9.0.0/16 via 192.0.2.9 metric -1', 'expected a metric (0–4294967295), got "-1"'],
  [
    'a multicast prefix',
    '239.0.0.0/8 via 192.0.2.9',
    '"239.0.0.0/8" is a multicast prefix: static routes are unicast',
  ],
  [
    'garbage as a zone',
    '2001:db8::/32 via fe80::1%%$(reboot)',
    '"fe80::1%%$(reboot)" is not a next hop: expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  [
    'a next hop twice',
    '10.9.0.0/16 via 192.0.2.9,192.0.2.9@2',
    '"192.0.2.9@2" is listed twice: list it once, with a weight if it should carry more',
  ],
  [
    'del of what is not there',
    'del 10.9.0.0/16',
    'bench has no route to 10.9.0.0/16: there is nothing to delete',
  ],
  [
    'an MPLS route with a weight',
    'mpls 16 via 192.0.2.9@2',
    '"192.0.2.9@2" has a weight: the one next hop of a label takes none',
  ],
  ['a reserved label', 'mpls 15 via 192.0.2.9', '"15" is a reserved label: expected 16–1048575 after mpls'],
  [
    'bytes that are not UTF-8',
    Buffer.from('31302e392e302e302f313620ff', 'hex'),
    'expected a line of UTF-8 text',
  ],
  ['sync with a word', 'sync now', 'sync stands alone'],
];

it.each(BAD)('says what is wrong, and loses nothing: %s', async (_name, bad, message) => {
  const files = openFiles();
  {
    using bench = await new FeedBench().start();
    const client = await bench.connect();
    client.socket.write(`source bench\n${BEFORE}\r\n`);
    client.socket.write(bad);
    client.socket.write(`\n\n# a comment\n${AFTER}\nsync\n`);
    expect(await client.line()).toBe(`error 3: ${message}`);
    expect(await client.line()).toMatch(/^ok synced 2 routes, 1 errors; FIBs: 7 programmed, 0 pending/);
    expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.1 (20)', '10.2.0.0/16: 192.0.2.2 (20)']);
    client.socket.end();
    expect(await client.rest()).toEqual([
      'ok end 2 routes, 7 lines, 1 errors, 0 stale routes withdrawn; its routes are withdrawn',
    ]);
    await vi.waitFor(() => expect(bench.routes).toEqual([]), WAIT);
    await vi.waitFor(
      () => expect(bench.server.status).toMatchObject({ connected: 0, sources: [], lines: 7, errors: 1 }),
      WAIT,
    );
    await vi.waitFor(() => expect(bench.table.sources).toEqual([]), WAIT);
    expect(bench.log).toEqual([`bench: 1 of 7 lines were refused, the first: line 3: ${message}`]);
  }
  await vi.waitFor(() => expect(openFiles()).toBe(files), WAIT);
});

it('does not take a line that has no end', async () => {
  using bench = await new FeedBench().start();
  const answers = await bench.feed(`source bench hold forever\n${BEFORE}\n${AFTER}`);
  expect(answers).toEqual([
    'error 3: the line is not finished, so it was not taken: each line ends with a newline',
    'ok end 1 routes, 3 lines, 1 errors; its routes are retained',
  ]);
  expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.1 (20)']);
});

it('takes what came before a feeder broke off in the midst of a line', async () => {
  using bench = await new FeedBench().start();
  const client = await bench.connect();
  client.socket.write(`source bench hold forever\n${BEFORE}\n10.2.0.0/16 via 192.0.2.`);
  await vi.waitFor(() => expect(bench.server.status.lines).toBe(2), WAIT);
  client.socket.destroy();
  await vi.waitFor(() => expect(bench.server.status.connected).toBe(0), WAIT);
  expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.1 (20)']);
  expect(bench.server.status.sources).toMatchObject([{ state: 'held', name: 'bench', routes: 1, errors: 1 }]);
});

it('counts the errors of a feeder that does not read, keeps few of its answers, and serves others meanwhile', async () => {
  const LINES = 100_000;
  using bench = await new FeedBench().start();
  const mute = await bench.connect();
  mute.socket.pause();
  mute.socket.write('source mute hold forever\n');
  mute.socket.write('10.0.0.1/8 via 192.0.2.1\n'.repeat(LINES));
  mute.socket.write(`${BEFORE}\n`);
  const other = await bench.feed(`source other hold forever\n${AFTER}\n`);
  expect(other).toEqual(['ok end 1 routes, 2 lines, 0 errors; its routes are retained']);
  await vi.waitFor(() => expect(bench.server.status.errors).toBe(LINES), WAIT);
  await vi.waitFor(() => expect(bench.routes.length).toBe(2), WAIT);
  mute.socket.end();
  const answers = await mute.rest();
  const listed = answers.filter((line) => line.startsWith('error ')).length;
  expect(listed).toBeGreaterThan(1_000);
  expect(listed).toBeLessThan(50_000);
  expect(answers.at(-1)).toBe(
    `ok end 1 routes, ${LINES + 2} lines, ${LINES} errors (${LINES - listed} of them not listed: the answers were not read); its routes are retained`,
  );
});

it('cuts off a feeder that never reads its last answer', async () => {
  using bench = await new FeedBench().start();
  const mute = await bench.connect();
  mute.socket.pause();
  mute.socket.end('10.0.0.1/8 via 192.0.2.1\n'.repeat(100_000));
  await vi.waitFor(() => expect(bench.server.status.connected).toBe(0), WAIT);
  await vi.waitFor(() => expect(bench.table.sources).toEqual([]), WAIT);
});

it.each([
  ['source', 'expected a name of up to 63 letters, digits, ".", "_" and "-", got ""'],
  ['source static', '"static" is reserved for the appliance: choose another name'],
  ['source bench distance 0', 'expected a distance (1–255), got "0"'],
  ['source bench distance 256', 'expected a distance (1–255), got "256"'],
  ['source bench hold', 'expected a hold time (0–604800 seconds, or forever), got ""'],
  ['source bench hold 604801', 'expected a hold time (0–604800 seconds, or forever), got "604801"'],
  [
    'source bench hold 5 hold 6',
    '"hold" is given twice: expected source NAME [distance N] [hold SECONDS or forever] [resume]',
  ],
  [
    'source bench keep',
    'unknown word "keep": expected source NAME [distance N] [hold SECONDS or forever] [resume]',
  ],
  ['source bench resume distance 5', 'resume keeps the distance: leave it out'],
  ['source bench resume', 'no routes of bench are held: there is nothing to resume'],
])('takes nothing of a feed that begins with %j', async (line, message) => {
  using bench = await new FeedBench().start();
  const client = await bench.connect();
  client.socket.write(`${line}\n${BEFORE}\n`);
  expect(await client.rest()).toEqual([
    `error 1: ${message}`,
    'ok end 0 routes, 1 lines, 1 errors; nothing was taken',
  ]);
  expect(bench.routes).toEqual([]);
});

it('withdraws what a feeder had when it goes', async () => {
  using bench = await new FeedBench().start();
  const client = await bench.connect();
  client.socket.write(`${BEFORE}\nsync\n`);
  await client.line();
  expect(bench.server.status.sources).toMatchObject([
    { state: 'feeding', name: 'feed-1', distance: 20, routes: 1, hold: 0 },
  ]);
  client.socket.destroy();
  await vi.waitFor(() => expect(bench.routes).toEqual([]), WAIT);
});

it('holds the routes for the time that was asked for', async () => {
  using bench = await new FeedBench().start();
  expect(await bench.feed(`source bench distance 30 hold 1\n${BEFORE}\n`)).toEqual([
    'ok end 1 routes, 2 lines, 0 errors; its routes are retained for 1 s',
  ]);
  expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.1 (30)']);
  const [held] = bench.server.status.sources;
  expect(held).toMatchObject({ state: 'held', hold: 1 });
  expect(held).toHaveProperty('until', (held?.since ?? 0) + 1000);
  await vi.waitFor(() => expect(bench.routes).toEqual([]), WAIT);
  expect(bench.log).toContain('bench: 1 routes are withdrawn, their feeder did not come back');
});

it('replaces what a feeder of the same name left when it says sync, and not before', async () => {
  using bench = await new FeedBench().start();
  await bench.feed(`source bench hold forever\n${BEFORE}\n${AFTER}\nend\n`);
  const again = await bench.connect();
  again.socket.write('source bench hold forever\n10.1.0.0/16 via 192.0.2.7\n');
  await vi.waitFor(
    () => expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.7 (20)', '10.2.0.0/16: 192.0.2.2 (20)']),
    WAIT,
  );
  again.socket.write('sync\n');
  await again.line();
  expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.7 (20)']);
  again.socket.write('end\n');
  expect(await again.rest()).toEqual([
    'ok end 1 routes, 4 lines, 0 errors, 0 stale routes withdrawn; its routes are retained',
  ]);
});

it('keeps what was complete when a feeder of the same name breaks off', async () => {
  using bench = await new FeedBench().start();
  await bench.feed(`source bench hold forever\n${BEFORE}\nend\n`);
  for (const third of [3, 4, 5])
    await bench.feed(`source bench hold forever\n10.${third}.0.0/16 blackhole\n`);
  await vi.waitFor(
    () => expect(bench.routes).toEqual(['10.1.0.0/16: 192.0.2.1 (20)', '10.5.0.0/16: blackhole (20)']),
    WAIT,
  );
  expect(bench.server.status.sources.length).toBe(2);
  expect(await bench.feed('source bench\nend\n')).toEqual([
    'ok end 0 routes, 2 lines, 0 errors, 2 stale routes withdrawn; its routes are withdrawn',
  ]);
  await vi.waitFor(() => expect(bench.table.sources).toEqual([]), WAIT);
});

it('goes on with what a feeder of the same name left when it is asked to', async () => {
  using bench = await new FeedBench().start();
  await bench.feed(`source bench hold forever\n${BEFORE}\n${AFTER}\nend\n`);
  await bench.feed('source bench resume hold forever\ndel 10.1.0.0/16\n10.3.0.0/16 unreachable\n');
  expect(bench.routes).toEqual(['10.2.0.0/16: 192.0.2.2 (20)', '10.3.0.0/16: unreachable (20)']);
});

it('lets the newer of two feeders of one name have it', async () => {
  using bench = await new FeedBench().start();
  const older = await bench.connect();
  older.socket.write(`source bench hold 60\n${BEFORE}\nsync\n`);
  await older.line();
  const newer = await bench.connect();
  newer.socket.write(`source bench hold 60\n${AFTER}\nsync\n`);
  expect(await older.rest()).toEqual([
    'error 3: a newer feeder of this name has connected: this one ends',
    expect.stringMatching(
      /^ok end 1 routes, 3 lines, 1 errors, 0 stale routes withdrawn; its routes are retained for 60 s$/,
    ),
  ]);
  expect(await newer.line()).toMatch(/^ok synced 1 routes/);
  expect(bench.routes).toEqual(['10.2.0.0/16: 192.0.2.2 (20)']);
});

it('answers sync when the FIBs are settled, in order, and takes routes meanwhile', async () => {
  using bench = await new FeedBench().start();
  const gate = Promise.withResolvers<void>();
  bench.settled = () => gate.promise;
  const client = await bench.connect();
  client.socket.write(`${BEFORE}\nsync\n${AFTER}\n`);
  await vi.waitFor(() => expect(bench.routes.length).toBe(2), WAIT);
  client.socket.write('sync\n'.repeat(16));
  // The first wait; one more than may wait is refused at once.
  expect(await client.line()).toBe('error 19: 16 sync wait for an answer already');
  gate.resolve();
  for (let i = 0; i < 16; i++) expect(await client.line()).toMatch(/^ok synced 2 routes/);
  client.socket.destroy();
});

it('refuses one feeder more than there may be, and has room again when one goes', async () => {
  using bench = await new FeedBench().start();
  const clients = await Promise.all(Array.from({ length: MAX_FEEDERS }, () => bench.connect()));
  await vi.waitFor(() => expect(bench.server.status.connected).toBe(MAX_FEEDERS), WAIT);
  const more = await bench.connect();
  expect(await more.rest()).toEqual([
    `error 0: ${MAX_FEEDERS} feeders are connected already: try again later`,
  ]);
  expect(bench.server.status.refused).toBe(1);
  clients[0]?.socket.destroy();
  await vi.waitFor(() => expect(bench.server.status.connected).toBe(MAX_FEEDERS - 1), WAIT);
  expect(await bench.feed(`${BEFORE}\n`)).toEqual([
    'ok end 1 routes, 1 lines, 0 errors; its routes are withdrawn',
  ]);
  for (const { socket } of clients) socket.destroy();
});

it('reads lines that come byte by byte', async () => {
  using bench = await new FeedBench().start();
  const client = await bench.connect();
  client.socket.setNoDelay(true);
  for (const byte of `source slow hold forever\r\n  ${BEFORE}  \r\n`) {
    client.socket.write(byte);
    await sleep(0);
  }
  client.socket.end();
  expect(await client.rest()).toEqual(['ok end 1 routes, 2 lines, 0 errors; its routes are retained']);
});

it('has a socket for its owner alone', async () => {
  using bench = await new FeedBench().start();
  expect(statSync(bench.path).mode & 0o777).toBe(0o600);
});

it('takes 200,000 lines, from two feeders at once', async () => {
  using bench = await new FeedBench().start();
  const text = (net: number): string =>
    Array.from(
      { length: 100_000 },
      (_, i) =>
        `${net}.${(i >> 9) & 255}.${(i >> 1) & 255}.${(i & 1) * 128}/25 via 192.0.2.${1 + (i % 64)}\n`,
    ).join('');
  const answers = await Promise.all(
    [11, 12].map((net) => bench.feed(`source n${net} hold forever\n${text(net)}`)),
  );
  for (const answer of answers)
    expect(answer).toEqual(['ok end 100000 routes, 100001 lines, 0 errors; its routes are retained']);
  expect(bench.table.store(4).size).toBe(200_000);
});
