/**
 * What telemetry costs at 1,000 interfaces, 8 workers and 2,500 graph nodes: `npm run bench:telemetry`. The segment and
 * the scraper are processes of their own; polls and scrapes are the product's, in this one. With VPP_BIN, its
 * vpp_prometheus_export serves the same segment for comparison.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startHttpServer } from '../../src/telemetry/mod.ts';
import { makeInterface, makeProvider, makeStatus, OWN_NAMES } from '../fixtures/status.ts';
import { StatsClient, type StatsSnapshot } from '../../src/vpp/stats/mod.ts';

const SIZE = { interfaces: 1000, workers: 8, nodes: 2500, errors: 4000 };
const POLLS = 300;
const REBUILDS = 40;
const SCRAPES = 200;
const GOALS = { pollCpuMs: 10, scrapeP99Ms: 60, longestRunMs: 10 };
const OPENMETRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
const EXPORT_PORT = 19_482;

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const dir = mkdtempSync(join(tmpdir(), 'bench-telemetry-'));
const socketPath = join(dir, 'stats.sock');
const here = import.meta.dirname;
const flags = ['--disable-warning=ExperimentalWarning'];

const emulator = spawn(process.execPath, [...flags, join(here, 'telemetry/serve-segment.ts'), socketPath], {
  env: { ...process.env, SIZE: JSON.stringify(SIZE) },
  stdio: ['pipe', 'pipe', 'inherit'],
});
try {
  await new Promise((resolve, reject) => {
    emulator.stdout.once('data', resolve);
    emulator.once('exit', () => reject(new Error('the segment could not be made')));
  });
  say(
    `${SIZE.interfaces} interfaces, ${SIZE.workers} workers, ${SIZE.nodes} nodes, ${SIZE.errors} errors, Node ${process.version}`,
  );
  const idle = await delayDuring(() => sleep(2000));
  say(`at rest: ${describe(idle)}`);
  const snapshot = await benchPolls(emulator);
  await benchScrapes(snapshot, 'text', 'text/plain');
  await benchScrapes(snapshot, 'OpenMetrics', OPENMETRICS);
  await benchExporter();
} finally {
  emulator.kill();
  rmSync(dir, { recursive: true, force: true });
}

/** Polls at a known structure, and polls that read the structure anew. */
async function benchPolls(segment: ChildProcess): Promise<StatsSnapshot> {
  using client = await StatsClient.attach(socketPath, { timeoutMs: 5000 });
  let snapshot = await client.readSnapshotInSlices();
  for (let i = 0; i < 50; i++) snapshot = await client.readSnapshotInSlices();
  const run = async (count: number, before: () => Promise<void>) => {
    const wall: number[] = [];
    let cpuUs = 0;
    const delay = await delayDuring(async () => {
      for (let i = 0; i < count; i++) {
        await before();
        const cpu = process.cpuUsage();
        const began = performance.now();
        snapshot = await client.readSnapshotInSlices();
        wall.push(performance.now() - began);
        const { user, system } = process.cpuUsage(cpu);
        cpuUs += user + system;
      }
    });
    return { cpuMs: cpuUs / 1000 / count, p99: quantile(wall, 0.99), delay };
  };
  const poll = await run(POLLS, () => sleep(10));
  say(
    `poll: ${poll.cpuMs.toFixed(2)} ms of CPU (goal < ${GOALS.pollCpuMs}${verdict(poll.cpuMs < GOALS.pollCpuMs)}), p99 ${poll.p99.toFixed(1)} ms; ${describe(poll.delay)}`,
  );
  const rebuild = await run(REBUILDS, async () => {
    segment.stdin?.write('\n');
    await sleep(30);
  });
  say(
    `poll after a change of the structure: ${rebuild.cpuMs.toFixed(2)} ms of CPU, p99 ${rebuild.p99.toFixed(1)} ms; ${describe(rebuild.delay)}`,
  );
  return snapshot;
}

