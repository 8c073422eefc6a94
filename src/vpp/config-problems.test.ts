/** Checks configurations against versions of VPP and their files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { filesBeside, vppProblems, type VppFacts } from './config-problems.ts';
import { parseVppVersion } from './version.ts';

const I226 = '8086:125c';
let prefix: string;
beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), 'vpp-prefix-'));
});
afterEach(() => rmSync(prefix, { recursive: true, force: true }));

function configOf(nic = 'driver = native', more = ''): Config {
  const text = `[vpp]\nenabled = true\n${more}\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n${nic}\n`;
  const parsed = parseConfig(text, 'test.ini');
  return parsed.ok ? parsed.config : expect.unreachable(JSON.stringify(parsed.problems));
}

function problemsOf(config: Config, version: string, facts: Omit<VppFacts, 'version'> = {}): string[] {
  const parsed = parseVppVersion(version) ?? expect.unreachable();
  return vppProblems(config, { version: parsed, ...facts }).map(
    ({ severity, line, leaf, message }) => `${severity} ${line} ${leaf}: ${message}`,
  );
}

/** A VPP installation of empty files. */
function install(directory: string, ...files: string[]): string {
  const put = (path: string): void => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
  };
  put(join(prefix, 'bin/vpp'));
  for (const file of files) {
    put(join(prefix, directory, file.endsWith('_driver.so') ? 'vpp_drivers' : 'vpp_plugins', file));
  }
  return join(prefix, 'bin/vpp');
}

test.each([
  ['25.02', [/error 4 .*03:00\.0\.driver: cannot use "native": VPP 25\.02 has no native driver.*26\.06/]],
  ['25.10', [/VPP 25\.10 has no native driver/]],
  ['26.02', []],
  ['26.06-release', []],
])('driver = native with VPP %s', (version, words) => {
  const found = problemsOf(configOf(), version);
  expect(found.length).toBe(words.length);
  for (const [i, each] of words.entries()) expect(found[i]).toMatch(each);
});

test('driver = native for a NIC that the driver does not know, or with more queues than it has', () => {
  expect(problemsOf(configOf(), '26.06', { pciIdOf: () => I226 })).toEqual([]);
  expect(problemsOf(configOf(), '26.06', { pciIdOf: () => undefined })).toEqual([]);
  const [unknown] = problemsOf(configOf(), '26.06', { pciIdOf: () => '8086:10d3' });
  expect(unknown).toMatch(/ige does not support 8086:10d3, .*8086:125c.*use driver = dpdk/);
  const queues = problemsOf(configOf('driver = native\nrx-queues = 4\ntx-queues = 5'), '26.06');
  expect(queues).toEqual([expect.stringMatching(/5 queues exceed the 4 per direction of VPP.s driver ige/)]);
  // DPDK is not checked for either.
  const dpdk = configOf('rx-queues = 8');
  expect(problemsOf(dpdk, '25.02', { pciIdOf: () => '8086:10d3' })).toEqual([]);
});

test.each(['lib', 'lib64', 'lib/x86_64-linux-gnu'])('names each file missing in %s', (dir) => {
  const files = ['dpdk_plugin.so', 'linux_cp_plugin.so', 'linux_nl_plugin.so', 'ping_plugin.so'];
  const found = problemsOf(configOf(), '26.06', { files: filesBeside(install(dir, ...files)) });
  expect(found).toEqual([
    expect.stringMatching(
      /^error 0 vpp\.lcp\.enabled: VPP 26\.06 lacks tap_plugin\.so: interfaces have no TAPs/,
    ),
    expect.stringMatching(/^warning 0 vpp\.binary: VPP 26\.06 lacks policer_plugin\.so/),
    expect.stringMatching(/cannot use "native": this VPP lacks vpp_drivers\/ige_driver\.so/),
  ]);
  const rest = ['tap_plugin.so', 'policer_plugin.so', 'ige_driver.so'];
  expect(problemsOf(configOf(), '26.06', { files: filesBeside(install(dir, ...rest)) })).toEqual([]);
});

test('does not miss the tap plugin without TAPs, nor any file of an external VPP', () => {
  const files = filesBeside(install('lib', 'dpdk_plugin.so', 'ping_plugin.so', 'policer_plugin.so'));
  expect(problemsOf(configOf('', '[vpp.lcp]\nenabled = false'), '26.06', { files })).toEqual([]);
  expect(problemsOf(configOf('driver = native', 'external = true'), '25.02')).toEqual([]);
});

test('misses nothing of a binary without plugins beside it', () => {
  writeFileSync(join(prefix, 'vpp'), '');
  expect(problemsOf(configOf(), '26.06', { files: filesBeside(join(prefix, 'vpp')) })).toEqual([]);
  expect(problemsOf(configOf(), '26.06', { files: filesBeside('/nowhere/bin/vpp') })).toEqual([]);
});

test('warns of a daemon that receives no packets from VPP before 25.06', () => {
  const service = (program: string, netns = 'netns = dataplane'): Config =>
    configOf('', `[service.one]\ncommand = ${program} -f /boot/one.conf\n${netns}\n`);
  expect(problemsOf(service('/usr/lib/frr/isisd'), '25.02')).toEqual([
    expect.stringMatching(
      /^warning \d+ service\.one\.command: VPP 25\.02 does not pass IS-IS to Linux.* 25\.06 and later do$/,
    ),
  ]);
  expect(problemsOf(service('/usr/sbin/lldpd'), '25.02')).toEqual([expect.stringMatching(/LLDP/)]);
  expect(problemsOf(service('/usr/lib/frr/isisd'), '25.06')).toEqual([]);
  const files = { hasPlugin: (file: string) => file !== 'osi_plugin.so', hasDriver: true };
  expect(problemsOf(service('/usr/lib/frr/isisd'), '26.06', { files })).toEqual([
    expect.stringMatching(/IS-IS to Linux, isisd receives no packets: it lacks osi_plugin\.so$/),
  ]);
  expect(problemsOf(service('/usr/sbin/lldpd'), '26.06', { files })).toEqual([]);
  expect(problemsOf(service('/usr/lib/frr/ospfd'), '25.02')).toEqual([]);
  // In the management namespace VPP is not involved.
  expect(problemsOf(service('/usr/sbin/lldpd', ''), '25.02')).toEqual([]);
});
