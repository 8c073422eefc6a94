/**
 * Mistakes in a startup.conf that VPP 25.02 refuses: the emulator's parser, and with `VPP_BIN` a real VPP on the same
 * text, which must exit with the same code and message.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAtLeast, readVppVersion } from '../../src/vpp/mod.ts';
import { readStartupConf } from './startup-conf.ts';
import { StartupRefusal } from './startup-refusal.ts';

const DIR = '/run/vpp-test';
const BASE = `unix { nodaemon nosyslog cli-listen ${DIR}/cli.sock runtime-dir ${DIR} }`;
const REST = 'memory { main-heap-size 256M } buffers { buffers-per-numa 2048 page-size default }';
const CPU = 'cpu { main-core 0 }';
const NO_PLUGINS = 'plugins { plugin default { disable } }';
const enabled = (...names: string[]): string =>
  `plugins { plugin default { disable } ${names.map((name) => `plugin ${name} { enable }`).join(' ')} }`;

/** Text, exit code, and VPP's message (a part of it). */
const REFUSED: readonly [what: string, text: string, exitCode: number, words: string][] = [
  ['an unknown section', `${BASE} ${REST} ${CPU} ${NO_PLUGINS} foo { bar }`, 1, 'unknown input `foo  bar'],
  [
    'a key of unix',
    `unix { nodaemon nosyslog wrong-key runtime-dir ${DIR} } ${NO_PLUGINS}`,
    1,
    'unix_config: unknown input `wrong-key',
  ],
  [
    'a key of memory',
    `${BASE} memory { main-heap-size 256M wrong 1 } ${CPU} ${NO_PLUGINS}`,
    1,
    "unknown 'memory' config input 'wrong 1'",
  ],
  [
    'default-data-size',
    `${BASE} memory { main-heap-size 256M } buffers { default-data-size 2048 } ${NO_PLUGINS}`,
    1,
    'vlib_buffers_configure: parse error ` default-data-size 2048',
  ],
  [
    'no-hugetlb in buffers',
    `${BASE} memory { main-heap-size 256M } buffers { no-hugetlb } ${NO_PLUGINS}`,
    1,
    'parse error ` no-hugetlb',
  ],
  [
    'corelist-workers without main-core',
    `${BASE} ${REST} cpu { corelist-workers 1 } ${NO_PLUGINS}`,
    1,
    'main-core must be specified',
  ],
  [
    'a thread type',
    `${BASE} ${REST} cpu { main-core 0 whatever 3 } ${NO_PLUGINS}`,
    1,
    "no such thread type 3 'whatever'",
  ],
  [
    "a plugin's section without the plugin",
    `${BASE} ${REST} ${CPU} ${NO_PLUGINS} linux-cp { default netns x }`,
    1,
    'unknown input `linux-cp  default netns x',
  ],
  [
    'linux_nl without linux_cp',
    `${BASE} ${REST} ${CPU} ${enabled('linux_nl_plugin.so')}`,
    134,
    'received signal SIGSEGV',
  ],
  [
    'rx-buffer-size',
    `${BASE} ${REST} ${CPU} ${enabled('linux_cp_plugin.so', 'linux_nl_plugin.so')} linux-nl { rx-buffer-size 100 }`,
    0,
    'invalid netlink option:  rx-buffer-size 100',
  ],
  [
    'a namespace of 32 characters',
    `${BASE} ${REST} ${CPU} ${enabled('linux_cp_plugin.so')} linux-cp { default netns ${'a'.repeat(32)} }`,
    1,
    'must be less than 32 characters',
  ],
  [
    'a key of linux-cp',
    `${BASE} ${REST} ${CPU} ${enabled('linux_cp_plugin.so')} linux-cp { bogus }`,
    1,
    'lcp_itf_pair_config: interfaces not found',
  ],
  [
    'a key of statseg',
    `${BASE} ${REST} ${CPU} ${NO_PLUGINS} statseg { bogus }`,
    1,
    'statseg_config: unknown input ` bogus',
  ],
  [
    'a key of socksvr',
    `${BASE} ${REST} ${CPU} ${NO_PLUGINS} socksvr { bogus }`,
    0,
    "socksvr_config: unknown input ' bogus'",
  ],
  [
    'a log level',
    `${BASE} ${REST} ${CPU} ${NO_PLUGINS} logging { default-syslog-log-level bogus }`,
    1,
    'default-syslog-log-level bogu',
  ],
  [
    'l3fib, which is of 25.06',
    `${BASE} ${REST} ${CPU} ${NO_PLUGINS} l3fib { fib-entry-pool-size 1000 }`,
    1,
    'unknown input `l3fib',
  ],
  [
    'a word about a plugin',
    `${BASE} ${REST} ${CPU} plugins { plugin default { disable } plugin x.so { bogus } }`,
    1,
    "config_one_plugin: unknown input ' bogus'",
  ],
];
/** What 26.06 accepts and 25.02 refuses. */
const NOT_BY_26_06: ReadonlySet<string> = new Set(['a key of memory', 'l3fib, which is of 25.06']);
/** As above, for the sections of dpdk; a real VPP would take hugepages before it refuses. */
const REFUSED_BY_DPDK: typeof REFUSED = [
  [
    'a key of dpdk',
    `${BASE} ${REST} ${CPU} ${enabled('dpdk_plugin.so')} dpdk { no-pci bogus-key }`,
    0,
    'dpdk_config: unknown input `bogus-key',
  ],
  [
    'a device twice',
    `${BASE} ${REST} ${CPU} ${enabled('dpdk_plugin.so')} dpdk { dev 0000:01:00.0 dev 0000:01:00.0 }`,
    0,
    'duplicate configuration for PCI address 0000:01:00.0',
  ],
  [
    'a key of a device',
    `${BASE} ${REST} ${CPU} ${enabled('dpdk_plugin.so')} dpdk { dev 0000:01:00.0 { nme x } }`,
    0,
    'dpdk_device_config: unknown input `nme x',
  ],
];

