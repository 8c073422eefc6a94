/** Leases of a DHCP server on an interface of the data plane: addresses and routes in its namespace. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { runDhcpEvent } from '../dhcp/mod.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import { wanFindings } from './status.ts';
import { WanClients } from './wan-clients.ts';

const LOGGER = { info() {}, warning() {}, error() {} };
const NETNS = `test-wan-${process.pid}`;
const isPossible = process.getuid?.() === 0;
const ip = (...args: string[]): string =>
  withNetns(NETNS, () => execFileSync('ip', args, { encoding: 'utf8' }).trim());

let directory: string;
let clients: WanClients;
/** The name servers that were announced. */
let announced: string[];

function config(keys: string): Config {
  const text = `[vpp]\nenabled = true\n[vpp.lcp]\nnetns = ${NETNS}\n[fib.kernel]\nimport = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe1\n[interface.xe1]\n${keys}`;
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

/** What udhcpc tells. */
const tell = (event: string, env: Readonly<Record<string, string>> = {}): void =>
  runDhcpEvent(event, {
    interface: 'xe1',
    mask: '24',
    serverid: '198.51.100.2',
    lease: '3600',
    ...env,
    APPLIANCE_DHCP_LEASE_FILE: join(directory, 'xe1.json'),
  });
const addresses = (): string[] =>
  [...ip('-o', '-4', 'address', 'show', 'dev', 'xe1').matchAll(/inet (\S+)/g)].map(([, text]) => text!);
const routes = (): string[] =>
  ip('route', 'show', 'proto', 'dhcp')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

describe.skipIf(!isPossible)('addresses by DHCP', () => {
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'wan-'));
    createNamedNetns(NETNS);
    ip('link', 'add', 'xe1', 'type', 'veth', 'peer', 'name', 'peer1');
    for (const name of ['xe1', 'peer1']) ip('link', 'set', name, 'up');
    announced = [];
    clients = new WanClients({
      logger: LOGGER,
      self: '/bin/true',
      directory,
      onNameServers: (netns, servers) => announced.push(`${netns === NETNS}: ${servers.join(' ')}`),
    });
    await clients.use(config('dhcp = true\n'));
  });
  afterEach(async () => {
    await clients.stop();
    deleteNamedNetns(NETNS);
    rmSync(directory, { recursive: true, force: true });
  });

  it('come with the gateway, change with the lease, and go with it', async () => {
    expect(clients.status).toEqual([
      { interface: 'xe1', state: 'waiting', reason: 'waiting for a DHCP server' },
    ]);
    tell('bound', { ip: '198.51.100.50', router: '198.51.100.2' });
    await expect.poll(addresses).toEqual(['198.51.100.50/24']);
    await expect.poll(routes).toEqual(['default via 198.51.100.2 dev xe1 metric 100']);
    expect(clients.status).toMatchObject([
      { state: 'bound', address: '198.51.100.50/24', gateway: '198.51.100.2', server: '198.51.100.2' },
    ]);
    tell('bound', { ip: '203.0.113.9', mask: '25', router: '203.0.113.1' });
    await expect.poll(addresses).toEqual(['203.0.113.9/25']);
    await expect.poll(routes).toEqual(['default via 203.0.113.1 dev xe1 metric 100']);
    // The lease is valid until it expires.
    tell('leasefail');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(addresses()).toEqual(['203.0.113.9/25']);
    tell('nak', { message: 'another network' });
    await expect.poll(addresses).toEqual([]);
    expect(routes()).toEqual([]);
    expect(clients.status).toEqual([
      { interface: 'xe1', state: 'waiting', reason: 'no lease: another network' },
    ]);
  });

  it('have classless routes in place of the gateway (RFC 3442), and those on the link', async () => {
    tell('bound', {
      ip: '198.51.100.50',
      router: '198.51.100.99',
      staticroutes: '10.77.0.0/16 198.51.100.2 203.0.113.0/24 0.0.0.0 0.0.0.0/0 198.51.100.3 x/8 1.2.3.4',
    });
    await expect
      .poll(() => routes().sort())
      .toEqual([
        '10.77.0.0/16 via 198.51.100.2 dev xe1 metric 100',
        '203.0.113.0/24 dev xe1 scope link metric 100',
        'default via 198.51.100.3 dev xe1 metric 100',
      ]);
  });

  it('bring name servers where the configuration takes them, which go with the lease', async () => {
    tell('bound', { ip: '198.51.100.50', dns: '192.0.2.53 192.0.2.54' });
    await expect.poll(() => clients.status).toMatchObject([{ state: 'bound' }]);
    expect(announced).toEqual([]);
    expect(clients.status[0]).not.toHaveProperty('nameServers');
    await clients.use(config('dhcp = true\ndhcp-dns = true\n'));
    expect(announced).toEqual(['true: 192.0.2.53 192.0.2.54']);
    expect(clients.status).toMatchObject([{ nameServers: ['192.0.2.53', '192.0.2.54'] }]);
    tell('renew', { ip: '198.51.100.50', dns: '192.0.2.55' });
    await expect.poll(() => announced.slice(1)).toEqual(['true: 192.0.2.55']);
    tell('nak', { message: 'another network' });
    await expect.poll(() => announced.slice(2)).toEqual(['true: ']);
    expect(wanFindings(clients.status).map(({ code }) => code)).toEqual(['no-lease']);
    tell('bound', { ip: '198.51.100.50' });
    await expect.poll(() => wanFindings(clients.status).map(({ code }) => code)).toEqual(['no-name-servers']);
  });

  it('have the TAP that the interface has in Linux', async () => {
    ip('link', 'set', 'xe1', 'name', 'wan0');
    await clients.use(config('dhcp = true\nhost-name = wan0\n'));
    runDhcpEvent('bound', {
      interface: 'wan0',
      mask: '24',
      ip: '198.51.100.50',
      router: '198.51.100.2',
      lease: '3600',
      APPLIANCE_DHCP_LEASE_FILE: join(directory, 'wan0.json'),
    });
    await expect.poll(() => ip('-o', '-4', 'address', 'show', 'dev', 'wan0')).toContain('198.51.100.50/24');
    expect(clients.status).toMatchObject([{ interface: 'xe1', state: 'bound' }]);
  });

  it('go when the configuration does not ask for them any more', async () => {
    tell('bound', { ip: '198.51.100.50', router: '198.51.100.2' });
    await expect.poll(addresses).toEqual(['198.51.100.50/24']);
    await clients.use(config(''));
    expect(addresses()).toEqual([]);
    expect(clients.status).toEqual([]);
    expect(clients.services).toEqual([]);
  });
});
