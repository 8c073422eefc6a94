/**
 * Routes into the kernel: ours beside `ip -batch`, the same routes, each in a fresh network namespace, in one run:
 * `npm run bench:kernel [-- --routes N]`. Root is needed. Figures of one run compare with each other only.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { parseConfig } from '../../src/config/mod.ts';
import { KernelBackend, newRouteKey, RouteTable } from '../../src/fib/mod.ts';
import { createNamedNetns, deleteNamedNetns, ROUTE_PROTOCOL, withNetns } from '../../src/linux/mod.ts';

const GATEWAYS = 64;
const METRIC = 20;
const IPV4_SHARE = 0.83;
const GOAL = 2;

const { values } = parseArgs({ options: { routes: { type: 'string', default: '200000' } } });
const total = Number(values.routes);
if (!Number.isInteger(total) || total < 1 || total > 2_000_000) {
  throw new Error(`--routes ${values.routes}: a whole number from 1 to 2000000 is right`);
}
const ipv4 = Math.round(total * IPV4_SHARE);
const netns = `bench-kernel-${process.pid}`;

function ip(...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8', maxBuffer: 2 ** 30 }));
}

/** A namespace with one link, on which all gateways are. */
function fresh(): void {
  deleteNamedNetns(netns);
  createNamedNetns(netns);
  ip('link', 'add', 'b0', 'type', 'veth', 'peer', 'name', 'b0peer');
  ip('link', 'set', 'b0peer', 'up');
  ip('link', 'set', 'b0', 'up');
  ip('addr', 'add', '192.0.2.1/24', 'dev', 'b0');
  ip('addr', 'add', '2001:db8::1/64', 'dev', 'b0', 'nodad');
}

/** The routes in the namespace, as iproute2 counts them. */
function count(): number {
  const lines = (family: string): number =>
    ip(family, 'route', 'show', 'proto', String(ROUTE_PROTOCOL)).split('\n').length - 1;
  return lines('-4') + lines('-6');
}

/** The nth destination: /24 from 16.0.0.0 on, /48 from 2a00:: on. */
const ipv4Word = (n: number): number => (0x1000_0000 + n * 256) >>> 0;
const ipv6Words = (n: number): [number, number] => [
  (0x2a00_0000 | (n >>> 16)) >>> 0,
  ((n & 0xffff) << 16) >>> 0,
];

function asText(n: number): string {
  const gateway = n % GATEWAYS;
  const rest = `proto ${ROUTE_PROTOCOL} metric ${METRIC}`;
  if (n < ipv4) {
    const word = ipv4Word(n);
    const address = [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
    return `route add ${address}/24 via 192.0.2.${2 + gateway} ${rest}`;
  }
  const [w0, w1] = ipv6Words(n - ipv4);
  const hex = [w0 >>> 16, w0 & 0xffff, w1 >>> 16].map((word) => word.toString(16)).join(':');
  return `route add ${hex}::/48 via 2001:db8::${(2 + gateway).toString(16)} ${rest}`;
}

function runIpBatch(): number {
  const dir = mkdtempSync(join(tmpdir(), 'bench-kernel-'));
  try {
    const file = join(dir, 'batch');
    writeFileSync(file, Array.from({ length: total }, (_, n) => `${asText(n)}\n`).join(''));
    const start = performance.now();
    ip('-batch', file);
    return performance.now() - start;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function runOurs(): Promise<{ addMs: number; removeMs: number; cpuMs: number; delayMaxMs: number }> {
  const parsed = parseConfig('', 'bench.ini');
  if (!parsed.ok) throw new Error('the empty configuration has a mistake');
  const table = new RouteTable();
  const source = table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
  const key = newRouteKey();
  const groups = [4, 6].map((family) =>
    Array.from({ length: GATEWAYS }, (_, n) => {
      const address = family === 4 ? `192.0.2.${2 + n}` : `2001:db8::${(2 + n).toString(16)}`;
      const hop = { family: family as 4 | 6, address, weight: 1, interface: undefined };
      return table.groups.intern(family as 4 | 6, { kind: 'forward', nextHops: [hop], labels: [] });
    }),
  );
  for (let n = 0; n < total; n++) {
    key.family = n < ipv4 ? 4 : 6;
    key.length = n < ipv4 ? 24 : 48;
    [key.w0, key.w1] = n < ipv4 ? [ipv4Word(n), 0] : ipv6Words(n - ipv4);
    source.set(key, groups[n < ipv4 ? 0 : 1]?.[n % GATEWAYS] ?? 0, 0);
  }
  const onError = (message: string): void => void process.stderr.write(`${message}\n`);
  const { kernel } = parsed.config.fib;
  using backend = new KernelBackend({ table, config: kernel, kernelName: (name) => name, onError }, 'idle');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  // The loop's clock still stands where the filling of the table began.
  await new Promise((resolve) => setTimeout(resolve, 10));
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await backend.attach(netns);
  const addMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const there = count();
  if (there !== total || backend.status.programmed !== total) {
    throw new Error(
      `${there} routes are in the kernel, ${backend.status.programmed} by our count, not ${total}`,
    );
  }
  const removal = performance.now();
  await backend.detach('done');
  const removeMs = performance.now() - removal;
  if (count() !== 0) throw new Error(`${count()} routes are left in the kernel`);
  return { addMs, removeMs, cpuMs: (user + system) / 1000, delayMaxMs: delay.max / 1e6 };
}

const rate = (ms: number): number => Math.round((total / ms) * 1000);

try {
  fresh();
  const batchMs = runIpBatch();
  if (count() !== total) throw new Error(`ip -batch left ${count()} routes, not ${total}`);
  fresh();
  const ours = await runOurs();
  const ratio = batchMs / ours.addMs;
  const verdict = `goal: ${GOAL} or more${ratio >= GOAL ? '' : ', MISSED'}`;
  const cpu = ((ours.cpuMs * 1000) / total).toFixed(2);
  process.stdout.write(
    [
      `${total} routes, ${ipv4} of them IPv4, by ${GATEWAYS} gateways of each family`,
      `ip -batch   ${rate(batchMs)} routes/s`,
      `ours        ${rate(ours.addMs)} routes/s; removed ${rate(ours.removeMs)} routes/s`,
      `ratio       ${ratio.toFixed(2)} (${verdict})`,
      `            ${cpu} µs of CPU a route, event loop held up ${ours.delayMaxMs.toFixed(1)} ms at most`,
      '',
    ].join('\n'),
  );
} finally {
  deleteNamedNetns(netns);
}
