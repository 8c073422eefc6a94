/**
 * A Prometheus of Debian scrapes `appliance run` for a minute, on loopback, while VPP (the emulator) is killed twice.
 * What an operator would see is asked of Prometheus itself: no scrape fails, every fall of a counter is a new life of
 * VPP that began at zero, and the alert of a restart fires.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPrometheus, WITHOUT_PROMETHEUS } from '../monitoring/prometheus.ts';
import { RunningAppliance, withOwnVpp } from './running-appliance.ts';

const ALERTS = resolve(import.meta.dirname, '../../docs/monitoring/alerts.yml');
const SCRAPED_SECONDS = 60;
/** The emulator counts a packet and sw_if_index more, ten times a second. */
const MAX_PACKETS_PER_SECOND = 10 * 20;
const COUNTERS = ['vpp_interface_receive_packets_total', 'vpp_interface_transmit_bytes_total'];

let dir: string;
let prometheus: ChildProcess | undefined;
let output = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prometheus-'));
});
afterEach(async () => {
  if (prometheus !== undefined && prometheus.exitCode === null && prometheus.signalCode === null) {
    const gone = once(prometheus, 'exit');
    prometheus.kill('SIGTERM');
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

function startPrometheus(program: string, args: readonly string[]): void {
  prometheus = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  prometheus.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function until<T>(what: string, probe: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    // not there yet
    const value = await probe().catch(() => undefined);
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}\n${output}`);
    await sleep(100);
  }
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as T;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

it('every fall of a counter is a new life of VPP, and no scrape fails', { timeout: 240_000 }, async (ctx) => {
  const found = findPrometheus();
  if (found === undefined) {
    ctx.skip(WITHOUT_PROMETHEUS);
    return;
  }
  const prometheusPort = await freePort();
  const more = `[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
`;
  await using appliance = await RunningAppliance.serving(withOwnVpp({ more }));
  /** The pid of a VPP that is connected and has its route, and is not the one named. */
  const connected = async (notPid = 0): Promise<number> => {
    const { vpp } = await appliance.until(
      'VPP is connected',
      ({ vpp: { api, pid: now }, fib }) =>
        api.state === 'connected' && fib[0]?.programmed === 1 && now !== undefined && now !== notPid,
    );
    return vpp.pid ?? 0;
  };
  let pid = await connected();

  copyFileSync(ALERTS, join(dir, 'alerts.yml'));
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [alerts.yml]
scrape_configs:
  - job_name: appliance
    static_configs: [{ targets: ['${new URL(appliance.url).host}'] }]
`,
  );
  startPrometheus(found.prometheus, [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
  const query = async (expression: string): Promise<Series[]> => {
    const url = `http://127.0.0.1:${prometheusPort}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { data } = await json<{ data: { result: Series[] } }>(url);
    return data.result;
  };
  await until('the first scrape', async () => ((await query('up[1m]')).length > 0 ? true : undefined));
  const began = performance.now();
  for (const _ of [1, 2]) {
    await sleep((SCRAPED_SECONDS * 1000) / 4);
    process.kill(pid, 'SIGKILL');
    pid = await connected(pid);
  }
  await sleep(Math.max(0, SCRAPED_SECONDS * 1000 - (performance.now() - began)));

  const [up] = await query(`up{job="appliance"}[10m]`);
  expect(up?.values.length).toBeGreaterThan(SCRAPED_SECONDS / 2);
  expect(new Set(up?.values.map(([, value]) => value))).toEqual(new Set(['1']));
  const [boots] = await query('vpp_boot_time_seconds[10m]');
  const bootTimes = new Map(boots?.values.map(([at, value]) => [at, Number(value)]));
  expect(new Set(bootTimes.values()).size).toBe(3);
  for (const counter of COUNTERS) {
    const [series] = await query(`${counter}{interface="loop0"}[10m]`);
    const values = series?.values.map(([at, value]) => ({ at, value: Number(value) })) ?? [];
    expect(values.length, counter).toBeGreaterThan(SCRAPED_SECONDS / 4);
    let falls = 0;
    for (const [i, now] of values.entries()) {
      const before = values[i - 1];
      if (before === undefined) continue;
      const boot = bootTimes.get(now.at) ?? 0;
      const isNewLife = boot !== bootTimes.get(before.at);
      if (now.value >= before.value) {
        expect(isNewLife, `${counter} went on over a restart at ${now.at}`).toBe(false);
        continue;
      }
      falls++;
      expect(isNewLife, `${counter} fell at ${now.at} without a restart`).toBe(true);
      expect(boot).toBeGreaterThan(bootTimes.get(before.at) ?? 0);
      // what a VPP can have counted since it began, the second that its boot time is cut by included
      const bytes = counter.includes('bytes') ? 512 : 1;
      expect(now.value).toBeLessThanOrEqual((now.at - boot + 2) * MAX_PACKETS_PER_SECOND * bytes);
    }
    expect(falls, counter).toBe(2);
  }
  const [restarts] = await query('appliance_vpp_restarts_total[10m]');
  expect(Number(restarts?.values.at(-1)?.[1])).toBe(2);
  // announced as VPP's series are: by OpenMetrics, which Prometheus asks for
  expect(await query('appliance_vpp_restarts_created')).not.toEqual([]);
  const alerts = await query('ALERTS{alertname="VppRestarted",alertstate="firing"}[10m]');
  expect(alerts).toHaveLength(1);
});
