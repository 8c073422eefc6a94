/** The metrics of what only the owner of a machine has, and of a configuration on probation. */
import { describe, expect, test } from 'vitest';
import { type Family, parseExposition, scrape, valueOf } from '../../test/fixtures/exposition.ts';
import { HttpCounters } from './http-counters.ts';
import { Metrics } from './metrics.ts';
import { makeBox, makeProvider, makeStatus, makeTrial, NOW } from '../../test/fixtures/status.ts';

describe('the metrics of a box', () => {
  const read = async (changes: Parameters<typeof makeStatus>[0]) =>
    parseExposition(await scrape({ status: () => makeStatus(changes) }));
  const first = (families: Map<string, Family>, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, families.get(`appliance_${name}`)?.samples[0]?.value]));

  test('has its version, watchdog, cores, clock, certificate', async () => {
    const families = await read({ box: makeBox() });
    expect(valueOf(families, 'appliance_image_info', { version: '0.2.0', state: 'good' })).toBe(1);
    expect(valueOf(families, 'appliance_update_entries', { state: 'good' })).toBe(2);
    expect(valueOf(families, 'appliance_update_entries', { state: 'failed' })).toBe(0);
    expect(valueOf(families, 'appliance_verdict_condition_met', { condition: 'vpp' })).toBe(1);
    const expected = {
      update_trial: 0,
      update_last_failure_timestamp_seconds: undefined,
      update_trial_deadline_timestamp_seconds: undefined,
      verdict_good: 1,
      watchdog_armed: 1,
      watchdog_timeout_seconds: 30,
      watchdog_last_fed_timestamp_seconds: NOW / 1000 - 4,
      watchdog_last_boot_reset: 0,
      last_boot_kernel_panic: 0,
      worker_cores_isolated: 1,
      worker_cores_problems: 0,
      clock_synchronised: 1,
      clock_estimated_error_seconds: 0.0004,
      clock_maximum_error_seconds: 0.021,
      crashes_recorded: 0,
      last_crash_timestamp_seconds: undefined,
      https_certificate_expiry_timestamp_seconds: Date.UTC(2046, 0, 1) / 1000,
      data_persistent: 1,
    };
    expect(first(families, Object.keys(expected))).toEqual(expected);
  });

  test('tells a trial, and what is not as it should be', async () => {
    const { https: _, ...box } = makeBox({
      update: makeTrial(),
      watchdog: { state: 'off', reason: 'none' },
      cpuIsolation: {
        state: 'active',
        cores: '2',
        threads: [],
        movedInterrupts: 0,
        refusedInterrupts: 0,
        since: NOW,
        problems: ['vpp_wk_0 is on core 0', 'interrupt 24 came to core 2'],
      },
      time: { state: 'off', reason: 'no server' },
      crashes: [{ at: NOW, service: 'vpp', reason: 'killed', file: 'crash-1.txt', bytes: 5 }],
      lastPanic: 'Kernel panic',
      dataKept: false,
    });
    const families = await read({ box });
    expect(valueOf(families, 'appliance_image_info', { version: '0.3.0', state: 'trial' })).toBe(1);
    for (const [state, count] of Object.entries({ good: 2, trial: 1, failed: 1, aside: 0 })) {
      expect([state, valueOf(families, 'appliance_update_entries', { state })]).toEqual([state, count]);
    }
    expect(valueOf(families, 'appliance_verdict_condition_met', { condition: 'vpp' })).toBe(0);
    const expected = {
      update_trial: 1,
      update_last_failure_timestamp_seconds: NOW / 1000 - 86_400,
      update_trial_deadline_timestamp_seconds: NOW / 1000 + 200,
      verdict_good: 0,
      watchdog_armed: 0,
      watchdog_timeout_seconds: undefined,
      watchdog_last_fed_timestamp_seconds: undefined,
      watchdog_last_boot_reset: undefined,
      last_boot_kernel_panic: 1,
      worker_cores_problems: 2,
      clock_synchronised: 0,
      clock_estimated_error_seconds: undefined,
      crashes_recorded: 1,
      last_crash_timestamp_seconds: NOW / 1000,
      https_certificate_expiry_timestamp_seconds: undefined,
      data_persistent: 0,
    };
    expect(first(families, Object.keys(expected))).toEqual(expected);
  });

  test('has the series of what is not known described, without a sample of 0', async () => {
    const families = await read({ box: makeBox({ watchdog: { state: 'off', reason: 'none' } }) });
    expect(families.get('appliance_watchdog_timeout_seconds')?.samples).toEqual([]);
  });

  test('is not there for a program that owns no machine', async () => {
    const names = [...(await read({ mode: 'run' })).keys()];
    const ofBox = [...(await read({ box: makeBox() })).keys()].filter((name) => !names.includes(name));
    expect(ofBox.length).toBeGreaterThan(15);
    expect(
      names.filter((name) => /_(image|update|verdict|watchdog|cores|clock|certificate)_/.test(name)),
    ).toEqual([]);
  });

  test('are those of this scrape, not of the last one', async () => {
    let status = makeStatus({ box: makeBox({ update: makeTrial() }) });
    using metrics = new Metrics(makeProvider({ status: () => status }), new HttpCounters());
    const samplesOf = async (name: string) => {
      let text = '';
      for await (const chunk of metrics.scrape()) text += chunk;
      return parseExposition(text).get(`appliance_${name}`)?.samples.length;
    };
    expect(await samplesOf('update_last_failure_timestamp_seconds')).toBe(1);
    expect(await samplesOf('verdict_condition_met')).toBe(2);
    status = makeStatus({ box: makeBox() });
    expect(await samplesOf('update_last_failure_timestamp_seconds')).toBe(0);
    expect(await samplesOf('verdict_condition_met')).toBe(1);
    expect(await samplesOf('image_info')).toBe(1);
    status = makeStatus();
    expect(await samplesOf('image_info')).toBeUndefined();
  });
});

test('tells whether the configuration is to stay, and what of it waits for a restart', async () => {
  const names = [
    'confirmed',
    'confirm_before_timestamp_seconds',
    'reverted_timestamp_seconds',
    'pending_restart',
  ];
  const plan = { steps: [], restart: [], parts: [] };
  const at = NOW + 60_000;
  const waiting = {
    state: 'waiting',
    confirmBefore: at,
    plan,
    pending: ['vpp.cpu.workers: 1 → 2'],
  } as const;
  const reverted = { state: 'reverted', at, reason: 'not confirmed', pending: [] } as const;
  const read = async (change: ReturnType<typeof makeStatus>['change']) => {
    const status = change === undefined ? makeStatus() : makeStatus({ change });
    const families = parseExposition(await scrape({ status: () => status }));
    return names.map((name) => valueOf(families, `appliance_config_${name}`));
  };
  expect(await read(undefined)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await read({ state: 'confirmed', pending: [] })).toEqual([1, undefined, undefined, 0]);
  expect(await read(waiting)).toEqual([0, at / 1000, undefined, 1]);
  expect(await read(reverted)).toEqual([1, undefined, at / 1000, 0]);
});
