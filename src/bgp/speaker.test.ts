/** Speakers that talk to each other over TCP: collisions, changes of the configuration, and strangers. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { RouteTable } from '../fib/mod.ts';
import { BgpSpeaker } from './speaker.ts';

const PORT = 17_901;
/** Each process of tests has addresses of its own. */
const ADDRESSES = [1, 2, 3].map((host) => `127.${(process.pid >> 8) & 127}.${process.pid & 255}.${host}`);
const [A = '', B = '', C = ''] = ADDRESSES;

interface Peer {
  readonly address: string;
  readonly more?: string;
}

function configOf(own: string, peers: readonly Peer[]): Config {
  const sections = peers.map(
    ({ address, more = '' }) => `[bgp.neighbor.to-${address.split('.').at(-1)}]
address = ${address}
local = ${own}
as = 65001
port = ${PORT}
connect-retry = 1
${more}
`,
  );
  const text = `[bgp]
as = 65001
router-id = 192.0.2.${own.split('.').at(-1)}
listen = ${own}:${PORT}
${sections.join('')}`;
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

let speakers: BgpSpeaker[];
let troubles: (string | undefined)[];

function newSpeaker(): BgpSpeaker {
  const speaker = new BgpSpeaker({
    table: new RouteTable(),
    isBehind: () => false,
    log: () => {},
    onTrouble: (_subject, reason) => void troubles.push(reason),
    onChange: () => {},
  });
  speakers.push(speaker);
  return speaker;
}

beforeEach(() => {
  speakers = [];
  troubles = [];
});
afterEach(() => {
  for (const speaker of speakers) speaker[Symbol.dispose]();
});

const stateOf = (speaker: BgpSpeaker, name: string) =>
  speaker.status?.neighbors.find((one) => one.name === name);
const isUp = (speaker: BgpSpeaker, name: string): void =>
  expect(stateOf(speaker, name)?.state, JSON.stringify(speaker.status)).toBe('established');
const WAIT = { timeout: 20_000, interval: 20 };

it('of two connections that are opened at once one stays', async () => {
  for (let round = 0; round < 10; round++) {
    const [a, b] = [newSpeaker(), newSpeaker()];
    await Promise.all([a.use(configOf(A, [{ address: B }])), b.use(configOf(B, [{ address: A }]))]);
    await vi.waitFor(() => {
      isUp(a, 'to-2');
      isUp(b, 'to-1');
    }, WAIT);
    // Nothing else comes up, or ends it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([stateOf(a, 'to-2')?.ups, stateOf(b, 'to-1')?.ups]).toEqual([1, 1]);
    for (const speaker of [a, b]) speaker[Symbol.dispose]();
  }
});

it('a change touches the neighbours that it is about, and no others', async () => {
  const [a, b, c] = [newSpeaker(), newSpeaker(), newSpeaker()];
  await b.use(configOf(B, [{ address: A, more: 'passive = true' }]));
  await c.use(configOf(C, [{ address: A, more: 'passive = true' }]));
  await a.use(configOf(A, [{ address: B }]));
  await vi.waitFor(() => isUp(a, 'to-2'), WAIT);

  await a.use(configOf(A, [{ address: B }, { address: C }]));
  await vi.waitFor(() => isUp(a, 'to-3'), WAIT);
  expect(stateOf(a, 'to-2')).toMatchObject({ state: 'established', ups: 1 });

  // Another hold time needs another OPEN.
  await a.use(configOf(A, [{ address: B }, { address: C, more: 'hold-time = 9' }]));
  await vi.waitFor(() => expect(stateOf(c, 'to-1')?.holdTimeSeconds).toBe(9), WAIT);
  expect(stateOf(c, 'to-1')?.lastError?.text).toBe('received Cease: Other Configuration Change');
  expect(stateOf(a, 'to-2')?.ups).toBe(1);

  await a.use(configOf(A, [{ address: B }]));
  await vi.waitFor(
    () => expect(stateOf(c, 'to-1')?.lastError?.text).toBe('received Cease: Peer De-configured'),
    WAIT,
  );
  expect(a.status?.neighbors.map(({ name }) => name)).toEqual(['to-2']);
  expect(stateOf(b, 'to-1')).toMatchObject({ state: 'established', ups: 1 });

  a[Symbol.dispose]();
  await vi.waitFor(
    () => expect(stateOf(b, 'to-1')?.lastError?.text).toBe('received Cease: Administrative Shutdown'),
    WAIT,
  );
});

it('a stranger is refused', async () => {
  const a = newSpeaker();
  await a.use(configOf(A, [{ address: B, more: 'passive = true' }]));
  const stranger = connect({ host: A, port: PORT, localAddress: C });
  const [answer] = (await once(stranger, 'data')) as [Buffer];
  // NOTIFICATION, Cease, Connection Rejected.
  expect([...answer.subarray(18)]).toEqual([3, 6, 5]);
  await once(stranger, 'close');
});

it('an address that another one has is a trouble, until it is free', async () => {
  const [a, b] = [newSpeaker(), newSpeaker()];
  await a.use(configOf(A, [{ address: B }]));
  await b.use(configOf(A, [{ address: B }]));
  expect(troubles.at(-1)).toMatch(/^cannot listen for BGP on 127\.\S+:17901: .*EADDRINUSE/);
  a[Symbol.dispose]();
  await vi.waitFor(() => expect(troubles.at(-1)).toBeUndefined(), WAIT);
});

it('a namespace that does not exist is a reason', async () => {
  const a = newSpeaker();
  await a.use(configOf(A, [{ address: B, more: 'netns = no-such-netns' }]));
  expect(stateOf(a, 'to-2')?.unreachable).toMatch(/no-such-netns/);
});
