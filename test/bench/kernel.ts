/**
 * A full table into the kernel: ours beside `ip -batch`, the same routes, each in a fresh network namespace, in one run:
 * `npm run bench:kernel [-- --routes N]`. Root is needed. Figures of one run compare with each other only.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseConfig } from '../../src/config/mod.ts';
import { type Family, KernelBackend, newRouteKey, type RouteKey, RouteTable } from '../../src/fib/mod.ts';
import { createNamedNetns, deleteNamedNetns, ROUTE_PROTOCOL, withNetns } from '../../src/linux/mod.ts';
import { FULL_TABLE, FullTable, NEXT_HOPS } from './full-table.ts';

const METRIC = 20;
/** Beside `ip -batch`; and how long the event loop may be held up, in ms. */
const GOALS = { ratio: 2, p99Ms: 10, maxMs: 50 } as const;

const { values } = parseArgs({ options: { routes: { type: 'string', default: String(FULL_TABLE.all) } } });
const total = Number(values.routes);
if (!Number.isInteger(total) || total < 1 || total > 2_000_000) {
  throw new Error(`--routes ${values.routes}: a whole number from 1 to 2000000 is right`);
}
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

function asText({ family, w0, w1, length }: Readonly<RouteKey>, gateway: number): string {
  const rest = `proto ${ROUTE_PROTOCOL} metric ${METRIC}`;
  if (family === 4) {
    const address = [24, 16, 8, 0].map((shift) => (w0 >>> shift) & 255).join('.');
    return `route add ${address}/${length} via 192.0.2.${2 + gateway} ${rest}`;
  }
  const hex = [w0 >>> 16, w0 & 0xffff, w1 >>> 16, w1 & 0xffff].map((word) => word.toString(16)).join(':');
  return `route add ${hex}::/${length} via 2001:db8::${(2 + gateway).toString(16)} ${rest}`;
}

function runIpBatch(): number {
  const dir = mkdtempSync(join(tmpdir(), 'bench-kernel-'));
  try {
    const file = join(dir, 'batch');
    const [routes, key] = [new FullTable(total), newRouteKey()];
    const lines: string[] = [];
    for (let hop = routes.next(key); hop >= 0; hop = routes.next(key)) lines.push(`${asText(key, hop)}\n`);
    writeFileSync(file, lines.join(''));
    const start = performance.now();
    ip('-batch', file);
    return performance.now() - start;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** How long the event loop was held up, in ms. */
interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Measured {
  readonly ms: number;
  readonly cpuMs: number;
  readonly delay: Delay;
  /** Of a process that does nothing, at the same time: what the machine's other work is good for. */
  readonly idle: Delay;
}

/** Tells its own delay when its input ends. */
const IDLE_PROCESS = `
const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.stdout.write('ready ');
process.stdin.resume().on('end', () => {
  const [p50, p99, max] = [delay.percentile(50) / 1e6, delay.percentile(99) / 1e6, delay.max / 1e6];
  process.stdout.write(JSON.stringify({ p50, p99, max }));
});`;

/** Another process' event loop; the function ends it. */
async function watchIdle(): Promise<() => Promise<Delay>> {
  const child = spawn(process.execPath, ['-e', IDLE_PROCESS], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  await chunks.next();
  return async () => {
    child.stdin.end();
    return JSON.parse((await chunks.next()).value as string) as Delay;
  };
}

async function measure(work: () => Promise<void>): Promise<Measured> {
  const endIdle = await watchIdle();
  // The loop's clock still stands where what was done before began.
  await sleep(10);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  // What held the loop up at the very end is noted by its next turn.
  await sleep(10);
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const [p50, p99, max] = [delay.percentile(50) / 1e6, delay.percentile(99) / 1e6, delay.max / 1e6];
  const idle = await endIdle();
  return { ms, cpuMs: (user + system) / 1000, delay: { p50, p99, max }, idle };
}

async function runOurs(): Promise<{ readonly load: Measured; readonly withdrawal: Measured }> {
  const parsed = parseConfig('', 'bench.ini');
  if (!parsed.ok) throw new Error('the empty configuration has a mistake');
  const table = new RouteTable();
  const source = table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
  const groups = new Map(
    ([4, 6] as const).map((family) => [
      family as Family,
      Array.from({ length: NEXT_HOPS }, (_, n) => {
        const address = family === 4 ? `192.0.2.${2 + n}` : `2001:db8::${(2 + n).toString(16)}`;
        const hop = { family, address, weight: 1, interface: undefined };
        return table.groups.intern(family, { kind: 'forward', nextHops: [hop], labels: [] });
      }),
    ]),
  );
  const [routes, key] = [new FullTable(total), newRouteKey()];
  for (let hop = routes.next(key); hop >= 0; hop = routes.next(key)) {
    source.set(key, groups.get(key.family)?.[hop] ?? 0, 0);
  }
  const onError = (message: string): void => void process.stderr.write(`${message}\n`);
  const { kernel } = parsed.config.fib;
  await using backend = new KernelBackend(
    { table, config: kernel, kernelName: (name) => name, onError },
    'idle',
  );
  const load = await measure(() => backend.attach(netns));
  const there = count();
  if (there !== total || backend.status.programmed !== total) {
    throw new Error(
      `${there} routes are in the kernel, ${backend.status.programmed} by our count, not ${total}`,
    );
  }
  const withdrawal = await measure(() => backend.detach('done'));
  if (count() !== 0) throw new Error(`${count()} routes are left in the kernel`);
  return { load, withdrawal };
}

const rate = (ms: number): number => Math.round((total / ms) * 1000);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const cpu = ({ cpuMs }: Measured): string => `${((cpuMs * 1000) / total).toFixed(2)} µs of CPU a route`;
const goal = (words: string, isMet: boolean): string => `(goal: ${words}${isMet ? '' : ', MISSED'})`;
const figures = ({ p50, p99, max }: Delay): string =>
  `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`;
const held = ({ delay, idle }: Measured): string => {
  const words = `p99 under ${GOALS.p99Ms}, max under ${GOALS.maxMs}`;
  const isMet = delay.p99 < GOALS.p99Ms && delay.max < GOALS.maxMs;
  return `${figures(delay)} ${goal(words, isMet)}; of an idle process: ${figures(idle)}`;
};

try {
  fresh();
  const batchMs = runIpBatch();
  if (count() !== total) throw new Error(`ip -batch left ${count()} routes, not ${total}`);
  fresh();
  const { load, withdrawal } = await runOurs();
  const ratio = batchMs / load.ms;
  process.stdout.write(
    [
      `${total} routes by ${NEXT_HOPS} gateways of each family`,
      `ip -batch    ${rate(batchMs)} routes/s, ${seconds(batchMs)}`,
      `ours         ${rate(load.ms)} routes/s, ${seconds(load.ms)}, ${cpu(load)}`,
      `ratio        ${ratio.toFixed(2)} ${goal(`${GOALS.ratio} or more`, ratio >= GOALS.ratio)}`,
      `event loop   ${held(load)}`,
      `withdrawal   ${rate(withdrawal.ms)} routes/s, ${seconds(withdrawal.ms)}, ${cpu(withdrawal)}`,
      `event loop   ${held(withdrawal)}`,
      '',
    ].join('\n'),
  );
} finally {
  deleteNamedNetns(netns);
}
