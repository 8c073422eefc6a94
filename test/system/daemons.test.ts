/**
 * Routing daemons on TAPs of VPP (the emulator's, which are real links here), the appliance around both, and a peer at the
 * other end of the wire: what comes up, and that nothing is lost when VPP is killed. BIRD takes a route whose next hop is on no
 * network of its own at that moment for unreachable, and does not come back to it by itself: so nothing may be missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createNamedNetns, deleteNamedNetns, keepTap, linkIndex, withNetns } from '../../src/linux/mod.ts';
import { askEmulator } from './ask-emulator.ts';
import { BIRD, BIRDCL, whyNoBird } from './bird.ts';
import { RunningAppliance, withOwnVpp } from './running-appliance.ts';

const ID = process.pid;
const NETNS = `daemons-${ID}`;
const WIRE = `daemons-wire-${ID}`;
const OWN = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;
const PEER = { 4: '192.0.2.2', 6: '2001:db8::2' } as const;
const ROUTES = 100;
const KILLS = Number(process.env['DAEMON_KILLS'] ?? 3);
const PATIENCE_MS = 60_000;

const prefixes = Array.from({ length: ROUTES }, (_, i) =>
  i % 2 === 0 ? `10.${i}.0.0/16` : `2001:db8:${i.toString(16)}::/48`,
);

/** OSPF of both versions, and BGP over IPv4 that carries both families. */
function config(side: 'own' | 'peer'): string {
  const [local, remote] = side === 'own' ? [OWN, PEER] : [PEER, OWN];
  const channels =
    side === 'own'
      ? 'ipv4 { import all; export none; }; ipv6 { import all; export none; };'
      : `ipv4 { import none; export where source = RTS_STATIC; next hop self; };
         ipv6 { import none; export where source = RTS_STATIC; next hop address ${PEER[6]}; };`;
  const statics = [4, 6].map((family) => {
    const routes = prefixes.filter((prefix) => prefix.includes(':') === (family === 6));
    return `protocol static { ipv${family}; ${routes.map((prefix) => `route ${prefix} blackhole;`).join(' ')} }`;
  });
  const area = 'area 0 { interface "loop0" { hello 1; dead 30; wait 2; type broadcast; }; };';
  return `router id ${local[4]};
protocol device { scan time 1; }
protocol direct { ipv4; ipv6; }
${side === 'peer' ? statics.join('\n') : ''}
${side === 'own' ? [4, 6].map((family) => `protocol kernel { ipv${family} { export where source = RTS_BGP; }; }`).join('\n') : ''}
protocol ospf v2 o4 { ${area} }
protocol ospf v3 o6 { ${area} }
protocol bgp b { local ${local[4]} as ${side === 'own' ? 65001 : 65002}; neighbor ${remote[4]} as ${side === 'own' ? 65002 : 65001};
  connect delay time 1; connect retry time 1; error wait time 1, 1; hold time 30;
  ${channels} }
`;
}

