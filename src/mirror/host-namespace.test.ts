/** What is heard of the namespace of VPP's TAPs, with a real one; what follows from it is in test/system/mirror.test.ts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import { HostNamespace } from './host-namespace.ts';

const NETNS = `host-${process.pid}`;
const isPossible = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0;

let host: HostNamespace;
let prepared: number;
let changes: number;
let errors: string[];

const soon = <T>(probe: () => T) => expect.poll(probe, { timeout: 10_000 });

/** A namespace with one link that is up. */
function create(link: string): void {
  createNamedNetns(NETNS);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', `${link}-peer`);
  ip('link', 'set', link, 'up');
}

function ip(...args: string[]): void {
  withNetns(NETNS, () => execFileSync('ip', args));
}

/** Waits until nothing is reported any more. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== changes; await sleep(500)) before = changes;
}

describe.skipIf(!isPossible)('the namespace of the TAPs', () => {
  beforeEach(() => {
    prepared = changes = 0;
    errors = [];
    host = new HostNamespace({
      netns: NETNS,
      prepare: () => {
        prepared += 1;
      },
      onChange: () => {
        changes += 1;
      },
      onError: (message) => errors.push(message),
    });
  });
  afterEach(() => {
    host[Symbol.dispose]();
    deleteNamedNetns(NETNS);
  });

  it('is prepared and heard when it is created later, and when another one takes its name', async () => {
    expect(host.read()).toBeUndefined();
    create('xe0');
    // It is found without a reading.
    await soon(() => changes).toBeGreaterThan(0);
    expect(prepared).toBe(1);
    expect(host.read()?.get('xe0')).toMatchObject({ isUp: true, addresses: [] });
    deleteNamedNetns(NETNS);
    create('xe1');
    await soon(() => prepared).toBe(2);
    expect([...(host.read()?.keys() ?? [])]).not.toContain('xe0');
    expect(host.read()?.get('xe1')).toMatchObject({ isUp: true });
    await quiet();
    const before = changes;
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe1');
    await soon(() => changes).toBeGreaterThan(before);
    expect(host.read()?.get('xe1')?.addresses).toEqual([{ family: 4, address: '192.0.2.1', length: 24 }]);
    deleteNamedNetns(NETNS);
    await soon(() => host.read()).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it.each([
    ['a link goes down', 'ip link set xe0 down'],
    ['an IPv4 address comes', 'ip address add 192.0.2.1/24 dev xe0'],
    ['an IPv6 address comes', 'ip address add 2001:db8::1/64 dev xe0'],
    ['a link comes', 'ip link add xe9 type veth peer name peer9'],
    ['a link answers ARP for others', 'echo 1 >/proc/sys/net/ipv4/conf/xe0/proxy_arp'],
  ])('reports that %s', async (_, change) => {
    create('xe0');
    await soon(() => changes).toBeGreaterThan(0);
    await quiet();
    const before = changes;
    withNetns(NETNS, () => execFileSync('sh', ['-c', change]));
    await soon(() => changes).toBeGreaterThan(before);
  });
});
