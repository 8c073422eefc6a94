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
import { KERNEL_COUNTERS } from '../interfaces/status.ts';
import { counters, gauge, gauges, metricTable, type Sample } from '../report/mod.ts';

const LOOK_UP_MS = 60_000;
/** Bound on the series of one kind: a machine with more sensors or cores than this is none of ours. */
const MAX_SERIES = 256;

/** A file with one number, and what the number is worth. */
interface Source {
  readonly path: string;
  readonly labels: readonly string[];
  /** What it is divided by, so that 47500 becomes 47.5. */
  readonly per?: number;
  readonly times?: number;
}

interface Found {
  readonly at: number;
  readonly temperatures: readonly Source[];
  readonly frequencies: readonly Source[];
  /** By file of `HUGEPAGE_FILES`. */
  readonly hugepages: readonly (readonly Source[])[];
}

/** In a folder for each size of page. */
const HUGEPAGE_FILES = ['nr_hugepages', 'free_hugepages'] as const;

interface HostReading {
  readonly temperatures: readonly Sample[];
  readonly frequencies: readonly Sample[];
  readonly hugepages: readonly (readonly Sample[])[];
  readonly memory: string;
  /** Of the management interface: link, and then `KERNEL_COUNTERS`. */
  readonly management: readonly (readonly Sample[])[];
}

const memory =
  (key: string) =>
  ({ memory }: HostReading): number | undefined => {
    const kilobytes = new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(memory)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };

export const HOST_METRICS = metricTable<HostReading>({
  appliance_temperature_celsius: gauges(
    'Temperature of a sensor',
    ['chip', 'device', 'sensor'],
    ({ temperatures }) => temperatures,
  ),
  appliance_cpu_frequency_hertz: gauges(
    'Clock rate of a core now',
    ['cpu'],
    ({ frequencies }) => frequencies,
  ),
  appliance_hugepages_present: gauges(
    'Hugepages that the kernel has',
    ['page_size_bytes'],
    ({ hugepages }) => hugepages[0] ?? [],
  ),
  appliance_hugepages_free: gauges(
    'Hugepages that nobody uses',
    ['page_size_bytes'],
    ({ hugepages }) => hugepages[1] ?? [],
  ),
  appliance_memory_size_bytes: gauge('Memory of the machine', memory('MemTotal')),
  appliance_memory_available_bytes: gauge(
    'Memory that could be had without swapping',
    memory('MemAvailable'),
  ),
  ...Object.fromEntries(
    KERNEL_COUNTERS.map(([, metric, help], i) => [
      `appliance_management_${metric}_total`,
      counters(
        `${help} by the management interface`,
        ['interface'],
        ({ management }: HostReading) => management[i + 1] ?? [],
      ),
    ]),
  ),
  appliance_management_link_up: gauges(
    'Whether the management interface has a link',
    ['interface'],
    ({ management }) => management[0] ?? [],
  ),
});

export class HostFigures {
  readonly #root: string;
  #found: Found | undefined;

  /** `root`: where `/sys` and `/proc` are, for tests. */
  constructor(root = '') {
    this.#root = root;
  }

  /** `management` is the kernel interface by which the box is reached, if there is one. */
  async read(management: string | undefined): Promise<HostReading> {
    const found = await this.#lookUp();
    const [temperatures, frequencies, hugepages, meminfo, ofManagement] = await Promise.all([
      readAll(found.temperatures),
      readAll(found.frequencies),
      Promise.all(found.hugepages.map(readAll)),
      text(`${this.#root}/proc/meminfo`),
      Promise.all(this.#interface(management).map((source) => readAll([source]))),
    ]);
    return { temperatures, frequencies, hugepages, memory: meminfo ?? '', management: ofManagement };
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
        sources.push({ path: `${hwmon}/${chip}/${file}`, labels: [name, device ?? chip, label], per: 1000 });
      }
    }
    if (sources.length > 0) return sources;
    const thermal = `${this.#root}/sys/class/thermal`;
    for (const zone of await list(thermal)) {
      if (!zone.startsWith('thermal_zone')) continue;
      const sensor = (await text(`${thermal}/${zone}/type`)) ?? zone;
      sources.push({ path: `${thermal}/${zone}/temp`, labels: ['thermal', zone, sensor], per: 1000 });
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
      sources.push({ path: `${cpus}/${name}/cpufreq/scaling_cur_freq`, labels: [cpu], times: 1000 });
    }
    return sources.sort((a, b) => Number(a.labels[0]) - Number(b.labels[0]));
  }

  async #hugepages(): Promise<Source[][]> {
    const pools = `${this.#root}/sys/kernel/mm/hugepages`;
    const found = (await list(pools)).flatMap((pool) => {
      const kilobytes = /^hugepages-(\d+)kB$/.exec(pool)?.[1];
      return kilobytes === undefined ? [] : [{ pool, bytes: String(Number(kilobytes) * 1024) }];
    });
    return HUGEPAGE_FILES.map((file) =>
      found.map(({ pool, bytes }) => ({ path: `${pools}/${pool}/${file}`, labels: [bytes] })),
    );
  }

  #interface(name: string | undefined): Source[] {
    // a name comes from the configuration: none that leads out of the folder
    if (name === undefined || name.includes('/') || name.startsWith('.')) return [];
    const files = KERNEL_COUNTERS.map(
      ([counter]) => `statistics/${counter.replace(/[A-Z]/, (capital) => `_${capital.toLowerCase()}`)}`,
    );
    return ['carrier', ...files].map((file) => ({
      path: `${this.#root}/sys/class/net/${name}/${file}`,
      labels: [name],
    }));
  }
}

/** Of the sources that can be read, each with other labels. */
async function readAll(sources: readonly Source[]): Promise<Sample[]> {
  const samples = await Promise.all(
    sources.slice(0, MAX_SERIES).map(async ({ path, labels, per = 1, times = 1 }) => {
      const found = await text(path);
      if (found === undefined || !/^-?\d+$/.test(found)) return undefined;
      return [(Number(found) / per) * times, ...labels] as const;
    }),
  );
  const seen = new Set<string>();
  return samples.filter((sample): sample is Exclude<typeof sample, undefined> => {
    const key = JSON.stringify(sample?.slice(1));
    return sample !== undefined && !seen.has(key) && seen.add(key).size > 0;
  });
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