class Sides implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'daemons-'));
  #peer: ChildProcess | undefined;
  #wire: Disposable | undefined;

  constructor() {
    for (const netns of [NETNS, WIRE]) createNamedNetns(netns);
    for (const side of ['own', 'peer'] as const) {
      writeFileSync(join(this.dir, `${side}.conf`), config(side));
    }
  }

  command(side: 'own' | 'peer'): string[] {
    const at = join(this.dir, side);
    return [BIRD, '-f', '-c', `${at}.conf`, '-s', `${at}.ctl`, '-P', `${at}.pid`];
  }

  /** A BIRD at the other end, which is there whether or not there is a VPP: as the NIC of a peer behind a switch. */
  startPeer(): void {
    const ip = (...args: string[]): unknown => spawnSync('ip', args, { stdio: 'ignore' });
    const [bird = '', ...args] = this.command('peer');
    this.#peer = withNetns(WIRE, () => {
      ip('tuntap', 'add', 'name', 'loop0', 'mode', 'tap', 'multi_queue', 'vnet_hdr');
      this.#wire = keepTap('loop0', linkIndex('loop0') ?? 0);
      ip('link', 'set', 'dev', 'loop0', 'up');
      ip('address', 'add', `${PEER[4]}/24`, 'dev', 'loop0');
      ip('address', 'add', `${PEER[6]}/64`, 'dev', 'loop0', 'nodad');
      return spawn(bird, args, { stdio: 'ignore', detached: true });
    });
  }

  ask(side: 'own' | 'peer', question: string): string {
    const words = ['-s', join(this.dir, `${side}.ctl`), ...question.split(' ')];
    return spawnSync(BIRDCL, words, { encoding: 'utf8', timeout: 10_000 }).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const peer = this.#peer;
    if (peer?.pid !== undefined && peer.exitCode === null) {
      const gone = once(peer, 'exit');
      process.kill(-peer.pid, 'SIGKILL');
      await gone;
    }
    this.#wire?.[Symbol.dispose]();
    for (const netns of [NETNS, WIRE]) deleteNamedNetns(netns);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

it('has OSPF and BGP up on TAPs, and nothing missing after each death of VPP', {
  timeout: 180_000,
}, async (ctx) => {
  const reason = whyNoBird();
  if (reason !== undefined) ctx.skip(reason);
  await using sides = new Sides();
  sides.startPeer();
  const more = `[supervisor]
backoff-ms = 100
backoff-max-ms = 200
stable-ms = 1000
[fib.kernel]
import = true
[interface.loop0]
addresses = ${OWN[4]}/24, ${OWN[6]}/64
[service.bird]
command = ${sides.command('own').join(' ')}
netns = ${NETNS}
`;
  const control = join(sides.dir, 'control.sock');
  await using appliance = new RunningAppliance(withOwnVpp({ lcp: `netns = ${NETNS}`, more }), {
    env: { EMULATOR_CONTROL: control, EMULATOR_FAULTS: JSON.stringify({ wire: WIRE, startMs: 0 }) },
  });
  const programmed = async (): Promise<string[]> => {
    const status = await appliance.status();
    if (status?.vpp.api.state !== 'connected') return [];
    const fib = await appliance.fib();
    return fib
      .map(({ prefix }) => prefix)
      .filter((prefix) => prefixes.includes(prefix))
      .sort();
  };
  const comesUp = async (when: string): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await programmed();
      const ospf = ['o4', 'o6'].map((name) => sides.ask('own', `show ospf neighbors ${name}`));
      if (found.length === ROUTES && ospf.every((words) => /Full/.test(words))) return;
      if (performance.now() > deadline) {
        const missing = prefixes.filter((prefix) => !found.includes(prefix));
        const words = [...ospf, sides.ask('own', 'show protocols all b')].join('\n');
        throw new Error(
          `${when}: ${missing.length} missing: ${missing.join(' ')}\n${words}\n${appliance.output}`,
        );
      }
      await sleep(100);
    }
  };
  await comesUp('at the start');
  const told = await askEmulator(control);
  const groups = (told['multicast'] as { path: string }[]).map(({ path }) => path.replace(/\d+$/, 'N'));
  expect(groups.sort()).toEqual([
    '224.0.0.0/24 accept N',
    '224.0.0.0/24 local',
    'ff02::/16 accept N',
    'ff02::/16 local',
  ]);
  // With the times of their last changes.
  const sessions = (): string[] =>
    ['b', 'o4', 'o6'].map((name) => sides.ask('own', `show protocols ${name}`));
  const before = sessions();
  for (let i = 1; i <= KILLS; i++) {
    const pid = (await appliance.status())?.vpp.pid;
    await appliance.crashVpp();
    await appliance.until(
      'another VPP is connected',
      ({ vpp }) => vpp.pid !== pid && vpp.api.state === 'connected',
    );
    await comesUp(`after kill ${i}`);
    await sleep(1_200);
  }
  expect(sessions()).toEqual(before);
  expect(appliance.output).not.toMatch(/looping/);
});
