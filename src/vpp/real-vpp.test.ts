/**
 * Our startup.conf and readers against a real VPP, named by VPP_BIN. The hugepage case needs root and some 180
 * hugepages of 2 MiB, which it allocates and releases.
 */
import { type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { VppConfig } from '../config/types.ts';
import { readInt, spawnChild, writeText } from '../linux/mod.ts';
import {
  findPluginDir,
  hasNativeDriver,
  hasPlugin,
  pluginsOf,
  readVppVersion,
  renderStartupConf,
  runCli,
  type StartupConfOptions,
  startupPlugins,
} from './mod.ts';

const MIB = 2 ** 20;
const POOL = '/sys/kernel/mm/hugepages/hugepages-2048kB';
/** Of the configuration below: 128 for the heap, 17 for the stats segment, 19 for the buffers. */
const PAGES = 164;

const binary = process.env['VPP_BIN'];

/** A VPP running with our startup.conf in a directory of its own. */
class RealVpp implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'appliance-vpp-'));
  #child: ChildProcess | undefined;
  #output = '';
  #ended: Promise<unknown> | undefined;

  /** @param native PCI address of a NIC for VPP's native driver, which does not exist */
  async start(vppBinary: string, hugepages: boolean, native?: string): Promise<void> {
    const vpp: VppConfig = {
      enabled: true,
      external: false,
      binary: vppBinary,
      startTimeoutSeconds: 60,
      answerTimeoutSeconds: 20,
      drift: 'repair',
      apiSocket: join(this.dir, 'api.sock'),
      cpu: { mainCore: undefined, workers: undefined, isolate: true },
      memory: { mainHeapBytes: 256 * MIB, hugepageSize: '2M', buffers: 16_384 },
      dpdk: { unsafeNoIommu: false, interfaces: [] },
      stats: { segmentBytes: 33 * MIB, socketPath: join(this.dir, 'stats.sock'), pollIntervalSeconds: 30 },
      lcp: { enabled: true, sync: true, autoSubint: true, follow: false, netns: 'dataplane' },
      neighbors: { maxNumber: 50_000, maxAgeSeconds: 30, recycle: true },
    };
    const pluginDir = findPluginDir(vppBinary);
    if (pluginDir === undefined) throw new Error('no plugin directory beside VPP_BIN');
    const version = await readVppVersion(vppBinary);
    const options = { version, runDir: this.dir, netnsPresent: false, hugepages, pluginDir };
    const settings = { vpp, fib: { kernel: { import: false } } };
    const { missing } = startupPlugins(settings, { ...options, hasPlugin: hasPlugin(pluginDir) });
    expect(missing).toEqual([]);
    const text = renderStartupConf(settings, { ...options, apiPrefix: `t${process.pid}` });
    const devices = native === undefined ? '' : devicesSection(vpp, { ...options, hugepages: true }, native);
    writeFileSync(join(this.dir, 'startup.conf'), `${text}${devices}`);
    this.#child = spawnChild(vppBinary, ['-c', join(this.dir, 'startup.conf')], {
      onOutput: (chunk) => {
        this.#output += chunk.toString();
      },
    });
    this.#ended = once(this.#child, 'exit');
    for (let waited = 0; waited < 10_000 && !existsSync(join(this.dir, 'cli.sock')); waited += 50) {
      if (this.#child.exitCode !== null) throw new Error(`VPP ended: ${this.#output}`);
      await sleep(50);
    }
  }

  cli(command: string): Promise<string> {
    return runCli(join(this.dir, 'cli.sock'), command);
  }

  get output(): string {
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill('SIGTERM');
    const killer = setTimeout(() => this.#child?.kill('SIGKILL'), 5_000);
    await this.#ended;
    clearTimeout(killer);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** As rendered for a VPP with hugepages. */
function devicesSection(vpp: VppConfig, options: StartupConfOptions, pciAddress: string): string {
  const nic = { pciAddress, name: 'xe0', driver: 'native', rxQueues: 2, txQueues: 4, line: 1 } as const;
  const settings = {
    vpp: { ...vpp, dpdk: { unsafeNoIommu: false, interfaces: [nic] } },
    fib: { kernel: { import: true } },
  };
  const text = renderStartupConf(settings, options);
  const start = text.indexOf('devices {');
  return text.slice(start, text.indexOf('\n}\n', start) + 3);
}

test('VPP accepts the file without hugepages and answers on its CLI socket', async (ctx) => {
  if (binary === undefined) {
    ctx.skip('VPP_BIN names no VPP');
    return;
  }
  await using vpp = new RealVpp();
  await vpp.start(binary, false);
  const { text } = await readVppVersion(binary);
  expect(await vpp.cli('show version')).toMatch(new RegExp(`^vpp v${RegExp.escape(text)} built by`));
  expect(await vpp.cli('show lcp')).toContain('lcp lcp-sync on');
  expect(await vpp.cli('show bogus')).toContain('unknown input');
  const version = await readVppVersion(binary);
  const loaded = [...(await vpp.cli('show plugins')).matchAll(/^ *\d+\. (\w+_plugin\.so) /gm)].map(
    ([, name = '']) => name,
  );
  // Those of the table and no others; linux_nl needs the namespace.
  const asked = pluginsOf(version).filter(({ need }) => need === 'always' || need === 'linuxCp');
  expect(new Set(loaded)).toEqual(new Set(asked.map(({ file }) => file)));
  expect((await vpp.cli('show api message-table')).split('\n').length).toBeGreaterThan(500);
  expect(vpp.output).not.toContain('vat_plugin_register');
});

test('VPP accepts the section of a NIC for its native driver, and runs when the NIC does not exist', async (ctx) => {
  if (binary === undefined) {
    ctx.skip('VPP_BIN names no VPP');
    return;
  }
  ctx.skip(!hasNativeDriver(await readVppVersion(binary)), 'this VPP has no native driver');
  await using vpp = new RealVpp();
  await vpp.start(binary, false, '0000:ff:1f.7');
  await expect.poll(() => vpp.output).toContain("error: invalid device id for device 'pci/0000:ff:1f.7'");
  expect(vpp.output).not.toContain('unknown input');
  expect(await vpp.cli('show version')).toMatch(/^vpp v/);
});

test('VPP accepts the file with hugepages, and uses no more of them than budgeted', async (ctx) => {
  if (binary === undefined) {
    ctx.skip('VPP_BIN names no VPP');
    return;
  }
  const before = readInt(`${POOL}/nr_hugepages`);
  if (process.getuid?.() !== 0 || before === undefined) {
    ctx.skip('needs root and 2 MiB hugepages');
    return;
  }
  const free = readInt(`${POOL}/free_hugepages`) ?? 0;
  writeText(`${POOL}/nr_hugepages`, String(before + PAGES));
  try {
    ctx.skip((readInt(`${POOL}/free_hugepages`) ?? 0) < free + PAGES, 'too little memory for hugepages');
    await using vpp = new RealVpp();
    await vpp.start(binary, true);
    expect(await vpp.cli('show memory main-heap')).toMatch(
      /page-size 2M, total 128, (?:mapped|populated) 128/,
    );
    expect(await vpp.cli('show memory map')).toMatch(/34m\s+\d+\s+2M\s+17\s.*stat segment/);
    expect(await vpp.cli('show physmem')).toContain('subpage-size 2M');
    expect(readInt(`${POOL}/nr_hugepages`)).toBe(before + PAGES);
    expect(readInt(`${POOL}/free_hugepages`)).toBe(free);
  } finally {
    writeText(`${POOL}/nr_hugepages`, String(before));
  }
});
