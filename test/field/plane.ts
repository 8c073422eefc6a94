/** The data plane under test: the kernel, or a real VPP. */
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DIST, packageVersion, requireFile } from '../../image/root-tree.ts';
import type { PlaneKind } from './case.ts';

export interface Plane {
  readonly kind: PlaneKind;
  /** `kernel`, `VPP 25.02`. */
  readonly label: string;
  /** An installed VPP. */
  readonly directory: string;
  /** What of appliance.ini is its. */
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

/** An installed tree or one of packages: `bin/vpp` or `usr/bin/vpp` below it. @throws when there is none that runs */
export function vppPlane(directory: string): Plane {
  return {
    kind: 'vpp',
    label: `VPP ${vppVersion(directory)}`,
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
buffers = 8192
[vpp.stats]
segment-size = 64M
poll-interval = 2
${COMMON}`,
  };
}

/** `25.02`, as the program says it. */
function vppVersion(directory: string): string {
  for (const bin of ['bin/vpp', 'usr/bin/vpp']) {
    const libraries = ['lib', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((each) =>
      join(directory, each),
    );
    try {
      const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
      const said = execFileSync(join(directory, bin), ['--version'], {
        env,
        encoding: 'utf8',
        stdio: 'pipe',
      });
      const version = /(\d\d\.\d\d)/.exec(said)?.[1];
      if (version !== undefined) return version;
    } catch {
      // Not there: the other one may be.
    }
  }
  throw new Error(`${directory} has no bin/vpp or usr/bin/vpp that says its version`);
}

/** What is tested: another one for each other executable, the same for the same. */
export function productVersion(): string {
  const hash = createHash('sha256')
    .update(readFileSync(requireFile(join(DIST, 'appliance'))))
    .digest('hex');
  return `${packageVersion()}-${hash.slice(0, 8)}`;
}
