/**
 * Kernel modules: by modalias for what the machine has, and by name for what no modalias names.
 *
 * A pass over /sys/devices loads what each device asks for; a bus whose driver was just loaded (xhci, ahci,
 * virtio-pci) shows new devices, so passes are repeated until nothing new appears, at most `MAX_PASSES` times.
 */
import { readdirSync } from 'node:fs';
import { type ModuleLoader, type ModuleOutcome, readText } from '../linux/mod.ts';

const MAX_PASSES = 4;
const MAX_DEPTH = 12;

/** Needed by the boot itself: file systems (no modules.dep names their code pages), power button, netlink. */
export const BASE_MODULES = [
  'vfat',
  'nls_cp437',
  'nls_ascii',
  'nls_iso8859-1',
  'nls_utf8',
  'button',
  'evdev',
  'af_packet',
];
export const VFIO_MODULES = ['vfio', 'vfio_iommu_type1', 'vfio-pci'];
/** What LCP (tap) and VPP's virtio back ends use. */
export const TAP_MODULES = ['tun', 'vhost_net'];

/**
 * What no device asks for and the kernel would have modprobe load, which the box has not: MPLS labels that routes push,
 * and the kinds of links that loopbacks and VRFs are. A kernel without one says so of what wants it. Of `dummy`: none
 * that nobody asked for.
 */
export const ROUTER_MODULES = ['mpls_iptunnel', 'dummy numdummies=0', 'vrf'];

/** Every distinct modalias below a sysfs devices tree. */
export function collectModaliases(devices = '/sys/devices'): Set<string> {
  const found = new Set<string>();
  const walk = (directory: string, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    let entries: import('node:fs').Dirent[];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch {
      // A device that went away while we looked.
      return;
    }
    for (const entry of entries) {
      if (entry.isDirectory()) walk(`${directory}/${entry.name}`, depth + 1);
      else if (entry.name === 'modalias') {
        const alias = readText(`${directory}/modalias`);
        if (alias !== undefined && alias !== '') found.add(alias);
      }
    }
  };
  walk(devices, 0);
  return found;
}

/** Loads what the machine's devices ask for. Returns the outcomes worth telling: loaded and failed ones. */
export async function coldplug(loader: ModuleLoader, devices = '/sys/devices'): Promise<ModuleOutcome[]> {
  const seen = new Set<string>();
  const outcomes: ModuleOutcome[] = [];
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    let fresh = 0;
    for (const alias of collectModaliases(devices)) {
      if (seen.has(alias)) continue;
      seen.add(alias);
      fresh += 1;
      outcomes.push(...loader.loadByModalias(alias));
      // Each module may take milliseconds in the kernel: the event loop gets its turn between two.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (fresh === 0) break;
  }
  return outcomes;
}

/** Loads modules by name; throws one error that names those that failed or are missing. */
export function loadByName(loader: ModuleLoader, names: readonly string[]): string {
  const outcomes = names.map((name) => loader.load(name));
  const bad = outcomes.filter(({ result }) => result === 'missing' || result === 'failed');
  if (bad.length > 0) {
    throw new Error(
      bad
        .map(({ name, result, error }) => `${name}: ${result}${error === undefined ? '' : ` (${error})`}`)
        .join('; '),
    );
  }
  const count = (wanted: ModuleOutcome['result']): number =>
    outcomes.filter(({ result }) => result === wanted).length;
  return `${count('loaded')} loaded, ${count('already-loaded') + count('built-in')} there already`;
}

/**
 * Loads modules without which the machine works as well, each a name and its parameters behind a blank; says which are
 * there, and why others are not. Never throws.
 */
export function loadIfThere(loader: ModuleLoader, modules: readonly string[]): string {
  return modules
    .map((module) => module.split(' '))
    .map(([name = '', ...parameters]) => loader.load(name, parameters.join(' ')))
    .map(({ name, result, error }) => `${name}: ${error ?? result}`)
    .join('; ');
}
