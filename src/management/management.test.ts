/**
 * The management interface in its own network namespace, with a veth pair for the cable and busybox's DHCP server at
 * the peer. The client runs this project's main program at each event, as on the box.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { libc } from '../linux/libc.ts';
import { listAddresses, readText } from '../linux/mod.ts';
import { listRoutes } from '../../test/fixtures/list-routes.ts';
import type { ManagementStatus } from '../management/status.ts';
import { readDhcpEnvironment } from '../dhcp/mod.ts';
import { DnsRelay } from './dns-relay.ts';
import { Management } from './management.ts';
import { renderResolvConf } from './resolv-conf.ts';

const CLONE_NEWNET = 0x4000_0000;
const BUSYBOX = '/usr/bin/busybox';
const MAIN = resolve(import.meta.dirname, '../main.ts');
const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const hasServer = spawnSync(BUSYBOX, ['udhcpd', '--help']).status === 0;

let home = -1;
let dir: string;
let management: Management | undefined;
let server: ChildProcess | undefined;
let changes: ManagementStatus[];
let timeServers: string[];

beforeAll(() => {
  if (!isRoot || !hasIp) return;
  home = openSync('/proc/thread-self/ns/net', 'r');
  // Applies to this thread and to what it spawns.
  if (libc.unshare(CLONE_NEWNET) !== 0) throw new Error('unshare failed');
  ip('link', 'set', 'lo', 'up');
});
afterAll(() => {
  if (home < 0) return;
  libc.setns(home, CLONE_NEWNET);
  closeSync(home);
});

beforeEach((ctx: TestContext) => {
  if (!isRoot || !hasIp) ctx.skip('network namespaces need root and ip');
  dir = mkdtempSync(join(tmpdir(), 'appliance-management-'));
  const self = join(dir, 'self');
  writeFileSync(
    self,
    `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${MAIN}' "$@"\n`,
  );
  chmodSync(self, 0o755);
  changes = [];
  timeServers = [];
  ip('link', 'add', 'mgmt0', 'type', 'veth', 'peer', 'name', 'peer0');
  ip('addr', 'add', '192.0.2.1/24', 'dev', 'peer0');
  ip('link', 'set', 'peer0', 'up');
});
afterEach(async () => {
  await management?.stop();
  management = undefined;
  server?.kill('SIGKILL');
  server = undefined;
  if (home >= 0) spawnSync('ip', ['link', 'del', 'peer0']);
  rmSync(dir, { recursive: true, force: true });
});

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function config(text: string): Config {
  const parsed = parseConfig(`[management]\n${text}\n`, 'appliance.ini');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.config;
}

function start(text: string, chosen?: string, relay?: DnsRelay): Promise<void> {
  management = new Management({
    config: config(text),
    logger: { info() {}, warning() {}, error() {} },
    chooseInterface: () => chosen,
    self: join(dir, 'self'),
    onChange: (status) => void changes.push(status),
    onTimeServers: (servers, source) => void timeServers.push(`${source}: ${servers.join(' ')}`),
    runDir: join(dir, 'run'),
    resolvConf: join(dir, 'etc/resolv.conf'),
    ...(relay === undefined ? {} : { relay }),
  });
  return management.start();
}

async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) {
      const output = management?.service?.log().map(({ line }) => line) ?? [];
      throw new Error(`timed out: ${JSON.stringify(management?.status)}\n${output.join('\n')}`);
    }
    await sleep(20);
  }
}

/** Starts a DHCP server on the peer; options as in udhcpd.conf. */
function serve(...options: string[]): void {
  server?.kill('SIGKILL');
  const conf = join(dir, 'udhcpd.conf');
  writeFileSync(join(dir, 'leases'), '');
  const lines = ['start 192.0.2.100', 'end 192.0.2.100', 'interface peer0', `lease_file ${dir}/leases`];
  lines.push(`pidfile ${dir}/udhcpd.pid`, 'option subnet 255.255.255.0', 'option lease 600', ...options);
  writeFileSync(conf, `${lines.join('\n')}\n`);
  server = spawn(BUSYBOX, ['udhcpd', '-f', conf], { stdio: 'ignore' });
}

const isReady = (): boolean => management?.status.state === 'ready';
const resolvConf = (): string => readFileSync(join(dir, 'etc/resolv.conf'), 'utf8');
const ipv4 = (): string[] =>
  listAddresses('mgmt0')
    .filter(({ family }) => family === 4)
    .map(({ address, length }) => `${address}/${length}`);
const gateways = (): (string | undefined)[] =>
  listRoutes({ family: 4, table: 254 })
    .filter(({ length }) => length === 0)
    .flatMap(({ nextHops }) => nextHops.map(({ gateway }) => gateway));

const STATIC = 'interface = mgmt0\naddress = 192.0.2.10/24\ngateway = 192.0.2.1\n';

