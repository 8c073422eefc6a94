/**
 * Owns finding the disk that this machine was booted from: by the partition GUID that the boot loader set in an EFI
 * variable, or, for a kernel started without a loader, by the file system's label.
 *
 * Invariant: two disks that match are an error that names both. Never guesses, since the disk it finds is written
 * to.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DevicePlaces, type Disk, listDisks } from './block-devices.ts';
import { EFI_VARIABLES_DIRECTORY, readLoaderVariable } from './efi-variables.ts';
import { DiskError } from './errors.ts';
import { findByLabel } from './fat-label.ts';
import { BOOT_LABEL, IMAGE_DISK_GUID } from './layout.ts';
import { tryReadTable } from './partition-table.ts';

/** Location of the boot partition. Its device is known only once the kernel shows the partition. */
export type BootDisk =
  | {
      readonly kind: 'table';
      readonly disk: Disk;
      /** Position of the boot partition in the disk's partition table. */
      readonly bootNumber: number;
      readonly foundBy: 'loader' | 'label';
    }
  /** A file system that fills a disk, or a partition of a disk without a GUID partition table. */
  | { readonly kind: 'plain'; readonly device: string; readonly foundBy: 'label' };

/** USB disks appear seconds after the kernel starts. */
const WAIT_MS = 15_000;
const POLL_MS = 200;
/** Two sticks freshly written from one image are identical: how long to wait for a second one after the first. */
const TWIN_WAIT_MS = 2_000;

export interface FindOptions extends DevicePlaces {
  readonly efiVariables?: string;
  /** How long to wait for disks, in milliseconds. */
  readonly waitMs?: number;
  readonly twinWaitMs?: number;
}

interface Candidate {
  readonly bootDisk: BootDisk;
  /** Its name in messages: `/dev/sda1`. */
  readonly name: string;
  readonly fresh: boolean;
}

/** Waits for the boot disk. Rejects with a DiskError `not-found` or `ambiguous`, which says what to do. */
export async function findBootDisk(options: FindOptions = {}): Promise<BootDisk> {
  const { waitMs = WAIT_MS, twinWaitMs = TWIN_WAIT_MS } = options;
  const search = searchOf(options);
  const deadline = performance.now() + waitMs;
  let found = await search.run();
  while (found.length === 0 && performance.now() < deadline) {
    await sleep(POLL_MS);
    found = await search.run();
  }
  if (found.length === 1 && found[0]?.fresh === true) {
    await sleep(twinWaitMs);
    found = await search.run();
  }
  const [first] = found;
  if (first === undefined) {
    throw new DiskError('not-found', `no partition with ${search.what} appeared within ${waitMs / 1000} s`);
  }
  if (found.length > 1) throw new DiskError('ambiguous', ambiguousMessage(found, search.what));
  return first.bootDisk;
}

/**
 * Searches once more, when every disk has appeared, for a copy of the boot disk (made with dd) that appeared later than
 * the one found. Returns a message, undefined when the boot disk is unique.
 */
export async function findTwin(options: FindOptions = {}): Promise<string | undefined> {
  const search = searchOf(options);
  const found = await search.run();
  return found.length > 1 ? ambiguousMessage(found, search.what) : undefined;
}

function searchOf(options: FindOptions): { readonly what: string; run(): Promise<Candidate[]> } {
  const variable = readLoaderVariable(
    'LoaderDevicePartUUID',
    options.efiVariables ?? EFI_VARIABLES_DIRECTORY,
  );
  if (variable === undefined) {
    return { what: `the label ${BOOT_LABEL}`, run: () => searchByLabel(options) };
  }
  const guid = variable.toLowerCase();
  return { what: `the GUID ${guid} that the boot loader reports`, run: () => searchByGuid(guid, options) };
}

async function searchByGuid(guid: string, places: DevicePlaces): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const disk of listDisks(places)) {
    const table = await tryReadTable(disk.device);
    const partition = table?.gpt.partitions.find((each) => each.guid === guid);
    if (table === undefined || partition === undefined) continue;
    const { number } = partition;
    found.push({
      bootDisk: { kind: 'table', disk, bootNumber: number, foundBy: 'loader' },
      name: nodeOf(disk, number),
      fresh: table.gpt.diskGuid === IMAGE_DISK_GUID,
    });
  }
  return found;
}

async function searchByLabel(places: DevicePlaces): Promise<Candidate[]> {
  const names = await findByLabel(BOOT_LABEL, places);
  if (names.length === 0) return [];
  const disks = listDisks(places);
  const found: Candidate[] = [];
  for (const name of names) {
    const disk = disks.find((each) => each.partitions.some((partition) => partition.name === name));
    const number = disk?.partitions.find((partition) => partition.name === name)?.number;
    const table = disk === undefined ? undefined : await tryReadTable(disk.device);
    const device = `${places.dev ?? '/dev'}/${name}`;
    const isListed = table?.gpt.partitions.some((partition) => partition.number === number) === true;
    const bootDisk: BootDisk =
      disk === undefined || number === undefined || !isListed
        ? { kind: 'plain', device, foundBy: 'label' }
        : { kind: 'table', disk, bootNumber: number, foundBy: 'label' };
    found.push({ bootDisk, name: device, fresh: table?.gpt.diskGuid === IMAGE_DISK_GUID });
  }
  return found;
}

function ambiguousMessage(found: readonly Candidate[], what: string): string {
  const names = found.map(({ name, bootDisk }) => {
    const model = bootDisk.kind === 'table' ? bootDisk.disk.model : undefined;
    return model === undefined ? name : `${name} (${model})`;
  });
  const all = names.length === 2 ? 'both' : 'all';
  return `${names.join(' and ')} ${all} have ${what}: remove all but one and restart`;
}

/** The node a partition has or will have: the kernel puts a p behind a name that ends in a digit. */
function nodeOf(disk: Disk, number: number): string {
  const shown = disk.partitions.find((partition) => partition.number === number);
  return shown?.device ?? `${disk.device}${/\d$/.test(disk.device) ? 'p' : ''}${number}`;
}

/** Device of the boot partition; undefined while the kernel does not show it. */
export function bootDeviceOf(bootDisk: BootDisk): string | undefined {
  if (bootDisk.kind === 'plain') return bootDisk.device;
  return bootDisk.disk.partitions.find(({ number }) => number === bootDisk.bootNumber)?.device;
}
