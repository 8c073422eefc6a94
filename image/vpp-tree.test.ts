/** The VPP files in an image, and the warnings about missing ones. The VPPs are scripts that print their version. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../src/config/mod.ts';
import type { Config } from '../src/config/types.ts';
import { FEATURE_PLUGINS } from '../src/vpp/plugins.ts';
import { FileTree } from './file-tree.ts';
import { addVpp } from './vpp-tree.ts';

const FEATURES = FEATURE_PLUGINS.map(({ file }) => file);
const PLUGINS_25_02 = ['dpdk', 'linux_cp', 'linux_nl', 'ping'];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vpp-tree-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface FakeVpp {
  readonly version: string;
  readonly plugins: readonly string[];
  readonly driver?: boolean;
  /** Its library directory. */
  readonly lib?: string;
}

/** Adds it with all plugins of single features, and returns an image's other files below /usr, and the warnings. */
async function added(
  { version, plugins, driver = false, lib = 'lib/x86_64-linux-gnu' }: FakeVpp,
  config?: Config,
): Promise<{ files: string[]; warnings: readonly string[] }> {
  const put = (path: string, text: string): void => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  };
  put('bin/vpp', `#!/bin/sh\necho "vpp v${version} built by me on here at 2026-01-01"\n`);
  for (const file of [...plugins.map((name) => `${name}_plugin.so`), ...FEATURES])
    put(`${lib}/vpp_plugins/${file}`, '');
  if (driver) put(`${lib}/vpp_drivers/ige_driver.so`, '');
  const tree = new FileTree();
  const { warnings } = await addVpp(tree, root, config);
  const files = tree
    .entries()
    .flatMap(([path, { kind }]) =>
      kind === 'file' && !FEATURES.some((name) => path.endsWith(`/${name}`)) ? [`/${path}`] : [],
    );
  return { files: files.sort(), warnings };
}

function configOf(text: string): Config {
  const parsed = parseConfig(text, 'test.ini');
  return parsed.ok ? parsed.config : expect.unreachable(JSON.stringify(parsed.problems));
}

test('25.02 with the plugins that startup.conf may name, and nothing else', async () => {
  const { files, warnings } = await added({
    version: '25.02-release',
    plugins: [...PLUGINS_25_02, 'ikev2', 'quic'],
  });
  expect(files).toEqual([
    '/usr/bin/vpp',
    ...PLUGINS_25_02.map((name) => `/usr/lib/x86_64-linux-gnu/vpp_plugins/${name}_plugin.so`),
  ]);
  expect(warnings).toEqual([]);
});

test('26.06 with its taps and policers, and its driver where VPP looks for it', async () => {
  const plugins = ['dpdk', 'linux_cp', 'linux_nl', 'osi', 'ping', 'policer', 'ppp', 'tap'];
  const { files, warnings } = await added({ version: '26.06-release', plugins, driver: true, lib: 'lib' });
  expect(files).toEqual([
    '/usr/bin/vpp',
    '/usr/lib/vpp_drivers/ige_driver.so',
    ...plugins.map((name) => `/usr/lib/x86_64-linux-gnu/vpp_plugins/${name}_plugin.so`),
  ]);
  expect(warnings).toEqual([]);
});

test('26.06 without them: each is named, with what does not work', async () => {
  const { warnings } = await added({ version: '26.06-release', plugins: PLUGINS_25_02 });
  expect(warnings).toEqual([
    expect.stringMatching(/^VPP 26\.06-release lacks tap_plugin\.so: interfaces have no TAPs in Linux/),
    expect.stringMatching(/^VPP 26\.06-release lacks policer_plugin\.so: VPP has no policers/),
    expect.stringMatching(/lacks ppp_plugin\.so/),
    expect.stringMatching(/lacks osi_plugin\.so: IS-IS does not reach Linux/),
    expect.stringMatching(/^VPP 26\.06-release lacks ige_driver\.so: .*driver = native/),
  ]);
});

test('refuses a configuration that needs a missing file, and accepts one that does not', async () => {
  const vpp = { version: '26.06-release', plugins: PLUGINS_25_02 };
  const nic = '[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n';
  await expect(added(vpp, configOf(nic))).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringMatching(
      /appliance\.ini.*vpp\.lcp\.enabled: VPP 26\.06-release lacks tap_plugin\.so/,
    ),
  });
  await expect(added(vpp, configOf(`${nic}[vpp.lcp]\nenabled = false\n`))).resolves.toBeDefined();
  const native = configOf(`${nic}driver = native\n`);
  const old = { version: '25.02-release', plugins: PLUGINS_25_02 };
  await expect(added(old, native)).rejects.toThrow(/has no native driver, expected 26.02 or later/);
});

test('refuses a VPP of unknown version', async () => {
  await expect(added({ version: 'something', plugins: [] })).rejects.toMatchObject({
    code: 'missing-artefact',
  });
});
