/**
 * Owns the series about the machine below: temperatures, clock rates of the cores, memory and hugepages, and the
 * kernel's counters of the management interface, read from sysfs and procfs at each scrape.
 *
 * Invariants: what the machine does not have makes no series (a guest has no sensors); reads are asynchronous, since a
 * sensor may take milliseconds to answer; which files there are is looked up once a minute.
 *
 * Source: kernel Documentation/hwmon/sysfs-interface.rst, admin-guide/pm/cpufreq.rst, ABI/testing/sysfs-class-net.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { escapeLabel, familyHeader, type Format, formatValue } from './exposition.ts';

const LOOK_UP_MS = 60_000;
/** Bound on the series of one kind: a machine with more sensors or cores than this is none of ours. */
const MAX_SERIES = 256;

type Labels = Readonly<Record<string, string>>;

/** A file with one number, and what the number is worth. */
interface Source {
  readonly path: string;
  readonly labels: Labels;
  readonly factor: number;
}

interface Found {
  readonly at: number;
  readonly temperatures: readonly Source[];
  readonly frequencies: readonly Source[];
  readonly hugepages: readonly { readonly name: string; readonly source: Source }[];
}

const INTERFACE_FAMILIES: readonly (readonly [name: string, help: string, file: string])[] = [
  ['receive_packets', 'Packets received', 'rx_packets'],
  ['receive_bytes', 'Bytes received', 'rx_bytes'],
  ['receive_errors', 'Packets received with errors', 'rx_errors'],
  ['receive_drops', 'Packets received and dropped', 'rx_dropped'],
  ['transmit_packets', 'Packets sent', 'tx_packets'],
  ['transmit_bytes', 'Bytes sent', 'tx_bytes'],
  ['transmit_errors', 'Packets that could not be sent', 'tx_errors'],
  ['transmit_drops', 'Packets dropped instead of sent', 'tx_dropped'],
];

const MEMORY_FAMILIES: readonly (readonly [name: string, help: string, key: string])[] = [
  ['appliance_memory_size_bytes', 'Memory of the machine', 'MemTotal'],
  ['appliance_memory_available_bytes', 'Memory that could be had without swapping', 'MemAvailable'],
];

/** In a folder for each size of page. */
const HUGEPAGE_FILES: readonly (readonly [name: string, file: string])[] = [
  ['appliance_hugepages_present', 'nr_hugepages'],
  ['appliance_hugepages_free', 'free_hugepages'],
];

const HELPS: Readonly<Record<string, string>> = {
  appliance_hugepages_present: 'Hugepages that the kernel has',
  appliance_hugepages_free: 'Hugepages that nobody uses',
};

export class HostMetrics {
  readonly #root: string;
  #found: Found | undefined;

  /** `root`: where `/sys` and `/proc` are, for tests. */
  constructor(root = '') {
    this.#root = root;
  }

  /** The exposition; `management` is the kernel interface by which the box is reached, if there is one. */
  async render(management: string | undefined, format: Format): Promise<string> {
    const found = await this.#lookUp();
    const parts = await Promise.all([
      family('appliance_temperature_celsius', 'Temperature of a sensor', found.temperatures, format),
      family('appliance_cpu_frequency_hertz', 'Clock rate of a core now', found.frequencies, format),
      ...HUGEPAGE_FILES.map(([name]) => {
        const sources = found.hugepages.filter((one) => one.name === name).map(({ source }) => source);
        return family(name, HELPS[name] ?? '', sources, format);
      }),
      this.#memory(format),
      management === undefined ? '' : this.#interface(management, format),
    ]);
    return parts.join('');
  }

  async #lookUp(): Promise<Found> {
    const now = performance.now();
    if (this.#found !== undefined && now - this.#found.at < LOOK_UP_MS) return this.#found;
    const [temperatures, frequencies, hugepages] = await Promise.all([
      this.#temperatures(),
      this.#frequencies(),
      this.#hugepages(),
    ]);
    this.#found = { at: now, temperatures, frequencies, hugepages };
    return this.#found;
  }

