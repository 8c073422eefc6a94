import { expect, test } from 'vitest';
import type { VppConfig } from '../config/types.ts';
import { FEATURE_PLUGINS } from './plugins.ts';
import { renderStartupConf, type StartupConfOptions } from './startup-conf.ts';
import { parseVppVersion, type VppVersion } from './version.ts';

const MIB = 2 ** 20;

function version(text: string): VppVersion {
  const parsed = parseVppVersion(text);
  if (parsed === undefined) throw new Error(`no version: ${text}`);
  return parsed;
}

const vpp: VppConfig = {
  enabled: true,
  external: false,
  binary: '/usr/bin/vpp',
  startTimeoutSeconds: 60,
  answerTimeoutSeconds: 20,
  drift: 'repair',
  apiSocket: '/run/vpp/api.sock',
  cpu: { mainCore: 1, workers: 2, isolate: true },
  memory: { mainHeapBytes: 1536 * MIB, hugepageSize: '2M', buffers: 128_000 },
  dpdk: {
    unsafeNoIommu: false,
    interfaces: [
      { pciAddress: '0000:03:00.0', name: 'xe0', driver: 'dpdk', rxQueues: 2, txQueues: 3, line: 1 },
      {
        pciAddress: '0000:04:00.0',
        name: 'xe1',
        driver: 'dpdk',
        rxQueues: undefined,
        txQueues: undefined,
        line: 2,
      },
    ],
  },
  stats: { segmentBytes: 512 * MIB, socketPath: '/run/vpp/stats.sock', pollIntervalSeconds: 30 },
  lcp: { enabled: true, sync: true, autoSubint: true, follow: false, netns: 'dataplane' },
  neighbors: { maxNumber: 50_000, maxAgeSeconds: 30, recycle: true },
};

function render(
  change: Partial<VppConfig> = {},
  options: Partial<StartupConfOptions> = {},
  kernel: { readonly import: boolean } = { import: false },
): string {
  return renderStartupConf(
    { vpp: { ...vpp, ...change }, fib: { kernel } },
    { version: version('25.02-release'), runDir: '/run/vpp', netnsPresent: true, ...options },
  );
}

/** The lines of one section, without their indentation; undefined when the section is absent. */
function sectionOf(text: string, name: string): string[] | undefined {
  const lines = text.split('\n');
  const start = lines.indexOf(`${name} {`);
  if (start < 0) return undefined;
  return lines.slice(start + 1, lines.indexOf('}', start)).map((line) => line.trim());
}

test('the whole file for 25.02', () => {
  expect(render()).toBe(`# Written for VPP 25.02-release; replaced at each start of VPP.

unix {
  nodaemon
  nosyslog
  nocolor
  runtime-dir /run/vpp
  cli-listen /run/vpp/cli.sock
}

logging {
  default-log-level info
  default-syslog-log-level info
  class vat-plug/load { level disabled syslog-level disabled }
}

socksvr {
  socket-name /run/vpp/api.sock
}

memory {
  main-heap-size 1536M
  main-heap-page-size 2M
  default-hugepage-size 2M
}

cpu {
  main-core 1
  corelist-workers 2-3
}

buffers {
  buffers-per-numa 128000
  default data-size 2048
  page-size default-hugepage
}

statseg {
  socket-name /run/vpp/stats.sock
  size 512M
  page-size 2M
  per-node-counters on
  update-interval 1
}

plugins {
  plugin default { disable }
  plugin dpdk_plugin.so { enable }
  plugin linux_cp_plugin.so { enable }
  plugin linux_nl_plugin.so { enable }
  plugin ping_plugin.so { enable }
${FEATURE_PLUGINS.map(({ file }) => `  plugin ${file} { enable }\n`).join('')}}

dpdk {
  uio-driver vfio-pci
  dev 0000:03:00.0 { name xe0 num-rx-queues 2 num-tx-queues 3 }
  dev 0000:04:00.0 { name xe1 }
}

linux-cp {
  default netns dataplane
  lcp-sync
  lcp-auto-subint
}

acl-plugin {
  reclassify sessions 1
}

linux-nl {
  nl-rx-buffer-size 67108864
}
`);
});

