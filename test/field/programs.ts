/**
 * The programs of the peers: Debian's, extracted into the cache with their libraries, and not installed,
 * since an installation starts services and creates users.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  cacheDirectory,
  extractPackage,
  fetchPackage,
  prefetchPackages,
} from '../../image/debian-package.ts';
import { ImageError } from '../../image/errors.ts';
import { closeOverPackages } from '../../image/package-libraries.ts';

/** Package → its programs that a peer runs. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bird2: ['/usr/sbin/bird', '/usr/sbin/birdcl'],
  'busybox-static': ['/bin/busybox'],
  'dnsmasq-base': ['/usr/sbin/dnsmasq'],
  frr: [
    '/usr/lib/frr/bgpd',
    '/usr/lib/frr/isisd',
    '/usr/lib/frr/ospf6d',
    '/usr/lib/frr/ospfd',
    '/usr/lib/frr/zebra',
    '/usr/bin/vtysh',
  ],
  iperf3: ['/usr/bin/iperf3'],
  'iputils-arping': ['/usr/bin/arping'],
  'iputils-ping': ['/bin/ping'],
  keepalived: ['/usr/sbin/keepalived'],
  ndisc6: ['/bin/rdisc6'],
  radvd: ['/usr/sbin/radvd'],
  tcpdump: ['/usr/bin/tcpdump'],
  tcpreplay: ['/usr/bin/tcpreplay'],
};

/** The packages that the box gets by `--add` for the cases; `ip` is for actions of a person at a shell. */
export const BOX_PACKAGES: readonly string[] = [
  'bird2',
  'dnsmasq-base',
  'frr',
  'iproute2',
  'keepalived',
  'radvd',
  'tcpdump',
  'tcpreplay',
];

export class PeerPrograms {
  /** For all of them: the directories of their libraries. */
  readonly env: Readonly<Record<string, string>>;
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(paths: ReadonlyMap<string, string>, libraries: readonly string[]) {
    this.#paths = paths;
    this.env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', LD_LIBRARY_PATH: libraries.join(':') };
  }

  /** Fetches packages missing from the cache. @throws ImageError when apt cannot, or a library is not found */
  static async fetch(): Promise<PeerPrograms> {
    await prefetchPackages(Object.keys(PACKAGES));
    const paths = new Map<string, string>();
    const debs: string[] = [];
    for (const [name, programs] of Object.entries(PACKAGES)) {
      const deb = await fetchPackage(name);
      const root = await extractPackage(deb);
      debs.push(deb);
      for (const program of programs) paths.set(program, join(root, program));
    }
    return new PeerPrograms(paths, await findLibraries([...paths.values()], debs));
  }

  /** Their directories, as a search path. */
  get directories(): string {
    return [...new Set([...this.#paths.values()].map(dirname))].join(':');
  }

  /** The extracted program, by its path in Debian or its name; anything else is this machine's own. */
  path(program: string): string {
    const known = this.#paths.get(program);
    if (known !== undefined) return known;
    for (const [debian, path] of this.#paths) if (basename(debian) === program) return path;
    return program;
  }
}

/** The directories of the programs' libraries. Finding them takes many queries to apt: they are kept in the cache. */
async function findLibraries(programs: readonly string[], debs: readonly string[]): Promise<string[]> {
  const key = createHash('sha256')
    .update(JSON.stringify([programs, debs]))
    .digest('hex')
    .slice(0, 16);
  const kept = join(cacheDirectory('peers'), `${key}.json`);
  if (existsSync(kept)) {
    // Written below.
    const directories = JSON.parse(readFileSync(kept, 'utf8')) as string[];
    if (directories.every(existsSync)) return directories;
  }
  const source = { programs, debs, libraryDirectories: libraryDirectories(programs) };
  const { libraries, missing } = await closeOverPackages([source]);
  if (missing.length > 0) {
    const names = missing.map(({ name, neededBy }) => `${name} (needed by ${neededBy})`);
    throw new ImageError('missing-library', `libraries not found: ${names.join(', ')}`);
  }
  // The loader is this machine's, and works only with its own libc.
  const directories = [...new Set([...libraries.values()].map(dirname))].filter(
    (directory) => !existsSync(join(directory, 'libc.so.6')),
  );
  writeFileSync(kept, JSON.stringify(directories));
  return directories;
}

/** FRR's own libraries are beside its programs. */
function libraryDirectories(programs: readonly string[]): string[] {
  const roots = programs.filter((path) => path.endsWith('/usr/lib/frr/zebra'));
  return roots.map((path) => join(path, '../../x86_64-linux-gnu/frr')).filter(existsSync);
}
