/** The table of plugins, and which of them are chosen. */
import { expect, test } from 'vitest';
import {
  choosePlugins,
  FEATURE_PLUGINS,
  missingWords,
  PLUGINS,
  pluginsOf,
  type VppPlugin,
} from './plugins.ts';
import { parseVppVersion, type VppVersion } from './version.ts';

const ALL = { dpdk: true, linuxCp: true, linuxNl: true };
const NONE = { dpdk: false, linuxCp: false, linuxNl: false };

/** Their files, without those of single features. */
function filesOf(plugins: readonly VppPlugin[]): string[] {
  return plugins.filter((one) => !FEATURE_PLUGINS.includes(one)).map(({ file }) => file);
}

function version(text: string): VppVersion {
  return parseVppVersion(text) ?? expect.unreachable();
}

test('each plugin follows those that it needs', () => {
  const before = new Set<string>();
  for (const { file, after = [] } of PLUGINS) {
    expect(after.filter((other) => !before.has(other))).toEqual([]);
    before.add(file);
  }
});

test.each([
  ['25.02', ['dpdk', 'linux_cp', 'linux_nl', 'ping']],
  ['25.10-release', ['dpdk', 'linux_cp', 'linux_nl', 'osi', 'ping', 'ppp']],
  ['26.02-release', ['dpdk', 'linux_cp', 'linux_nl', 'osi', 'ping', 'ppp', 'tap']],
  ['26.06-rc2', ['dpdk', 'linux_cp', 'linux_nl', 'osi', 'ping', 'policer', 'ppp', 'tap']],
])('plugins of %s', (text, names) => {
  expect(filesOf(pluginsOf(version(text))).sort()).toEqual(names.map((name) => `${name}_plugin.so`));
});

test('a configuration that needs nothing loads what every VPP has', () => {
  const { enabled, missing } = choosePlugins(version('26.06'), NONE);
  expect(filesOf(enabled)).toEqual(['ping_plugin.so', 'policer_plugin.so']);
  expect(enabled).toEqual(expect.arrayContaining([...FEATURE_PLUGINS]));
  expect(missing).toEqual([]);
});

test('leaves out a missing plugin of a single feature, and reports it no more than the box needs it', () => {
  const { enabled, missing } = choosePlugins(version('26.06'), ALL, (file) => file !== 'lacp_plugin.so');
  expect(enabled.map(({ file }) => file)).not.toContain('lacp_plugin.so');
  expect(missing).toEqual([]);
});

test('reports as missing only what is needed; what needs a missing plugin is not enabled', () => {
  const { enabled, missing } = choosePlugins(version('26.06'), ALL, (file) => file !== 'tap_plugin.so');
  expect(missing.map(({ file }) => file)).toEqual(['tap_plugin.so']);
  expect(filesOf(enabled)).toEqual(['dpdk_plugin.so', 'ping_plugin.so', 'policer_plugin.so']);
  expect(choosePlugins(version('26.06'), NONE, (file) => file !== 'tap_plugin.so').missing).toEqual([]);
  // A plugin that few need is not reported.
  const isThere = (file: string): boolean => file !== 'ppp_plugin.so';
  const few = choosePlugins(version('26.06'), ALL, isThere);
  expect(few.missing).toEqual([]);
  expect(few.enabled.map(({ file }) => file)).not.toContain('osi_plugin.so');
  // 25.02 has it in the core.
  expect(choosePlugins(version('25.02'), ALL, (file) => file !== 'tap_plugin.so').missing).toEqual([]);
});

test('names a missing plugin with the version and what does not work', () => {
  const [tap] = choosePlugins(version('26.06-release'), ALL, (file) => file !== 'tap_plugin.so').missing;
  expect(tap === undefined ? '' : missingWords(tap, version('26.06-release'), '/usr/lib/vpp_plugins')).toBe(
    'VPP 26.06-release lacks tap_plugin.so (looked for in /usr/lib/vpp_plugins): interfaces have no TAPs in Linux, and routing daemons no interfaces',
  );
});