function refusalOf(text: string): StartupRefusal {
  try {
    readStartupConf(text);
  } catch (error) {
    if (error instanceof StartupRefusal) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

describe('refused', () => {
  for (const [what, text, exitCode, words] of [...REFUSED, ...REFUSED_BY_DPDK]) {
    test(what, () => {
      const refusal = refusalOf(text);
      expect(refusal.message).toContain(words);
      expect(refusal.exitCode).toBe(exitCode);
    });
  }
});

describe('refused by a real VPP with the same words', () => {
  const binary = process.env['VPP_BIN'];
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'vpp-conf-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  for (const [what, text, exitCode, words] of REFUSED) {
    test(what, async (ctx) => {
      if (binary === undefined) {
        ctx.skip('VPP_BIN names no real VPP');
        return;
      }
      const isNew = NOT_BY_26_06.has(what) && isAtLeast(await readVppVersion(binary), 25, 6);
      ctx.skip(isNew, 'VPP 26.06 accepts it');
      const file = join(dir, 'startup.conf');
      writeFileSync(file, `${text.replaceAll(DIR, dir)} api-segment { prefix conf }\n`);
      const run = spawnSync(binary, ['-c', file], { timeout: 15_000, killSignal: 'SIGKILL' });
      const output = `${run.stdout.toString()}${run.stderr.toString()}`;
      expect(output).toContain(words);
      expect(run.signal === 'SIGABRT' ? 134 : run.status).toBe(exitCode);
    });
  }
});

describe('taken', () => {
  test('accepts the startup.conf that we render, with all that the emulator uses', () => {
    const conf = readStartupConf(`
      # a comment, and a brace { in it
      unix {
        nodaemon nosyslog   # at the end of a line
        cli-listen /run/vpp/cli.sock
        runtime-dir /run/vpp
        coredump-size unlimited full-coredump
      }
      socksvr { socket-name /run/vpp/api.sock }
      statseg { socket-name /run/vpp/stats.sock size 128M per-node-counters on update-interval 1 page-size 2M }
      memory { main-heap-size 1536M main-heap-page-size 2M default-hugepage-size 2M }
      buffers { buffers-per-numa 16384 default data-size 2048 page-size default-hugepage }
      cpu { main-core 0 corelist-workers 1-2,4 }
      logging { default-log-level info default-syslog-log-level info class linux-cp { level debug } }
      dpdk {
        uio-driver vfio-pci
        dev default { num-rx-queues 2 }
        dev 0000:03:00.0 { name wan num-rx-queues 2 num-tx-queues 3 }
        dev 0000:0A:00.1
      }
      linux-cp { default netns ${'a'.repeat(31)} lcp-sync lcp-auto-subint }
      linux-nl { nl-rx-buffer-size 67108864 }
      plugins { path /x plugin default { disable } plugin dpdk_plugin.so { enable }
        plugin linux_cp_plugin.so { enable } plugin linux_nl_plugin.so { enable } }
    `);
    expect(conf).toMatchObject({
      runtimeDir: '/run/vpp',
      cliSocket: '/run/vpp/cli.sock',
      apiSocket: '/run/vpp/api.sock',
      statsSocket: '/run/vpp/stats.sock',
      statsBytes: 128 * 1024 * 1024,
      perNodeCounters: true,
      workers: 3,
      mainCore: 0,
      workerCores: [1, 2, 4],
      dpdkDevices: [
        { pciAddress: '0000:03:00.0', name: 'wan', rxQueues: 2, txQueues: 3 },
        { pciAddress: '0000:0a:00.1', name: undefined },
      ],
      lcpDefaultNetns: 'a'.repeat(31),
      warnings: [],
    });
    expect(conf.isPluginEnabled('dpdk_plugin.so')).toBe(true);
    expect(conf.isPluginEnabled('acl_plugin.so')).toBe(false);
  });

  test('an unclosed section is silently dropped', () => {
    expect(readStartupConf(`${BASE} socksvr { socket-name ${DIR}/api.sock`).apiSocket).toBeUndefined();
  });

  test('warns of heapsize, which ends all pre-parsing', () => {
    const conf = readStartupConf(`${BASE} heapsize { main-heap-size 256M } memory { wrong 1 }`);
    expect(conf.warnings).toEqual(["warning: heapsize parse error 'heapsize', use default 1073741824"]);
  });

  test('without `plugin default { disable }` every plugin is enabled, except those that are off by default', () => {
    for (const text of [BASE, `${BASE} plugins { plugin default { enable } }`]) {
      const conf = readStartupConf(text);
      expect(conf.isPluginEnabled('acl_plugin.so')).toBe(true);
      for (const name of ['linux_cp_plugin.so', 'linux_nl_plugin.so', 'npt66_plugin.so']) {
        expect(conf.isPluginEnabled(name)).toBe(false);
      }
    }
    const named = `${BASE} plugins { plugin default { enable } plugin linux_cp_plugin.so { enable } }`;
    expect(readStartupConf(named).isPluginEnabled('linux_cp_plugin.so')).toBe(true);
  });

  test.each([
    ['l3fib { fib-entry-pool-size 1000 }', '25.02', '25.06'],
    ['interface { x }', '26.02', '26.06'],
  ])('%s is unknown to %s and known to %s', (section, before, since) => {
    expect(() => readStartupConf(`${BASE} ${section}`, before)).toThrow(StartupRefusal);
    expect(readStartupConf(`${BASE} ${section}`, since).warnings).toEqual([]);
  });

  test.each(['heapsize { x }', 'tap { x }'])('%s is known to 25.10, and not to 26.02', (section) => {
    expect(() => readStartupConf(`${BASE} ${section}`, '25.10')).not.toThrow();
    expect(() => readStartupConf(`${BASE} ${section}`, '26.02')).toThrow(/unknown input/);
  });

  test('TAPs are in the core up to 25.10, and need a plugin from 26.02 on', () => {
    const without = `${BASE} ${enabled('linux_cp_plugin.so')}`;
    const withTap = `${BASE} ${enabled('linux_cp_plugin.so', 'tap_plugin.so')}`;
    expect(
      ['25.02', '25.10', '26.02', '26.06'].map((version) => readStartupConf(without, version).hasTaps),
    ).toEqual([true, true, false, false]);
    expect(readStartupConf(withTap, '26.06').hasTaps).toBe(true);
  });
});

describe("devices of VPP's native drivers", () => {
  const devices = (text: string, version = '26.06') =>
    readStartupConf(`${BASE} devices { ${text} }`, version);
  const ONE = 'dev pci/0000:03:00.0 { driver ige port 0 { name xe0 num-rx-queues 2 num-tx-queues 4 } }';

  test('are attached in order', () => {
    const conf = devices(`${ONE} dev pci/0000:04:00.0 { port 0 { name xe1 } }`);
    expect(conf.nativeDevices).toEqual([
      { pciAddress: '0000:03:00.0', driver: 'ige', name: 'xe0' },
      { pciAddress: '0000:04:00.0', driver: 'ige', name: 'xe1' },
    ]);
    expect(conf.warnings).toEqual([]);
  });

  test.each([
    ['an unknown word', 'dev pci/0000:02:00.0 { drivr ige }', '26.06', /unknown input 'drivr ige/],
    ['a word of a port', 'dev pci/0000:02:00.0 { port 0 { nme xe1 } }', '26.06', /unknown input 'nme xe1/],
    ['a release without it', 'dev pci/0000:02:00.0 { driver ige }', '25.02', /driver not available/],
    ['an invalid address', 'dev 0000:02:00.0 { driver ige }', '26.06', /invalid device id/],
    [
      'too many queues',
      'dev pci/0000:02:00.0 { port 0 { num-rx-queues 5 } }',
      '26.06',
      /number of rx queues/,
    ],
  ])(
    '%s does not end VPP: it is logged, and later devices have no interface',
    (_what, text, version, words) => {
      const conf = devices(`${text} ${ONE}`, version);
      expect(conf.warnings).toEqual([expect.stringMatching(words)]);
      expect(conf.nativeDevices).toEqual([]);
    },
  );
});
