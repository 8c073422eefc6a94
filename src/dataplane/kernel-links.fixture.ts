/**
 * NICs for tests of the kernel's data plane: veths in a namespace that represents the box's own, which the test's thread
 * enters. They are found by MAC address instead of PCI address, in the real sysfs of that namespace.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import {
  createNamedNetns,
  deleteNamedNetns,
  type Link,
  listLinks,
  mountSysfsOf,
  readMounts,
  readNames,
  readText,
  unmount,
  UnmountFlag,
  withNetns,
} from '../linux/mod.ts';
import { enterNetns } from '../linux/netns.fixture.ts';
import type { KernelLinksOptions } from './kernel-links.ts';
import { prepareControlNamespace } from '../machine/kernel-settings.ts';

/** Why this machine cannot create them; undefined: it can. */
export function whyNoLinks(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (spawnSync('ip', ['-V']).status !== 0) return 'iproute2 makes the links';
  return undefined;
}

let made = 0;

export class FakeBox implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'kernel-links-'));
  readonly #id = `${process.pid}-${(made += 1)}`;
  /** Represents the namespace of PID 1. */
  readonly home = `kl-home-${this.#id}`;
  /** `vpp.lcp.netns` */
  readonly netns = `kl-data-${this.#id}`;
  readonly errors: string[] = [];
  management: string | undefined;
  readonly #stay: Disposable;
  #cables = 0;

  constructor() {
    createNamedNetns(this.home);
    mkdirSync(join(this.dir, 'sys'));
    mountSysfsOf(this.home, join(this.dir, 'sys'));
    this.#stay = enterNetns(this.home);
  }

  get options(): KernelLinksOptions {
    return {
      runDir: this.dir,
      sysfs: join(this.dir, 'sys'),
      prepareNamespace: prepareControlNamespace,
      managementInterface: () => this.management,
      onError: (message) => void this.errors.push(message),
      linkOf: (sysfs, pciAddress) =>
        readNames(`${sysfs}/class/net`).find(
          (name) => readText(`${sysfs}/class/net/${name}/address`) === macOf(pciAddress),
        ),
    };
  }

  /** Plugs in a NIC at 0000:0N:00.0, initially called `name`. Returns the name of the peer. */
  plug(bus: number, name: string): string {
    const far = `far-${(this.#cables += 1)}`;
    const pair = ['type', 'veth', 'peer', 'name', far];
    this.ip(this.home, 'link', 'add', name, 'address', macOf(pci(bus)), ...pair);
    this.ip(this.home, 'link', 'set', far, 'up');
    return far;
  }

  /** A configuration that names these NICs; `more` is INI. */
  config(nics: Readonly<Record<number, string>>, more = ''): Config {
    const sections = Object.entries(nics).map(
      ([bus, name]) => `[vpp.dpdk.interface.${pci(Number(bus))}]\nname = ${name}\n`,
    );
    const text = `[vpp.lcp]\nnetns = ${this.netns}\n${sections.join('')}${more}`;
    const parsed = parseConfig(text, 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  }

  ip(netns: string, ...args: string[]): string {
    return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
  }

  links(netns: string): Link[] {
    return withNetns(netns, listLinks);
  }

  /** Names of the links of a namespace except `lo` and peers, sorted. */
  names(netns: string): string[] {
    const names = this.links(netns).map(({ name }) => name);
    return names.filter((name) => name !== 'lo' && !name.startsWith('far-')).sort();
  }

  [Symbol.dispose](): void {
    this.#stay[Symbol.dispose]();
    for (const { target } of readMounts()) {
      if (target.startsWith(this.dir)) unmount(target, UnmountFlag.detach);
    }
    for (const netns of [this.home, this.netns]) deleteNamedNetns(netns);
    rmSync(this.dir, { recursive: true });
  }
}

function pci(bus: number): string {
  return `0000:0${bus}:00.0`;
}

export function macOf(pciAddress: string): string {
  return `02:00:00:00:00:${pciAddress.slice(5, 7)}`;
}
