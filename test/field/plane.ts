/** The data plane under test: the kernel, or a real VPP. */
import { existsSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DIST, packageVersion, requireFile } from '../../image/root-tree.ts';
import { readVppVersion } from '../../src/vpp/mod.ts';
import type { PlaneKind } from './case.ts';

export interface Plane {
  readonly kind: PlaneKind;
  /** `kernel`, `VPP 25.02`. */
  readonly label: string;
  /** An installed VPP. */
  readonly directory: string;
  /** Its part of appliance.ini. */
  readonly ini: string;
}

const COMMON = `[fib.kernel]
import = true
[supervisor]
backoff-ms = 500
backoff-max-ms = 2000
stable-ms = 5000
loop-after = 4
loop-retry-ms = 45000
`;

export const KERNEL: Plane = {
  kind: 'kernel',
  label: 'kernel',
  directory: '',
  ini: `[vpp]\nenabled = false\n${COMMON}`,
};

/** An installed tree: `bin/vpp` or `usr/bin/vpp` below it. @throws when there is none */
export async function vppPlane(directory: string): Promise<Plane> {
  return {
    kind: 'vpp',
    label: `VPP ${await vppVersion(directory)}`,
    directory,
    ini: `[vpp]
enabled = true
[fib.vpp]
enabled = true
[vpp.cpu]
main-core = 0
workers = 1
[vpp.memory]
main-heap = 512M
buffers = 16384
[vpp.stats]
segment-size = 64M
poll-interval = 2
${COMMON}`,
  };
}

/** `25.02`, as the program reports it. */
async function vppVersion(directory: string): Promise<string> {
  const binary = ['bin/vpp', 'usr/bin/vpp'].map((path) => join(directory, path)).find(existsSync);
  if (binary === undefined) throw new Error(`${directory} has no bin/vpp and no usr/bin/vpp`);
  const { year, month } = await readVppVersion(binary);
  return `${year}.${String(month).padStart(2, '0')}`;
}

/** The version under test: different for each executable, equal for the same one. */
export function productVersion(): string {
  const hash = createHash('sha256')
    .update(readFileSync(requireFile(join(DIST, 'appliance'))))
    .digest('hex');
  return `${packageVersion()}-${hash.slice(0, 8)}`;
}
