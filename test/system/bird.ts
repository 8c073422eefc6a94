/**
 * Two BIRDs of Debian, each in a network namespace of its own, joined by a veth: a peer that announces routes by BGP, and
 * one that installs what it hears into its kernel, as on a box in the namespace of VPP's TAPs. That one is the appliance's
 * to run.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory } from '../../image/debian-package.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';

/** Where the programs are: installed, or in the cache where fetch-package.ts put them. */
const PROGRAMS = existsSync('/usr/sbin/bird') ? '/usr/sbin' : extracted();
/** The daemon. */
export const BIRD = join(PROGRAMS, 'bird');
const BIRDCL = join(PROGRAMS, 'birdcl');
/** The end of the veth in the namespace of the TAPs: it stands for the TAP of VPP's loop0. */
export const TAP = 'loop0';
export const OWN = { 4: '192.0.2.1', 6: '2001:db8:ffff::1' } as const;
export const PEER = { 4: '192.0.2.2', 6: '2001:db8:ffff::2' } as const;

/** Why this machine cannot run them; undefined: it can. */
export function whyNoBird(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (spawnSync('ip', ['-V']).status !== 0) return 'iproute2 makes the links';
  if (spawnSync(BIRD, ['--version']).status !== 0)
    return 'there is no BIRD: `node_modules/.bin/node test/fetch-package.ts bird2` fetches it';
  return undefined;
}

/** `count` prefixes in canonical text, every fifth of them IPv6. */
export function prefixes(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    i % 5 === 4
      ? `2001:db8:${(i >> 12).toString(16)}:${((i & 0xfff) + 1).toString(16)}::/64`
      : `${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`,
  );
}

function extracted(): string {
  const cache = cacheDirectory('extracted');
  const found = readdirSync(cache).filter((name) => name.startsWith('bird2_') && !name.endsWith('.partial'));
  return join(cache, found.sort().at(-1) ?? 'bird2', 'usr/sbin');
}

export class BgpPair implements AsyncDisposable {
  /** Where the routes arrive: `vpp.lcp.netns` of the appliance beside it. */
  readonly netns: string;
  readonly #peerNetns: string;
  readonly #dir: string;
  #peer: ChildProcess | undefined;
  #output = '';

  /** Makes namespaces and links; starts nothing. */
  constructor() {
    this.netns = `bird-own-${process.pid}`;
    this.#peerNetns = `bird-peer-${process.pid}`;
    this.#dir = mkdtempSync(join(tmpdir(), 'bird-'));
    createNamedNetns(this.netns);
    createNamedNetns(this.#peerNetns);
    const ip = (...args: string[]): void => void execFileSync('ip', args);
    ip(
      '-n',
      this.netns,
      'link',
      'add',
      TAP,
      'type',
      'veth',
      'peer',
      'name',
      'peer0',
      'netns',
      this.#peerNetns,
    );
    for (const [netns, link, address] of [
      [this.netns, TAP, OWN],
      [this.#peerNetns, 'peer0', PEER],
    ] as const) {
      ip('-n', netns, 'address', 'add', `${address[4]}/24`, 'dev', link);
      ip('-n', netns, 'address', 'add', `${address[6]}/64`, 'dev', link, 'nodad');
      ip('-n', netns, 'link', 'set', link, 'up');
    }
  }

  /** The command of the BIRD that hears and installs: whoever is asked for it runs it, in `netns`. */
  ownCommand(): readonly string[] {
    const kernel = (family: 4 | 6): string =>
      `protocol kernel { ipv${family} { import none; export all; }; merge paths on; }`;
    this.#writeConfig('own', [
      'router id 192.0.2.1;',
      'protocol device { scan time 1; }',
      'protocol direct { ipv4; ipv6; }',
      kernel(4).replace('export all', 'export where source = RTS_BGP'),
      kernel(6).replace('export all', 'export where source = RTS_BGP'),
      this.#bgp(OWN, 65001, PEER, 65002, 'import all; export none;'),
    ]);
    return this.#command('own');
  }

