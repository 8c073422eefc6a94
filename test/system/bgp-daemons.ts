/**
 * Routing daemons of Debian as the other end of a BGP session, each on the loopback of a namespace: installed, or extracted
 * into the cache. Each announces the routes it is given, and says itself what it announces.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory, extractPackage, fetchPackage } from '../../image/debian-package.ts';
import { withNetns } from '../../src/linux/mod.ts';
import { BIRD, BIRDCL } from './bird.ts';

export const DAEMON_PORT = 1790;
export const OWN_PORT = 1179;
export const AS = 65001;
/** The next hops of all routes. */
const HOP = { 4: '192.0.2.7', 6: '2001:db8:ffff::7' } as const;

/** A daemon that runs. */
export interface Daemon extends AsyncDisposable {
  /** Prefixes with their next hops, as the daemon has them for this neighbour. */
  announced(): Map<string, string>;
  readonly words: string;
}

/** Starts one in a namespace, with these prefixes. Resolves when it runs; throws, in words, when it cannot be had. */
export type StartDaemon = (netns: string, prefixes: readonly string[]) => Promise<Daemon>;

const isIpv6 = (prefix: string): boolean => prefix.includes(':');
const of = (prefixes: readonly string[], family: 4 | 6): readonly string[] =>
  prefixes.filter((prefix) => isIpv6(prefix) === (family === 6));
const hopOf = (prefix: string): string => HOP[isIpv6(prefix) ? 6 : 4];

/** The root of a package: the machine's own where the program is installed. */
async function rootOf(name: string, program: string): Promise<string> {
  if (existsSync(program)) return '';
  const cache = cacheDirectory('extracted');
  const found = readdirSync(cache).find((one) => one.startsWith(`${name}_`) && !one.endsWith('.partial'));
  return found === undefined ? extractPackage(await fetchPackage(name)) : join(cache, found);
}

class Running implements Daemon {
  readonly dir: string;
  readonly netns: string;
  readonly children: ChildProcess[] = [];
  #output = '';
  readonly #ask: () => Map<string, string>;

  constructor(netns: string, ask: (dir: string) => Map<string, string>) {
    this.netns = netns;
    this.dir = mkdtempSync(join(tmpdir(), 'bgp-daemon-'));
    // FRR leaves root.
    chmodSync(this.dir, 0o777);
    this.#ask = () => ask(this.dir);
  }