async function benchScrapes(snapshot: StatsSnapshot, title: string, accept: string): Promise<void> {
  const names = snapshot.interfaceTable.names;
  const status = makeStatus({
    interfaces: names.map((name) => makeInterface(name, { speedMbps: 10_000 })),
  });
  const source = makeProvider({ snapshot, status: () => status });
  await using server = await startHttpServer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    source,
    names: OWN_NAMES,
    logger: () => {},
  });
  const [address] = server.addresses;
  const url = `http://127.0.0.1:${address !== undefined && 'port' in address ? address.port : 0}/metrics`;
  await scrape(url, 20, accept);
  const cpu = process.cpuUsage();
  let result = { durations: [0], bytes: 0, lines: 0 };
  const delay = await delayDuring(async () => {
    result = await scrape(url, SCRAPES, accept);
  });
  const { user, system } = process.cpuUsage(cpu);
  const p99 = quantile(result.durations, 0.99);
  say(
    `scrape, ${title}: ${result.lines} lines, ${(result.bytes / 1e6).toFixed(2)} MB; p50 ${quantile(result.durations, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (goal < ${GOALS.scrapeP99Ms}${verdict(p99 < GOALS.scrapeP99Ms)}), ${((user + system) / 1000 / SCRAPES).toFixed(1)} ms of CPU; ${describe(delay)}`,
  );
}

/** VPP's own exporter on the same segment. */
async function benchExporter(): Promise<void> {
  const program = join(dirname(process.env['VPP_BIN'] ?? '/nowhere/vpp'), 'vpp_prometheus_export');
  if (!existsSync(program)) {
    say('vpp_prometheus_export: not compared, VPP_BIN names no VPP that has it beside it');
    return;
  }
  const patterns = ['/if', '/err', '/sys', '/buffer-pools', '/mem'];
  const args = ['port', String(EXPORT_PORT), 'socket-name', socketPath, ...patterns];
  const exporter = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await sleep(1000);
    const url = `http://[::1]:${EXPORT_PORT}/metrics`;
    await scrape(url, 3, '');
    const { durations, bytes, lines } = await scrape(url, 30, '');
    say(
      `scrape of vpp_prometheus_export: ${lines} lines, ${(bytes / 1e6).toFixed(2)} MB; p50 ${quantile(durations, 0.5).toFixed(1)} ms, p99 ${quantile(durations, 0.99).toFixed(1)} ms`,
    );
  } catch (error) {
    say(`vpp_prometheus_export: not compared: ${String(error)}`);
  } finally {
    exporter.kill();
  }
}

async function scrape(
  url: string,
  count: number,
  accept: string,
): Promise<{ durations: number[]; bytes: number; lines: number }> {
  const args = [...flags, join(here, 'telemetry/scrape.ts'), url, String(count), accept];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as { durations: number[]; bytes: number; lines: number };
}

interface Delay {
  /** How much later than asked timers fire, in milliseconds: ours, and whatever else the machine does. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  /** The most CPU that this thread took between two turns of the event loop: that is ours alone. */
  readonly longestRunMs: number;
}

/** Looks at the event loop every millisecond while `work` runs. */
async function delayDuring(work: () => Promise<unknown>): Promise<Delay> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  let before = process.threadCpuUsage();
  let longestUs = 0;
  const ticker = setInterval(() => {
    const now = process.threadCpuUsage();
    longestUs = Math.max(longestUs, now.user - before.user + now.system - before.system);
    before = now;
  }, 1);
  histogram.enable();
  await work();
  histogram.disable();
  clearInterval(ticker);
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1);
  return {
    lateP99Ms: late(histogram.percentile(99)),
    lateMaxMs: late(histogram.max),
    longestRunMs: longestUs / 1000,
  };
}

function describe({ lateP99Ms, lateMaxMs, longestRunMs }: Delay): string {
  const isMet = longestRunMs < GOALS.longestRunMs;
  return `longest run ${longestRunMs.toFixed(1)} ms of CPU (goal < ${GOALS.longestRunMs}${verdict(isMet)}), timers late by ${lateP99Ms.toFixed(1)} ms at p99 and ${lateMaxMs.toFixed(1)} ms at most`;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

function verdict(isMet: boolean): string {
  return isMet ? ': met' : ': MISSED';
}
