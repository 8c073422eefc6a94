/** The kernel as the data plane, with another configuration while it forwards: in a network namespace of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';

const netns = `test-kernel-${process.pid}`;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const WAIT_MS = 30_000;
const source = (path: string): string => new URL(`../../src/${path}`, import.meta.url).href;

/** Both ends are ours; `xe0` and `xe1` of the configuration are the kernel's t0 and t1. */
const PRELUDE = `
import { execFileSync } from 'node:child_process';
import { Fib, KernelBackend } from '${source('fib/mod.ts')}';
import { KernelInterfaces } from '${source('interfaces/mod.ts')}';
import { parseConfig } from '${source('config/mod.ts')}';
const ip = (...args) => execFileSync('ip', args, { encoding: 'utf8' });
const read = (text) => {
  const nics = '[vpp.dpdk.interface.0000:03:00.0]\\nname = xe0\\n[vpp.dpdk.interface.0000:03:00.1]\\nname = xe1\\n';
  const parsed = parseConfig(nics + text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
};
const names = new Map([['xe0', 't0'], ['xe1', 't1']]);
const kernelName = (name) => names.get(name);
const find = (name) => (names.has(name) ? { ifName: names.get(name) } : { reason: 'there is no ' + name });
const place = { find, run: (body) => body() };
const start = async (text) => {
  const config = read(text);
  const verdict = { lacks: [], isPromiscuous: false };
  globalThis.interfaces = new KernelInterfaces(config, place, () => verdict);
  const onError = (message) => console.error(message);
  const options = { config: config.fib.vpp, routes: config.routes, resolveInterface: () => undefined, onError };
  globalThis.routes = new Fib(options);
  globalThis.fib = new KernelBackend({ table: routes.table, config: config.fib.kernel, kernelName, onError }, 'idle');
  interfaces.apply();
  await fib.attach(undefined);
};
const change = async (text) => {
  const config = read(text);
  const isOther = interfaces.reconfigure(config);
  routes.setRoutes(config.routes);
  if (isOther) await fib.recheck();
  await fib.settled();
};
const show = () => {
  const links = JSON.parse(ip('-j', 'addr'));
  const routes = [...JSON.parse(ip('-j', 'route')), ...JSON.parse(ip('-6', '-j', 'route'))];
  return {
    links: Object.fromEntries(links.filter(({ ifname }) => /^t\\d$/.test(ifname)).map((link) => [link.ifname, {
      mtu: link.mtu,
      up: link.flags.includes('UP'),
      addresses: link.addr_info.filter(({ scope }) => scope === 'global').map((one) => one.local + '/' + one.prefixlen).sort(),
    }])),
    routes: routes.filter(({ protocol }) => protocol === '167').map((one) => one.dst + ' ' + (one.gateway ?? one.type)).sort(),
    status: fib.status,
  };
};
`;