  /** hwmon's `tempN_input`, in thousandths of a degree; the thermal zones where there is no hwmon. */
  async #temperatures(): Promise<Source[]> {
    const sources: Source[] = [];
    const hwmon = `${this.#root}/sys/class/hwmon`;
    for (const chip of await list(hwmon)) {
      const name = (await text(`${hwmon}/${chip}/name`)) ?? chip;
      for (const file of await list(`${hwmon}/${chip}`)) {
        const channel = /^(temp\d+)_input$/.exec(file)?.[1];
        if (channel === undefined) continue;
        const label = (await text(`${hwmon}/${chip}/${channel}_label`)) ?? channel;
        // two chips of a kind differ in the device they are on
        const device = (await realpath(`${hwmon}/${chip}/device`).catch(() => chip)).split('/').at(-1);
        const labels = { chip: name, device: device ?? chip, sensor: label };
        sources.push({ path: `${hwmon}/${chip}/${file}`, labels, factor: 0.001 });
      }
    }
    if (sources.length > 0) return sources;
    const thermal = `${this.#root}/sys/class/thermal`;
    for (const zone of await list(thermal)) {
      if (!zone.startsWith('thermal_zone')) continue;
      const sensor = (await text(`${thermal}/${zone}/type`)) ?? zone;
      const labels = { chip: 'thermal', device: zone, sensor };
      sources.push({ path: `${thermal}/${zone}/temp`, labels, factor: 0.001 });
    }
    return sources;
  }

  /** cpufreq's `scaling_cur_freq`, in kHz. */
  async #frequencies(): Promise<Source[]> {
    const cpus = `${this.#root}/sys/devices/system/cpu`;
    const sources: Source[] = [];
    for (const name of await list(cpus)) {
      const cpu = /^cpu(\d+)$/.exec(name)?.[1];
      if (cpu === undefined) continue;
      sources.push({ path: `${cpus}/${name}/cpufreq/scaling_cur_freq`, labels: { cpu }, factor: 1000 });
    }
    return sources.sort((a, b) => Number(a.labels['cpu']) - Number(b.labels['cpu']));
  }

  async #hugepages(): Promise<{ name: string; source: Source }[]> {
    const pools = `${this.#root}/sys/kernel/mm/hugepages`;
    const sources: { name: string; source: Source }[] = [];
    for (const pool of await list(pools)) {
      const kilobytes = /^hugepages-(\d+)kB$/.exec(pool)?.[1];
      if (kilobytes === undefined) continue;
      const labels = { page_size_bytes: String(Number(kilobytes) * 1024) };
      for (const [name, file] of HUGEPAGE_FILES) {
        sources.push({ name, source: { path: `${pools}/${pool}/${file}`, labels, factor: 1 } });
      }
    }
    return sources;
  }

  async #memory(format: Format): Promise<string> {
    const meminfo = (await text(`${this.#root}/proc/meminfo`)) ?? '';
    return MEMORY_FAMILIES.map(([name, help, key]) => {
      const kilobytes = new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1];
      if (kilobytes === undefined) return '';
      return `${familyHeader(name, 'gauge', help, format)}${name} ${Number(kilobytes) * 1024}\n`;
    }).join('');
  }

  async #interface(name: string, format: Format): Promise<string> {
    // a name comes from the configuration: none that leads out of the folder
    if (name.includes('/') || name.startsWith('.')) return '';
    const folder = `${this.#root}/sys/class/net/${name}`;
    const labels = { interface: name };
    const counters = INTERFACE_FAMILIES.map(([counter, help, file]) =>
      family(
        `appliance_management_${counter}_total`,
        `${help} by the management interface`,
        [{ path: `${folder}/statistics/${file}`, labels, factor: 1 }],
        format,
        'counter',
      ),
    );
    const link = 'Whether the management interface has a link';
    const carrier: Source = { path: `${folder}/carrier`, labels, factor: 1 };
    return (
      await Promise.all([...counters, family('appliance_management_link_up', link, [carrier], format)])
    ).join('');
  }
}

/** One family of the sources that can be read; nothing when none can. */
async function family(
  name: string,
  help: string,
  sources: readonly Source[],
  format: Format,
  type: 'gauge' | 'counter' = 'gauge',
): Promise<string> {
  const values = await Promise.all(sources.slice(0, MAX_SERIES).map(({ path }) => number(path)));
  const seen = new Set<string>();
  let lines = '';
  for (const [i, value] of values.entries()) {
    const source = sources[i];
    if (source === undefined || value === undefined) continue;
    const labels = Object.entries(source.labels)
      .map(([label, text]) => `${label}="${escapeLabel(text)}"`)
      .join(',');
    if (seen.has(labels)) continue;
    seen.add(labels);
    // thousandths are divided, so that 47.5 does not become 47.500000000000004
    const scaled = source.factor < 1 ? value / Math.round(1 / source.factor) : value * source.factor;
    lines += `${name}{${labels}} ${formatValue(scaled)}\n`;
  }
  return lines === '' ? '' : familyHeader(name, type, help, format) + lines;
}

async function number(path: string): Promise<number | undefined> {
  const found = await text(path);
  return found !== undefined && /^-?\d+$/.test(found) ? Number(found) : undefined;
}

/** Undefined where it cannot be read: the sensor is not there, sleeps, or belongs to an interface that is down. */
async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (content) => content.trim(),
    () => undefined,
  );
}

/** Empty where there is no such folder. */
async function list(path: string): Promise<string[]> {
  return readdir(path).then(
    (names) => names.sort(),
    () => [],
  );
}
