/** The conditions, and what startup.conf omits, when VPP lacks a plugin. VPP is a script that prints its version. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { Conditions } from '../log/conditions.ts';
import { VppStart } from './vpp-start.ts';

const LOGGER = { info() {}, warning() {}, error() {} };
const TAP = 'lib/vpp_plugins/tap_plugin.so';
let dir: string;
let conditions: Conditions;
let config: Config;
let vppStart: VppStart;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vpp-start-'));
  conditions = new Conditions(LOGGER);
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'lib/vpp_plugins'), { recursive: true });
  writeFileSync(join(dir, 'bin/vpp'), '#!/bin/sh\necho "vpp v26.06-release built by me on here at now"\n');
  chmodSync(join(dir, 'bin/vpp'), 0o755);
  for (const name of ['linux_cp', 'linux_nl', 'policer']) put(`lib/vpp_plugins/${name}_plugin.so`);
  const text = `[vpp]\nenabled = true\nbinary = ${dir}/bin/vpp\napi-socket = ${dir}/api.sock\n[vpp.stats]\nsocket-path = ${dir}/stats.sock\n`;
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  config = parsed.config;
  vppStart = new VppStart({
    logger: LOGGER,
    conditions,
    runDir: join(dir, 'run'),
    vppRunDir: join(dir, 'run/vpp'),
    ownsMachine: false,
  });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(path: string): void {
  writeFileSync(join(dir, path), '');
}

/** The plugins that startup.conf enables after another preparation. */
async function prepared(): Promise<string[]> {
  await vppStart.prepare(config, AbortSignal.timeout(20_000), async () => {});
  const text = readFileSync(join(dir, 'run/startup.conf'), 'utf8');
  return [...text.matchAll(/plugin (\w+)_plugin\.so \{ enable \}/g)].map(([, name = '']) => name);
}

const said = (): string[] =>
  conditions.list().map(({ severity, subject, reason }) => `${severity} ${subject}: ${reason}`);

test('a missing plugin is a condition until it is installed; VPP starts without what needs it', async () => {
  expect(await prepared()).toEqual(['policer']);
  expect(said()).toEqual([
    `error plugin tap_plugin.so: VPP 26.06-release lacks tap_plugin.so (looked for in ${dir}/lib/vpp_plugins): interfaces have no TAPs in Linux, and routing daemons no interfaces`,
    `warning plugin ping_plugin.so: VPP 26.06-release lacks ping_plugin.so (looked for in ${dir}/lib/vpp_plugins): VPP's own addresses do not answer pings`,
  ]);
  put(TAP);
  expect(await prepared()).toEqual(expect.arrayContaining(['tap', 'linux_cp']));
  expect(said()).toEqual([expect.stringContaining('ping_plugin.so')]);
  put('lib/vpp_plugins/ping_plugin.so');
  expect(await prepared()).toContain('ping');
  expect(said()).toEqual([]);
});

test('its condition is cleared when we no longer run VPP', async () => {
  await prepared();
  expect(said().length).toBe(2);
  vppStart[Symbol.dispose]();
  expect(said()).toEqual([]);
});

test('a plugin that the configuration does not need is not reported', async () => {
  config = { ...config, vpp: { ...config.vpp, lcp: { ...config.vpp.lcp, enabled: false } } };
  put('lib/vpp_plugins/ping_plugin.so');
  expect(await prepared()).toEqual(['ping', 'policer']);
  expect(said()).toEqual([]);
});

test('without DPDK the start fails, and the kernel keeps its NICs', async () => {
  const nic = {
    pciAddress: '0000:03:00.0',
    name: 'xe0',
    driver: 'dpdk',
    rxQueues: undefined,
    txQueues: undefined,
    line: 1,
  } as const;
  config = { ...config, vpp: { ...config.vpp, dpdk: { unsafeNoIommu: false, interfaces: [nic] } } };
  let taken = 0;
  const start = vppStart.prepare(config, AbortSignal.timeout(20_000), async () => void (taken += 1));
  await expect(start).rejects.toThrow(
    /VPP 26\.06-release lacks dpdk_plugin\.so .*VPP cannot drive NICs with DPDK/,
  );
  expect(taken).toBe(0);
  expect(said()).toContainEqual(expect.stringMatching(/^error plugin dpdk_plugin\.so/));
});