test.each([
  [undefined, undefined, undefined],
  [undefined, 0, undefined],
  [3, undefined, ['main-core 3']],
  [3, 0, ['main-core 3']],
  [undefined, 1, ['main-core 0', 'corelist-workers 1']],
  [undefined, 3, ['main-core 0', 'corelist-workers 1-3']],
  [2, 2, ['main-core 2', 'corelist-workers 3-4']],
])('cpu: main core %s and workers %s', (mainCore, workers, lines) => {
  expect(sectionOf(render({ cpu: { mainCore, workers, isolate: true } }), 'cpu')).toEqual(lines);
});

test('without a NIC for DPDK, omits the plugin and its section', () => {
  for (const text of [
    render({ dpdk: { unsafeNoIommu: false, interfaces: [] } }),
    render({}, { pciAddresses: [] }),
    render({}, { hugepages: false }),
  ]) {
    expect(text).not.toContain('dpdk');
  }
});

test('names only the NICs that were bound, with the driver that they have', () => {
  const text = render({}, { pciAddresses: ['0000:04:00.0'], uioDriver: 'uio_pci_generic' });
  expect(sectionOf(text, 'dpdk')).toEqual(['uio-driver uio_pci_generic', 'dev 0000:04:00.0 { name xe1 }']);
});

test('without hugepages, no key requests them', () => {
  const text = render({}, { hugepages: false });
  expect(sectionOf(text, 'memory')).toEqual(['main-heap-size 1536M']);
  expect(sectionOf(text, 'buffers')).toContain('page-size default');
  expect(sectionOf(text, 'statseg')).not.toContain('page-size 2M');
  expect(text).not.toContain('hugepage');
});

test('rounds a stats segment of hugepages to whole pages', () => {
  const stats = { ...vpp.stats, segmentBytes: 33 * MIB };
  expect(sectionOf(render({ stats }), 'statseg')).toContain('size 34M');
  expect(sectionOf(render({ stats }, { hugepages: false }), 'statseg')).toContain('size 33M');
  const text = render({ stats, memory: { ...vpp.memory, hugepageSize: '1G' } });
  expect(sectionOf(text, 'statseg')).toEqual(expect.arrayContaining(['size 1G', 'page-size 1G']));
});

test('without LCP, omits its plugins and sections', () => {
  const text = render({ lcp: { ...vpp.lcp, enabled: false } });
  expect(text).not.toMatch(/linux|tap_plugin/);
});

test('without the namespace, omits linux_nl: it would listen in the root namespace', () => {
  const text = render({}, { netnsPresent: false });
  expect(text).toContain('plugin linux_cp_plugin.so { enable }');
  expect(text).not.toMatch(/linux_nl|linux-nl|netns/);
});

test('with routes imported by us, omits linux_nl: it would program the same ones', () => {
  const text = render({}, {}, { import: true });
  expect(text).toContain('plugin linux_cp_plugin.so { enable }');
  expect(sectionOf(text, 'linux-cp')).toContain('default netns dataplane');
  expect(text).not.toMatch(/linux_nl|linux-nl/);
});

test('omits the LCP section when it is empty', () => {
  const lcp = { enabled: true, sync: false, autoSubint: false, follow: false, netns: 'dataplane' };
  expect(sectionOf(render({ lcp }, { netnsPresent: false }), 'linux-cp')).toBeUndefined();
});

const FEATURES: ReadonlySet<string> = new Set(
  FEATURE_PLUGINS.map(({ file }) => file.replace('_plugin.so', '')),
);

/** The plugins named in the file, in order, without those of single features. */
function pluginsIn(text: string): string[] {
  return (sectionOf(text, 'plugins') ?? []).flatMap(
    (line) =>
      /^plugin (\w+)_plugin\.so/
        .exec(line)
        ?.slice(1)
        .filter((name) => !FEATURES.has(name)) ?? [],
  );
}

test.each([
  ['25.02-release', ['dpdk', 'linux_cp', 'linux_nl', 'ping']],
  ['25.10', ['dpdk', 'linux_cp', 'linux_nl', 'ping', 'ppp', 'osi']],
  ['v26.02-release', ['dpdk', 'tap', 'linux_cp', 'linux_nl', 'ping', 'ppp', 'osi']],
  ['26.06-rc0~12-gabcdef', ['dpdk', 'tap', 'linux_cp', 'linux_nl', 'ping', 'policer', 'ppp', 'osi']],
])('%s names the plugins that left the core', (text, plugins) => {
  expect(pluginsIn(render({}, { version: version(text) }))).toEqual(plugins);
});

