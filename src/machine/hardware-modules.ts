/**
 * Kernel modules: by modalias for the machine's devices, and by name for those that no modalias names.
 *
 * A pass over /sys/devices loads the module of each device; a bus whose driver was just loaded (xhci, ahci,
 * virtio-pci) adds new devices, so passes are repeated until nothing new appears, at most `MAX_PASSES` times.
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
/** Used by LCP (tap) and VPP's virtio back ends. */
export const TAP_MODULES = ['tun', 'vhost_net'];

/**
 * Modules that no device names and that the kernel would load by modprobe, which the box does not have: MPLS labels that
 * routes push, and the link kinds of loopbacks, VRFs and VLANs. Without one, the kernel refuses what needs it. `dummy` must not
 * create links by itself.
 */
export const ROUTER_MODULES = ['mpls_iptunnel', 'dummy numdummies=0', 'vrf', '8021q'];

/** Every distinct modalias below a sysfs devices tree. */
export function collectModaliases(devices = '/sys/devices'): Set<string> {
  const found = new Set<string>();
  const walk = (directory: string, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    let entries: import('node:fs').Dirent[];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch {
      // A device that was removed meanwhile.
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

/** Loads the modules of the machine's devices. Returns the outcomes worth reporting: loaded and failed ones. */
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
      // Each module may take milliseconds in the kernel: yields to the event loop between two.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (fresh === 0) break;
  }
  return outcomes;
}

/** Loads modules by name; throws one error naming those that failed or are missing. */
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
  return `${count('loaded')} loaded, ${count('already-loaded') + count('built-in')} already present`;
}

/**
 * Loads optional modules, each a name followed by its parameters; returns the outcome of each. Never throws.
 */
export function loadIfThere(loader: ModuleLoader, modules: readonly string[]): string {
  return loadEach(loader, modules).map(describeOutcome).join('; ');
}

/** Loads modules, each a name followed by its parameters; returns those that are not there, with the reason. Never throws. */
export function whatWasNotLoaded(loader: ModuleLoader, modules: readonly string[]): string[] {
  return loadEach(loader, modules)
    .filter(({ result }) => result === 'missing' || result === 'failed')
    .map(describeOutcome);
}

function loadEach(loader: ModuleLoader, modules: readonly string[]): ModuleOutcome[] {
  return modules
    .map((module) => module.split(' '))
    .map(([name = '', ...parameters]) => loader.load(name, parameters.join(' ')));
}

const describeOutcome = ({ name, result, error }: ModuleOutcome): string => `${name}: ${error ?? result}`;