/** What the script prints as JSON, run inside the namespace. */
function run(body: string): Record<string, unknown>[] {
  const script = `${PRELUDE}\nconst seen = [];\n${body}\nprocess.stdout.write(JSON.stringify(seen), () => process.exit());`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const out = withNetns(netns, () => execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return JSON.parse(out) as Record<string, unknown>[];
}

describe('the kernel as the data plane', () => {
  beforeEach((ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('network namespaces need root');
    if (spawnSync('ip', ['-V']).status !== 0) ctx.skip('iproute2 makes the links');
    createNamedNetns(netns);
    withNetns(netns, () => {
      for (const n of [0, 1]) {
        execFileSync('ip', ['link', 'add', `t${n}`, 'type', 'veth', 'peer', 'name', `peer${n}`]);
        execFileSync('ip', ['link', 'set', `peer${n}`, 'up']);
      }
    });
  });
  afterEach(() => {
    if (process.getuid?.() === 0) deleteNamedNetns(netns);
  });

  it('takes addresses, MTU, admin state and routes as a difference', () => {
    const [before, after] = run(`
      await start('[interface.xe0]\\naddresses = 192.0.2.1/24, 192.0.2.2/24, 2001:db8::1/64\\nmtu = 1400\\n' +
        '[interface.xe1]\\naddresses = 198.51.100.1/24\\n' +
        '[route]\\n10.0.0.0/8 = 192.0.2.254\\n10.1.0.0/16 = 198.51.100.254\\n10.2.0.0/16 = blackhole\\n');
      seen.push(show());
      await change('[interface.xe0]\\naddresses = 192.0.2.2/24, 192.0.2.3/24, 2001:db8::1/64\\n' +
        '[route]\\n10.0.0.0/8 = 192.0.2.254\\n10.2.0.0/16 = 192.0.2.253\\n10.3.0.0/16 = unreachable\\n');
      seen.push(show());
    `);
    expect(before).toMatchObject({
      links: {
        t0: { mtu: 1400, up: true, addresses: ['192.0.2.1/24', '192.0.2.2/24', '2001:db8::1/64'] },
        t1: { mtu: 1500, up: true, addresses: ['198.51.100.1/24'] },
      },
      routes: ['10.0.0.0/8 192.0.2.254', '10.1.0.0/16 198.51.100.254', '10.2.0.0/16 blackhole'],
    });
    // The kernel took 192.0.2.2 and the route of 10.0.0.0/8 away with 192.0.2.1: both are there again.
    expect(after).toMatchObject({
      links: {
        t0: { mtu: 1500, up: true, addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::1/64'] },
        t1: { mtu: 1500, up: false, addresses: [] },
      },
      routes: ['10.0.0.0/8 192.0.2.254', '10.2.0.0/16 192.0.2.253', '10.3.0.0/16 unreachable'],
      status: { desired: 3, programmed: 3, failed: 0, status: { state: 'synced' } },
    });
  });

  it('does not touch a route that is the same, puts back what was taken, and says what cannot be reached', () => {
    const [same, after, withdrawn] = run(`
      const base = '[interface.xe0]\\naddresses = 192.0.2.1/24\\n[route]\\n10.0.0.0/8 = 192.0.2.254\\n';
      await start(base);
      const { batches } = fib.status;
      await change(base);
      seen.push({ batches: fib.status.batches - batches });
      ip('route', 'del', '10.0.0.0/8', 'metric', '20', 'proto', '167');
      await change(base + '10.1.0.0/16 = 203.0.113.1\\n');
      while (show().routes.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(show());
      await fib.detach('idle');
      interfaces.withdraw();
      seen.push(show());
    `);
    expect(same).toEqual({ batches: 0 });
    expect(after).toMatchObject({
      routes: ['10.0.0.0/8 192.0.2.254'],
      status: {
        desired: 2,
        programmed: 1,
        failed: 0,
        unresolved: 1,
        failures: [{ prefix: '10.1.0.0/16', reason: 'Nexthop has invalid gateway' }],
      },
    });
    expect(withdrawn).toMatchObject({ routes: [], links: { t0: { addresses: [] } } });
  });

  it('only remembers what is wanted while VPP is the data plane', () => {
    const [idle, active] = run(`
      await start('[interface.xe0]\\naddresses = 192.0.2.1/24\\n');
      await fib.detach('idle');
      interfaces.withdraw();
      await change('[interface.xe0]\\naddresses = 192.0.2.9/24\\n[route]\\n10.0.0.0/8 = 192.0.2.254\\n');
      seen.push(show());
      interfaces.apply();
      await fib.attach(undefined);
      seen.push(show());
    `);
    expect(idle).toMatchObject({ routes: [], links: { t0: { addresses: [] } } });
    expect(active).toMatchObject({
      routes: ['10.0.0.0/8 192.0.2.254'],
      links: { t0: { addresses: ['192.0.2.9/24'] } },
    });
  });

  it('has no route of ours any more when `appliance run` was asked to end', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kernel-run-'));
    const config = join(dir, 'appliance.ini');
    const lines = ['[vpp]', 'enabled = false', '[http]', 'listen = 127.0.0.1:0', '[route]'];
    const total = 2_000;
    for (let n = 0; n < total; n++) lines.push(`10.${n >> 8}.${n & 255}.0/24 = blackhole`);
    writeFileSync(config, lines.join('\n'));
    const ours = (): number =>
      withNetns(netns, () => execFileSync('ip', ['route', 'show', 'proto', '167'], { encoding: 'utf8' }))
        .split('\n')
        .filter((line) => line !== '').length;
    const args = ['--disable-warning=ExperimentalWarning', MAIN, 'run', '--config', config, '--run-dir', dir];
    const child = withNetns(netns, () =>
      spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    try {
      for (const start = Date.now(); ours() !== total; ) {
        if (Date.now() - start > WAIT_MS) throw new Error(`${ours()} routes are programmed:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(output).toMatch(/kernel routes removed done in \d+ ms: 2000 routes/);
      expect(ours()).toBe(0);
    } finally {
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