  /** Resolves when the BIRD of our side answers. */
  ownAnswers(): Promise<void> {
    return this.#answers('own', () => false);
  }

  /** The BIRD that announces. Resolves when it answers. */
  async startPeer(announced: readonly string[]): Promise<void> {
    this.#writeAnnounced(announced);
    this.#writeConfig('peer', [
      'router id 192.0.2.2;',
      'protocol device { scan time 1; }',
      'protocol direct { ipv4; ipv6; }',
      `include "${this.#dir}/announced.conf";`,
      this.#bgp(PEER, 65002, OWN, 65001, 'import none; export where source = RTS_STATIC; next hop self;'),
    ]);
    const [program = '', ...args] = this.#command('peer');
    const peer = withNetns(this.#peerNetns, () =>
      spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    this.#peer = peer;
    for (const stream of [peer.stdout, peer.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
    await this.#answers('peer', () => peer.exitCode !== null);
  }

  /** Has the peer announce others in the place of those before. */
  announce(announced: readonly string[]): void {
    this.#writeAnnounced(announced);
    const said = this.#ask('peer', 'configure');
    if (!/Reconfigur/.test(said)) throw new Error(`the peer did not take its routes: ${said}`);
  }

  /** The peer is gone at once, without a word over BGP. */
  async killPeer(): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined) throw new Error('the peer was not started');
    await end(peer, 'SIGKILL');
  }

  /** Routes that the BIRD of our side has installed into its kernel, by iproute2. */
  installed(): number {
    const count = (family: '-4' | '-6'): number => {
      const args = ['-n', this.netns, family, 'route', 'show', 'proto', 'bird'];
      const text = execFileSync('ip', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
      return text.split('\n').filter((line) => line.includes(' via ')).length;
    };
    return count('-4') + count('-6');
  }

  /** What both said, for a test that failed. */
  get words(): string {
    return `${this.#output}\n${this.#ask('own', 'show protocols all')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#peer !== undefined) await end(this.#peer, 'SIGKILL');
    for (const netns of [this.netns, this.#peerNetns]) deleteNamedNetns(netns);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #bgp(
    local: { readonly 4: string },
    localAs: number,
    remote: { readonly 4: string },
    remoteAs: number,
    channel: string,
  ): string {
    const address = local === PEER ? ` next hop address ${PEER[6]};` : '';
    return `protocol bgp { local ${local[4]} as ${localAs}; neighbor ${remote[4]} as ${remoteAs};
      connect delay time 1; connect retry time 1; error wait time 1, 1;
      ipv4 { ${channel} }; ipv6 { ${channel.replace('next hop self;', '')}${address} }; }`;
  }

  #writeAnnounced(announced: readonly string[]): void {
    const of = (isIpv6: boolean): string =>
      announced
        .filter((prefix) => prefix.includes(':') === isIpv6)
        .map((prefix) => `route ${prefix} blackhole;`)
        .join('\n');
    const text = `protocol static s4 { ipv4;\n${of(false)}\n}\nprotocol static s6 { ipv6;\n${of(true)}\n}\n`;
    writeFileSync(`${this.#dir}/announced.conf`, text);
  }

  #writeConfig(name: string, lines: readonly string[]): void {
    writeFileSync(`${this.#dir}/${name}.conf`, `${lines.join('\n')}\n`);
  }

  #command(name: string): string[] {
    const config = `${this.#dir}/${name}.conf`;
    return [BIRD, '-f', '-c', config, '-s', this.#control(name), '-P', `${this.#dir}/${name}.pid`];
  }

  async #answers(name: string, hasEnded: () => boolean): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!/^BIRD/m.test(this.#ask(name, 'show status'))) {
      if (hasEnded() || performance.now() > deadline) {
        throw new Error(`BIRD does not answer: ${this.#output}`);
      }
      await sleep(50);
    }
  }

  #control(name: string): string {
    return `${this.#dir}/${name}.ctl`;
  }

  #ask(name: string, command: string): string {
    const { stdout, stderr } = spawnSync(BIRDCL, ['-s', this.#control(name), ...command.split(' ')], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return `${stdout}${stderr}`;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