describe('a static management interface', () => {
  it('has its address, gateway and name servers, and learns IPv6 from the network', async () => {
    await start(`${STATIC}dns = 192.0.2.53, 2001:db8::53\nntp = ntp.example.net`);
    expect(management?.status).toMatchObject({
      state: 'ready',
      method: 'static',
      gateway: '192.0.2.1',
      dns: ['192.0.2.53', '2001:db8::53'],
    });
    expect(ipv4()).toEqual(['192.0.2.10/24']);
    expect(gateways()).toEqual(['192.0.2.1']);
    expect(resolvConf()).toBe('nameserver 192.0.2.53\nnameserver 2001:db8::53\n');
    expect(timeServers).toEqual(['configuration: ntp.example.net']);
    const acceptRa = readText('/proc/sys/net/ipv6/conf/mgmt0/accept_ra');
    expect([undefined, '2']).toContain(acceptRa);
  });

  it('directs the programs of the box to the relay, which queries the name servers', async () => {
    const nameServer = createSocket('udp4');
    nameServer.bind(53, '127.0.0.57');
    await once(nameServer, 'listening');
    using relay = new DnsRelay({ onError: expect.unreachable });
    await start(`${STATIC}dns = 127.0.0.57`, undefined, relay);
    expect(resolvConf()).toBe('nameserver 127.0.0.53\n');
    const resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers(['127.0.0.53']);
    const asked = once(nameServer, 'message');
    void resolver.resolve4('rpki.example').catch(() => undefined);
    const [question] = (await asked) as [Buffer];
    expect(question.toString('latin1')).toContain('\x04rpki\x07example');
    nameServer.close();
  });

  it('changes only what differs', async () => {
    await start(`${STATIC}dns = 192.0.2.53`);
    // A foreign address shows that the interface was not touched.
    ip('addr', 'add', '198.51.100.1/32', 'dev', 'mgmt0');
    await management?.reconfigure(config(`${STATIC}dns = 192.0.2.54\nntp = 192.0.2.123`));
    expect(resolvConf()).toBe('nameserver 192.0.2.54\n');
    expect(timeServers.at(-1)).toBe('configuration: 192.0.2.123');
    expect(ipv4()).toEqual(['192.0.2.10/24', '198.51.100.1/32']);

    await management?.reconfigure(
      config('interface = mgmt0\naddress = 192.0.2.20/24\ngateway = 192.0.2.2\ndns = 192.0.2.54'),
    );
    expect(ipv4().toSorted()).toEqual(['192.0.2.20/24', '198.51.100.1/32']);
    expect(gateways()).toEqual(['192.0.2.2']);

    await management?.reconfigure(config('interface = mgmt0\naddress = 2001:db8::10/64'));
    expect(ipv4()).toEqual(['198.51.100.1/32']);
    expect(gateways()).toEqual([]);
    expect(management?.status).toHaveProperty(
      'addresses',
      expect.arrayContaining(['2001:db8::10/64']) as string[],
    );
  });

  it('reports that the link is lost, and that it is back', async () => {
    await start(STATIC);
    expect(isReady()).toBe(true);
    ip('link', 'set', 'peer0', 'down');
    await until(() => management?.status.state === 'configuring');
    expect(management?.status).toMatchObject({
      reason: expect.stringMatching(/^mgmt0 has no link .*192\.0\.2\.10/),
    });
    expect(changes.at(-1)).toMatchObject({ state: 'configuring' });
    ip('link', 'set', 'peer0', 'up');
    await until(isReady);
    expect(changes.at(-1)).toMatchObject({ state: 'ready' });
  });

  it('reports that the interface was removed, and configures it when it is back', async () => {
    await start(STATIC);
    ip('link', 'del', 'peer0');
    await until(() => management?.status.state === 'failed');
    expect(management?.status).toMatchObject({ reason: 'interface mgmt0 was removed' });
    ip('link', 'add', 'mgmt0', 'type', 'veth', 'peer', 'name', 'peer0');
    ip('link', 'set', 'peer0', 'up');
    await until(isReady);
    expect(ipv4()).toEqual(['192.0.2.10/24']);
  });

  it('is the first unused interface when none is configured', async () => {
    await start('address = 192.0.2.10/24', 'mgmt0');
    expect(management?.status).toMatchObject({ state: 'ready', interface: 'mgmt0' });
    expect(management?.interfaceName).toBe('mgmt0');
  });

  it('rejects an impossible setting with the reason, and accepts the next configuration', async () => {
    await start(STATIC);
    const wrong = config('interface = mgmt0\naddress = 192.0.2.10/24\ngateway = 192.0.2.7');
    // No gateway is reachable over an interface that is down.
    ip('link', 'set', 'mgmt0', 'down');
    await expect(management?.reconfigure(wrong)).rejects.toThrow(/^management: replaceRoute/);
    expect(management?.status).toMatchObject({ state: 'failed' });
    ip('link', 'set', 'mgmt0', 'up');
    await management?.reconfigure(config(STATIC));
    expect(isReady()).toBe(true);
  });

  it('moves to another interface and leaves nothing on the old one', async () => {
    await start(STATIC);
    await management?.reconfigure(config('interface = peer0\naddress = 192.0.2.30/24'));
    expect(management?.status).toMatchObject({ state: 'ready', interface: 'peer0' });
    expect(ipv4()).toEqual([]);
    expect(gateways()).toEqual([]);
  });
});