  write(name: string, text: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, text);
    return path;
  }

  run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = withNetns(this.netns, () =>
      spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } }),
    );
    this.children.push(child);
    child.once('error', (error) => {
      this.#output += `${error.message}\n`;
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    return child;
  }

  /** Waits until it can be asked. */
  async until(isReady: () => boolean): Promise<this> {
    const deadline = performance.now() + 60_000;
    while (!isReady()) {
      const hasEnded = this.children.some(({ exitCode }) => exitCode !== null);
      if (hasEnded || performance.now() > deadline) throw new Error(`it does not answer: ${this.#output}`);
      await sleep(100);
    }
    return this;
  }

  announced(): Map<string, string> {
    return this.#ask();
  }

  get words(): string {
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function output(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  return stdout ?? '';
}

const startBird: StartDaemon = (netns, prefixes) => {
  const ask = (dir: string): Map<string, string> => {
    const found = new Map<string, string>();
    const text = output(BIRDCL, ['-s', join(dir, 'bird.ctl'), 'show', 'route', 'export', 'box', 'all']);
    let prefix = '';
    for (const line of text.split('\n')) {
      prefix = /^([0-9a-f.:]+\/\d+)\s/.exec(line)?.[1] ?? prefix;
      const hop = /BGP\.next_hop: (\S+)/.exec(line)?.[1];
      if (hop !== undefined) found.set(prefix, hop);
    }
    return found;
  };
  const running = new Running(netns, ask);
  const part = (family: 4 | 6): string =>
    `protocol static { ipv${family};\n${of(prefixes, family)
      .map((prefix) => `route ${prefix} blackhole { bgp_next_hop = ${HOP[family]}; };`)
      .join('\n')}\n}\n`;
  const channel = (family: 4 | 6): string =>
    `ipv${family} { import none; export where source = RTS_STATIC; next hop keep; };`;
  const conf = running.write(
    'bird.conf',
    `router id 192.0.2.9;
protocol device { }
${part(4)}${part(6)}
protocol bgp box {
  local 127.0.0.1 port ${DAEMON_PORT} as ${AS};
  neighbor 127.0.0.1 port ${OWN_PORT} as ${AS};
  multihop; connect delay time 1; connect retry time 1; error wait time 1, 1;
  ${channel(4)} ${channel(6)}
}
`,
  );
  const control = join(running.dir, 'bird.ctl');
  running.run(BIRD, ['-f', '-c', conf, '-s', control, '-P', join(running.dir, 'bird.pid')]);
  return running.until(() => /^BIRD/m.test(output(BIRDCL, ['-s', control, 'show', 'status'])));
};

const startFrr: StartDaemon = async (netns, prefixes) => {
  const root = await rootOf('frr', '/usr/lib/frr/bgpd');
  const env = { LD_LIBRARY_PATH: `${root}/usr/lib/x86_64-linux-gnu/frr` };
  const ask = (dir: string): Map<string, string> => {
    const found = new Map<string, string>();
    for (const family of ['ipv4', 'ipv6'] as const) {
      const command = `show bgp ${family} unicast neighbors 127.0.0.1 advertised-routes json`;
      const text = output(`${root}/usr/bin/vtysh`, ['--vty_socket', dir, '-d', 'bgpd', '-c', command], env);
      const answer = JSON.parse(text || '{}') as {
        advertisedRoutes?: Readonly<Record<string, { nextHop?: string; nextHopGlobal?: string }>>;
      };
      for (const [prefix, { nextHop, nextHopGlobal }] of Object.entries(answer.advertisedRoutes ?? {}))
        found.set(prefix, nextHopGlobal ?? nextHop ?? '');
    }
    return found;
  };
  const running = new Running(netns, ask);
  const part = (family: 4 | 6): string => ` address-family ipv${family} unicast
${of(prefixes, family)
  .map((prefix) => `  network ${prefix}`)
  .join('\n')}
  neighbor 127.0.0.1 activate
  neighbor 127.0.0.1 route-map HOP${family} out
 exit-address-family
`;
  const conf = running.write(
    'bgpd.conf',
    `log stdout
router bgp ${AS}
 bgp router-id 192.0.2.9
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor 127.0.0.1 remote-as ${AS}
 neighbor 127.0.0.1 port ${OWN_PORT}
 neighbor 127.0.0.1 timers connect 1
${part(4)}${part(6)}exit
route-map HOP4 permit 10
 set ip next-hop ${HOP[4]}
exit
route-map HOP6 permit 10
 set ipv6 next-hop global ${HOP[6]}
exit
`,
  );
  chmodSync(conf, 0o644);
  // An installed FRR insists on its own users.
  const user = root === '' ? 'frr' : 'root';
  const where = ['-i', join(running.dir, 'bgpd.pid'), '--vty_socket', running.dir, '-P', '0'];
  const how = ['-n', '-Z', '-u', user, '-g', user, '-p', String(DAEMON_PORT), '-l', '127.0.0.1'];
  running.run(`${root}/usr/lib/frr/bgpd`, ['-f', conf, ...how, ...where], env);
  return running.until(() => existsSync(join(running.dir, 'bgpd.vty')));
};

const startGobgp: StartDaemon = async (netns, prefixes) => {
  const root = await rootOf('gobgpd', '/usr/bin/gobgpd');
  const api = '50061';
  const gobgp = (...args: string[]): string =>
    withNetns(netns, () => output(`${root}/usr/bin/gobgp`, ['-p', api, ...args]));
  const ask = (): Map<string, string> => {
    const found = new Map<string, string>();
    for (const family of ['ipv4', 'ipv6']) {
      const text = gobgp('neighbor', '127.0.0.1', 'adj-out', '-a', family, '-j');
      // By prefix its paths; of IPv6 the next hop is in MP_REACH_NLRI.
      const answer = JSON.parse(text || '{}') as Readonly<
        Record<string, readonly { readonly attrs: readonly { readonly nexthop?: string }[] }[]>
      >;
      for (const [prefix, [path]] of Object.entries(answer))
        found.set(prefix, path?.attrs.find(({ nexthop }) => nexthop !== undefined)?.nexthop ?? '');
    }
    return found;
  };
  const running = new Running(netns, ask);
  const family = (name: string): string => `[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "${name}"
`;
  const conf = running.write(
    'gobgpd.toml',
    `[global.config]
as = ${AS}
router-id = "192.0.2.9"
port = ${DAEMON_PORT}
local-address-list = ["127.0.0.1"]
[[neighbors]]
[neighbors.config]
neighbor-address = "127.0.0.1"
peer-as = ${AS}
[neighbors.transport.config]
passive-mode = true
${family('ipv4-unicast')}${family('ipv6-unicast')}`,
  );
  running.run(`${root}/usr/bin/gobgpd`, ['-f', conf, '--api-hosts', `127.0.0.1:${api}`]);
  await running.until(() => gobgp('global').includes(String(AS)));
  for (const prefix of prefixes)
    gobgp('global', 'rib', 'add', prefix, 'nexthop', hopOf(prefix), '-a', isIpv6(prefix) ? 'ipv6' : 'ipv4');
  return running;
};

const startExabgp: StartDaemon = async (netns, prefixes) => {
  const installed = '/usr/lib/python3/dist-packages/exabgp';
  const root = await rootOf('python3-exabgp', installed);
  // It only has what its configuration says.
  const running = new Running(netns, () => new Map(prefixes.map((prefix) => [prefix, hopOf(prefix)])));
  const routes = prefixes.map((prefix) => `    route ${prefix} next-hop ${hopOf(prefix)};`).join('\n');
  const conf = running.write(
    'exabgp.conf',
    `neighbor 127.0.0.1 {
  router-id 192.0.2.9;
  local-address 127.0.0.1;
  local-as ${AS};
  peer-as ${AS};
  connect ${OWN_PORT};
  family { ipv4 unicast; ipv6 unicast; }
  static {
${routes}
  }
}
`,
  );
  running.run('python3', ['-m', 'exabgp', conf], {
    PYTHONPATH: `${root}/usr/lib/python3/dist-packages`,
    'exabgp.daemon.drop': 'false',
    'exabgp.daemon.user': 'root',
    'exabgp.api.cli': 'false',
    'exabgp.cache.attributes': 'false',
  });
  return running.until(() => running.words.length > 0);
};

export const DAEMONS: Readonly<Record<string, StartDaemon>> = {
  BIRD: startBird,
  FRR: startFrr,
  GoBGP: startGobgp,
  ExaBGP: startExabgp,
};
