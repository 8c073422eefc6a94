import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { findPrometheus, WITHOUT_PROMETHEUS } from '../../test/monitoring/prometheus.ts';
import type { StatsStatus } from '../vpp/stats/mod.ts';
import { parseExposition, scrape, valueOf } from '../../test/fixtures/exposition.ts';
import { HttpCounters } from './http-counters.ts';
import { Metrics } from './metrics.ts';
import {
  HOSTILE,
  makeBox,
  makeCounters,
  makeInterface,
  makeProvider,
  makeSnapshot,
  makeStatus,
  makeTrial,
} from '../../test/fixtures/status.ts';

describe('the exposition', () => {
  test("has VPP's figures under their names", async () => {
    const families = parseExposition(await scrape());
    expect(valueOf(families, 'vpp_interface_receive_packets_total', { interface: 'xe0' })).toBe(100);
    expect(valueOf(families, 'vpp_interface_receive_bytes_total', { interface: 'xe0' })).toBe(6400);
    expect(valueOf(families, 'vpp_interface_transmit_packets_total', { interface: 'xe0' })).toBe(50);
    expect(valueOf(families, 'vpp_interface_drops_total', { interface: 'xe0' })).toBe(3);
    expect(valueOf(families, 'vpp_interface_receive_packets_total', { interface: 'local0' })).toBe(0);
    expect(valueOf(families, 'vpp_node_clocks_total', { node: 'ip4-lookup' })).toBe(1000);
    expect(valueOf(families, 'vpp_node_vectors_per_call', { node: 'ip4-lookup' })).toBe(3);
    expect(valueOf(families, 'vpp_node_clocks_per_vector', { node: 'ip4-lookup' })).toBeCloseTo(1000 / 30);
    expect(valueOf(families, 'vpp_errors_total', { node: 'ip4-input', reason: 'ip4 ttl <= 1' })).toBe(4);
    expect(valueOf(families, 'vpp_system_vector_rate')).toBe(7);
    expect(valueOf(families, 'vpp_system_thread_vector_rate', { thread: 'vpp_wk_0' })).toBe(7);
    expect(valueOf(families, 'vpp_system_thread_loops_per_second', { thread: 'vpp_main' })).toBe(1000);
    expect(valueOf(families, 'vpp_system_input_rate')).toBe(1234);
    expect(valueOf(families, 'vpp_buffers_available', { pool: 'default-numa-0' })).toBe(16_000);
    expect(valueOf(families, 'vpp_heap_used_bytes', { heap: 'main heap' })).toBe(1 << 20);
    expect(valueOf(families, 'vpp_boot_time_seconds')).toBe(1_780_000_000);
    expect(valueOf(families, 'vpp_stats_age_seconds')).toBe(1.5);
    expect(valueOf(families, 'vpp_stats_read_retries_total')).toBe(2);
  });

  test('leaves out nodes that never ran and errors that never were, unless the configuration wants them', async () => {
    const seen = async (zeroSeries: boolean) => {
      const status = () => makeStatus({ telemetry: { zeroSeries } });
      const families = parseExposition(await scrape({ status }));
      const values = (name: string, label: string) =>
        families.get(name)?.samples.map(({ labels }) => labels[label]);
      return {
        nodes: values('vpp_node_calls_total', 'node'),
        reasons: values('vpp_errors_total', 'reason'),
        unicast: values('vpp_interface_receive_unicast_packets_total', 'interface'),
      };
    };
    expect(await seen(false)).toEqual({
      nodes: ['ip4-lookup'],
      reasons: ['ip4 ttl <= 1'],
      unicast: undefined,
    });
    expect(await seen(true)).toEqual({
      nodes: ['ip4-lookup', 'never-called'],
      reasons: ['ip4 ttl <= 1', 'never seen'],
      unicast: ['local0', 'xe0'],
    });
  });

  test('has what is not taken of the routes of daemons, by reason', async () => {
    const kernelImport = {
      state: 'following' as const,
      since: 0,
      routes: 12,
      readings: 2,
      notTaken: { routes: 3, byReason: { 'link-not-in-vpp': 2, encapsulated: 1 }, first: [] },
    };
    const families = parseExposition(await scrape({ status: () => makeStatus({ kernelImport }) }));
    expect(valueOf(families, 'appliance_kernel_import_routes')).toBe(12);
    expect(valueOf(families, 'appliance_kernel_import_readings_total')).toBe(2);
    expect(families.get('appliance_kernel_import_refusals')?.samples).toEqual([
      { labels: { reason: 'link-not-in-vpp' }, value: 2 },
      { labels: { reason: 'encapsulated' }, value: 1 },
    ]);
    const without = parseExposition(await scrape({ status: () => makeStatus() }));
    expect(without.get('appliance_kernel_import_refusals')?.samples ?? []).toEqual([]);
  });

  test('has kinds of traffic of the interfaces that count them', async () => {
    const snapshot = makeSnapshot();
    snapshot.interfaceTable.columns.rxMulticastPackets[1] = 9;
    const families = parseExposition(await scrape({ snapshot }));
    const name = 'vpp_interface_receive_multicast_packets_total';
    expect(families.get(name)?.samples).toEqual([{ labels: { interface: 'xe0' }, value: 9 }]);
  });

  test.each<[string, StatsStatus, boolean]>([
    ['fresh', { state: 'fresh', since: 0, ageSeconds: 31, stalledWorkers: [] }, true],
    ['a read that failed a moment ago', { state: 'stale', since: 0, ageSeconds: 3, reason: 'r' }, true],
    ['a VPP that stands still', { state: 'stale', since: 0, ageSeconds: 30, reason: 'r' }, false],
    ['no segment', { state: 'attaching', since: 0, attempts: 1, reason: 'r' }, false],
    ['no VPP', { state: 'idle', reason: 'r' }, false],
  ])("has VPP's series only while they are fresh, and their age always: %s", async (_, stats, isShown) => {
    const families = parseExposition(await scrape({ status: () => makeStatus({ stats }) }));
    expect(families.has('vpp_interface_receive_packets_total')).toBe(isShown);
    expect(families.has('vpp_boot_time_seconds')).toBe(isShown);
    expect(valueOf(families, 'vpp_stats_age_seconds')).toBe(1.5);
  });

  test('has our own figures', async () => {
    const status = makeStatus({
      conditions: [{ severity: 'error', subject: 'hugepages', reason: 'too few', since: 0 }],
      hugepages: [
        {
          state: 'short',
          pageSizeBytes: 2 << 20,
          requested: 800,
          allocated: 300,
          reason: 'too little memory',
        },
      ],
    });
    const families = parseExposition(await scrape({ status: () => status }));
    expect(valueOf(families, 'appliance_boot_phase_seconds', { phase: 'mounts' })).toBe(0.0125);
    expect(valueOf(families, 'appliance_condition', { severity: 'error', subject: 'hugepages' })).toBe(1);
    expect(valueOf(families, 'appliance_service_restarts_total', { service: 'vpp' })).toBe(1);
    expect(valueOf(families, 'appliance_service_state', { service: 'vpp', state: 'running' })).toBe(1);
    expect(valueOf(families, 'appliance_service_state', { service: 'vpp', state: 'looping' })).toBe(0);
    expect(valueOf(families, 'appliance_vpp_connected')).toBe(1);
    expect(valueOf(families, 'appliance_vpp_hangs_total')).toBe(2);
    expect(valueOf(families, 'appliance_vpp_silence_seconds')).toBe(0);
    expect(valueOf(families, 'appliance_vpp_stalled_workers')).toBe(0);
    const routes = (family: string, state: string) =>
      valueOf(families, 'appliance_fib_routes', { backend: 'vpp', family, state });
    expect([routes('ipv4', 'programmed'), routes('ipv6', 'failed')]).toEqual([2, 0]);
    expect(valueOf(families, 'appliance_fib_state', { backend: 'vpp', state: 'synced' })).toBe(1);
    expect(valueOf(families, 'appliance_fib_replaying', { backend: 'vpp' })).toBe(0);
    expect(valueOf(families, 'appliance_fib_next_hops_left_out', { backend: 'vpp' })).toBe(0);
    const name = 'appliance_vpp_api_round_trip_seconds';
    expect(families.get(name)?.samples.map(({ labels, value }) => [labels['le'], value])).toEqual([
      ['0.001', 5],
      ['0.01', 8],
      ['+Inf', 9],
    ]);
    expect(valueOf(families, 'appliance_vpp_api_requests_in_flight')).toBe(2);
    expect(valueOf(families, 'appliance_hugepages_allocated', { page_size_bytes: '2097152' })).toBe(300);
    expect(valueOf(families, 'appliance_config_state', { state: 'ok' })).toBe(1);
    expect(valueOf(families, 'appliance_interface_link_up', { interface: 'xe0' })).toBe(1);
    expect(valueOf(families, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(families.get('appliance_event_loop_delay_seconds')?.type).toBe('summary');
    expect(families.get('appliance_info')?.samples[0]?.labels).toMatchObject({
      version: '0.1.0',
      hostname: 'edge1',
    });
  });

  test('says how long a VPP is silent, and how many of its workers stand still', async () => {
    const good = makeStatus();
    const since = Date.now() - 12_000;
    const families = parseExposition(
      await scrape({
        status: () =>
          makeStatus({
            vpp: { ...good.vpp, api: { state: 'connected', since: 0, vpePid: 77, silentSince: since } },
            stats: { state: 'fresh', since: 0, ageSeconds: 1, stalledWorkers: ['vpp_wk_0', 'vpp_wk_3'] },
          }),
      }),
    );
    expect(valueOf(families, 'appliance_vpp_silence_seconds')).toBeCloseTo(12, -0.5);
    expect(valueOf(families, 'appliance_vpp_stalled_workers')).toBe(2);
  });

  test('has what the kernel counted of the links over which it forwards', async () => {
    const counted = { rxPackets: 7, rxBytes: 700, rxErrors: 1, rxDropped: 2 };
    const kernelCounters = { ...counted, txPackets: 8, txBytes: 800, txErrors: 3, txDropped: 4 };
    const { interfaces } = makeStatus();
    const status = makeStatus({
      interfaces: [{ ...interfaces[0]!, name: 'xe0', dataPlane: 'kernel', kernelCounters }],
    });
    using metrics = new Metrics(makeProvider({ status: () => status }), new HttpCounters());
    const families = parseExposition((await Array.fromAsync(metrics.scrape())).join(''));
    const of = (what: string) =>
      valueOf(families, `appliance_interface_kernel_${what}_total`, { interface: 'xe0' });
    expect(families.get('appliance_interface_kernel_receive_bytes_total')?.type).toBe('counter');
    const directions = ['receive', 'transmit'];
    expect(
      directions.map((way) => ['packets', 'bytes', 'errors', 'drops'].map((what) => of(`${way}_${what}`))),
    ).toEqual([
      [7, 700, 1, 2],
      [8, 800, 3, 4],
    ]);
  });

  test('forgets what is over: conditions and restarts are those of the status, not of the last scrape', async () => {
    let conditions = makeStatus({
      conditions: [{ severity: 'warning', subject: 'nic', reason: 'r', since: 0 }],
    });
    using metrics = new Metrics(makeProvider({ status: () => conditions }), new HttpCounters());
    const read = async () => {
      let text = '';
      for await (const chunk of metrics.scrape()) text += chunk;
      return parseExposition(text);
    };
    expect((await read()).get('appliance_condition')?.samples).toHaveLength(1);
    conditions = makeStatus();
    const later = await read();
    expect(later.get('appliance_condition')?.samples).toEqual([]);
    expect(valueOf(later, 'appliance_service_restarts_total', { service: 'vpp' })).toBe(1);
  });

  test('escapes whatever a name holds, and survives names that are there twice', async () => {
    const snapshot = makeSnapshot({
      interfaces: [makeCounters(0, HOSTILE), makeCounters(1, 'twin'), makeCounters(2, 'twin')],
      nodes: [
        { name: HOSTILE, clocks: 1, vectors: 1, calls: 1, suspends: 0 },
        { name: HOSTILE, clocks: 2, vectors: 1, calls: 1, suspends: 0 },
      ],
      errors: [
        { node: HOSTILE, reason: '"', count: 1 },
        { node: HOSTILE, reason: '"', count: 2 },
      ],
    });
    const status = makeStatus({
      hostname: HOSTILE,
      interfaces: [makeInterface(HOSTILE), makeInterface('twin'), makeInterface('twin')],
      conditions: [{ severity: 'error', subject: HOSTILE, reason: HOSTILE, since: 0 }],
    });
    const families = parseExposition(await scrape({ snapshot, status: () => status }));
    const names = families.get('vpp_interface_drops_total')?.samples.map(({ labels }) => labels['interface']);
    expect(names).toEqual([HOSTILE, 'twin', 'twin#2']);
    expect(valueOf(families, 'vpp_errors_total', { node: HOSTILE, reason: '"' })).toBe(3);
    expect(valueOf(families, 'appliance_condition', { severity: 'error', subject: HOSTILE })).toBe(1);
  });

  test('has no figures of VPP where there are none, or only very old ones', async () => {
    const families = parseExposition(await scrape({ ageSeconds: 301 }));
    expect([...families.keys()].filter((name) => name.startsWith('vpp_interface'))).toEqual([]);
    expect(families.has('appliance_info')).toBe(true);
    expect(families.has('vpp_stats_polls_total')).toBe(true);
  });

  test('is what promtool accepts', async (ctx) => {
    const found = findPrometheus();
    if (found === undefined) ctx.skip(WITHOUT_PROMETHEUS);
    const box = makeBox({ update: makeTrial() });
    const status = () => makeStatus({ box, telemetry: { zeroSeries: true } });
    const input = await scrape({ status, root: '' });
    const { stdout, stderr } = spawnSync(found?.promtool ?? '', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
  });

  test('follows the naming rules that promtool checks', async () => {
    const text = await scrape({ status: () => makeStatus({ box: makeBox() }) });
    for (const [name, { type, help, samples }] of parseExposition(text)) {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')]);
      expect(name).not.toMatch(/(_ms|_milliseconds|_minutes|_kilobytes|_mb|_gauge|_counter|_summary)(_|$)/);
      expect(help.length).toBeGreaterThan(5);
      if (type !== 'summary' && type !== 'histogram')
        for (const { labels } of samples) expect(labels).not.toHaveProperty('quantile');
    }
  });
});
