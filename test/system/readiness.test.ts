/** A TAP that VPP refuses, in everything that `appliance run` says of itself: an emulated VPP that may be a 26.06. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { parseExposition, valueOf } from '../fixtures/exposition.ts';
import type { HealthReport } from '../../src/status/mod.ts';
import { EXECUTABLE, RunningAppliance, withOwnVpp } from './running-appliance.ts';
import { spawnSync } from 'node:child_process';

const NETNS = `ready-${process.pid}`;
const MORE = '[interface.loop0]\naddresses = 192.0.2.1/24\n[route]\n10.0.0.0/8 = 192.0.2.254\n';

let appliance: RunningAppliance | undefined;
afterEach(() => appliance?.[Symbol.asyncDispose]());

/** Runs with an emulated VPP of these faults; resolves when loop0 has what it can have. */
async function start(faults: object): Promise<RunningAppliance> {
  appliance = await RunningAppliance.serving(withOwnVpp({ lcp: `netns = ${NETNS}`, more: MORE }), {
    env: { EMULATOR_FAULTS: JSON.stringify(faults) },
  });
  await appliance.until('loop0 is there', ({ interfaces, fib, stats }) => {
    const loop0 = interfaces.find(({ name }) => name === 'loop0');
    return (
      loop0?.state.state === 'ok' &&
      loop0.hostInterface !== undefined &&
      fib[0]?.status.state === 'synced' &&
      stats.state === 'fresh'
    );
  });
  return appliance;
}

async function answers(running: RunningAppliance): Promise<{
  ready: { status: number; reasons: string[] };
  broken: string[];
  levels: string[];
  metrics: (name: string, labels?: Record<string, string>) => number | undefined;
}> {
  const readyz = await fetch(`${running.url}/readyz`);
  const { reasons } = (await readyz.json()) as { reasons: string[] };
  const health = (await (await fetch(`${running.url}/health`)).json()) as HealthReport;
  const families = parseExposition(await (await fetch(`${running.url}/metrics`)).text());
  return {
    ready: { status: readyz.status, reasons },
    broken: health.broken.map(({ step }) => `${step.step}: ${step.text}`),
    levels: health.sentences.filter(({ text }) => text.includes('TAP')).map(({ level }) => level),
    metrics: (name, labels) => valueOf(families, name, labels),
  };
}

it.each([
  ['the namespace is not there', { version: '26.06-release' }, /namespace \S+ does not exist/],
  [
    'VPP refuses each pair with -30, as one without its tap plugin',
    { namespaces: [NETNS], refuse: { lcp_itf_pair_add_del_v2: -30 } },
    /FEATURE_DISABLED, -30/,
  ],
])('is in health, readiness, metrics and the exit code: %s', async (_what, faults, reason) => {
  const running = await start(faults);
  const { ready, broken, levels, metrics } = await answers(running);
  expect(ready).toEqual({
    status: 503,
    reasons: [expect.stringMatching(/^interfaces: loop0: no TAP in Linux: /)],
  });
  expect(ready.reasons[0]).toMatch(reason);
  expect(broken).toEqual([expect.stringMatching(reason)]);
  expect(levels).toEqual(['error']);
  expect(metrics('appliance_ready')).toBe(0);
  expect(metrics('appliance_ready_check', { check: 'interfaces' })).toBe(0);
  expect(metrics('appliance_ready_check', { check: 'routes' })).toBe(1);
  expect(metrics('appliance_interface_tap', { interface: 'loop0' })).toBe(0);
  const shown = spawnSync(EXECUTABLE, ['show', 'health', '--run-dir', running.runDir], { encoding: 'utf8' });
  expect(shown.status).toBe(1);
});

it('is well with a 26.06 whose startup.conf asks for the tap plugin', async () => {
  const running = await start({ version: '26.06-release', namespaces: [NETNS] });
  const conf = readFileSync(join(running.runDir, 'startup.conf'), 'utf8');
  expect(conf).toContain('plugin tap_plugin.so { enable }');
  const { ready, broken, metrics } = await answers(running);
  expect(ready).toEqual({ status: 200, reasons: [] });
  expect(broken).toEqual([]);
  expect(metrics('appliance_interface_tap', { interface: 'loop0' })).toBe(1);
  expect(metrics('appliance_ready')).toBe(1);
});