describe('a management interface by DHCP', () => {
  const needServer = (ctx: TestContext): void => {
    if (!hasServer) ctx.skip('no busybox with a DHCP server');
  };

  it('uses the lease for everything, and for the gateway even when the configuration names another', async (ctx) => {
    needServer(ctx);
    serve(
      'option router 192.0.2.1',
      'option dns 192.0.2.53',
      'option domain lab.example.net',
      'option ntpsrv 192.0.2.123 192.0.2.124',
    );
    await start('interface = mgmt0\naddress = dhcp\ngateway = 192.0.2.99');
    await until(isReady);
    expect(management?.status).toMatchObject({
      method: 'dhcp',
      gateway: '192.0.2.1',
      dns: ['192.0.2.53'],
      lease: { server: '192.0.2.1' },
    });
    expect(ipv4()).toEqual(['192.0.2.100/24']);
    expect(gateways()).toEqual(['192.0.2.1']);
    expect(resolvConf()).toBe('search lab.example.net\nnameserver 192.0.2.53\n');
    expect(timeServers.at(-1)).toBe('dhcp: 192.0.2.123 192.0.2.124');

    const pid = management?.service?.pid;
    await management?.reconfigure(
      config('interface = mgmt0\naddress = dhcp\ndns = 198.51.100.53\nntp = ntp.example.net'),
    );
    expect(management?.service?.pid).toBe(pid);
    expect(resolvConf()).toBe('search lab.example.net\nnameserver 198.51.100.53\n');
    expect(timeServers.at(-1)).toBe('configuration: ntp.example.net');
    expect(ipv4()).toEqual(['192.0.2.100/24']);

    await management?.reconfigure(config('interface = mgmt0\naddress = 192.0.2.10/24'));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(ipv4()).toEqual(['192.0.2.10/24']);
    expect(gateways()).toEqual([]);
    expect(resolvConf()).toBe('');

    await management?.reconfigure(config('interface = mgmt0\naddress = dhcp'));
    await until(isReady);
    expect(ipv4()).toEqual(['192.0.2.100/24']);
  });

  it('waits for a server without blocking, and renews when the link comes back', async (ctx) => {
    needServer(ctx);
    await start('interface = mgmt0\naddress = dhcp');
    expect(management?.status).toMatchObject({ state: 'configuring', reason: 'waiting for a DHCP server' });
    await until(() =>
      /no lease/.test('reason' in (changes.at(-1) ?? {}) ? JSON.stringify(changes.at(-1)) : ''),
    );
    serve('option router 192.0.2.1');
    await until(isReady);
    ip('link', 'set', 'peer0', 'down');
    await until(() => !isReady());
    serve('option router 192.0.2.3');
    ip('link', 'set', 'peer0', 'up');
    await until(() => gateways()[0] === '192.0.2.3');
    expect(gateways()).toEqual(['192.0.2.3']);
  }, 90_000);
});

describe('the contents of a lease', () => {
  const env = { interface: 'eth0', ip: '192.0.2.5', mask: '24', serverid: '192.0.2.1' };
  const leaseOf = (more: NodeJS.ProcessEnv) => {
    const event = readDhcpEnvironment('bound', { ...env, ...more });
    if (!('lease' in event)) throw new Error('no lease');
    return event.lease;
  };

  it('include time servers and search domains when they are valid', () => {
    expect(leaseOf({})).toMatchObject({ ntp: [], searchDomains: [] });
    expect(leaseOf({ ntpsrv: '192.0.2.1 x 192.0.2.2', domain: 'a.example' })).toMatchObject({
      ntp: ['192.0.2.1', '192.0.2.2'],
      searchDomains: ['a.example'],
    });
    expect(leaseOf({ domain: 'a.example', search: 'b.example c.example.' }).searchDomains).toEqual([
      'b.example',
      'c.example.',
    ]);
    expect(leaseOf({ search: 'ok -no no- a..b x\tnameserver\n192.0.2.66;y' }).searchDomains).toEqual([
      'ok',
      'x',
      'nameserver',
    ]);
    expect(leaseOf({ search: 'a b c d e f g h' }).searchDomains).toHaveLength(6);
  });

  it('become a resolv.conf, or an empty one', () => {
    expect(renderResolvConf({ dns: [], searchDomains: [] })).toBe('');
    expect(renderResolvConf({ dns: ['192.0.2.1'], searchDomains: ['a', 'b'] })).toBe(
      'search a b\nnameserver 192.0.2.1\n',
    );
  });
});