test.each([true, false])(
  'never names linux_nl beside our own import (import = %s), in any version',
  (isImport) => {
    for (const text of ['25.02', '26.06']) {
      const plugins = pluginsIn(render({}, { version: version(text) }, { import: isImport }));
      expect(plugins).toContain('linux_cp');
      expect(plugins.includes('linux_nl')).toBe(!isImport);
    }
  },
);

test.each([
  ['tap_plugin.so', ['dpdk', 'ping', 'policer'], /linux-cp|linux-nl/],
  ['linux_cp_plugin.so', ['dpdk', 'tap', 'ping', 'policer'], /linux-cp|linux-nl/],
  ['linux_nl_plugin.so', ['dpdk', 'tap', 'linux_cp', 'ping', 'policer', 'ppp', 'osi'], /linux-nl/],
  ['dpdk_plugin.so', ['tap', 'linux_cp', 'linux_nl', 'ping', 'policer', 'ppp', 'osi'], /dpdk/],
])('without %s, omits it, what needs it, and their sections', (lacking, plugins, gone) => {
  const hasPlugin = (file: string): boolean => file !== lacking;
  const text = render({}, { version: version('26.06'), hasPlugin });
  expect(pluginsIn(text)).toEqual(plugins);
  expect(text).not.toMatch(gone);
});

test("puts a NIC for VPP's native driver into the section devices, not dpdk", () => {
  const [first, second] = vpp.dpdk.interfaces;
  if (first === undefined || second === undefined) throw new Error('expected two NICs');
  const dpdk = { unsafeNoIommu: false, interfaces: [{ ...first, driver: 'native' as const }, second] };
  const text = render({ dpdk }, { version: version('26.06') });
  expect(sectionOf(text, 'devices')).toEqual([
    'dev pci/0000:03:00.0 { driver ige port 0 { name xe0 num-rx-queues 2 num-tx-queues 3 } }',
  ]);
  expect(sectionOf(text, 'dpdk')).toEqual(['uio-driver vfio-pci', 'dev 0000:04:00.0 { name xe1 }']);
  const alone = render({ dpdk }, { version: version('26.06'), pciAddresses: ['0000:03:00.0'] });
  expect(alone).toContain('dev pci/0000:03:00.0');
  expect(alone).not.toContain('dpdk');
});

test('writes plugin directory and API prefix when given', () => {
  const text = render({}, { pluginDir: '/opt/vpp/lib/vpp_plugins', apiPrefix: 'second' });
  expect(sectionOf(text, 'plugins')?.[0]).toBe('path /opt/vpp/lib/vpp_plugins');
  expect(sectionOf(text, 'api-segment')).toEqual(['prefix second']);
});

test.each([
  ['a brace', { apiSocket: '/run/vpp/a}b.sock' }],
  ['a blank', { apiSocket: '/run/my vpp/api.sock' }],
  ['a comment', { stats: { ...vpp.stats, socketPath: '/run/#stats' } }],
  ['a long namespace name', { lcp: { ...vpp.lcp, netns: 'n'.repeat(32) } }],
  ['a word of the pre-parser as namespace', { lcp: { ...vpp.lcp, netns: 'heapsize' } }],
])('refuses %s in a value', (_what, change: Partial<VppConfig>) => {
  expect(() => render(change)).toThrow(expect.objectContaining({ code: 'unsafe-value' }));
});

test.each(['interactive0', 'main-core', 'heapsizes', 'nosyslog', 'x{y', 'x y', '0xe', 'a'.repeat(16)])(
  'refuses the interface name %s',
  (name) => {
    for (const driver of ['dpdk', 'native'] as const) {
      const queues = { rxQueues: undefined, txQueues: undefined };
      const interfaces = [{ pciAddress: '0000:03:00.0', name, driver, ...queues, line: 1 }];
      expect(() => render({ dpdk: { unsafeNoIommu: false, interfaces } })).toThrow(/startup\.conf/);
    }
  },
);
