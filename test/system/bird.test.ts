/**
 * A routing daemon end to end: a peer announces routes by BGP, BIRD, which the appliance runs in the namespace of VPP's
 * TAPs ([service.bird]), installs them into its kernel, the appliance takes them over, and VPP's FIB (the emulator's)
 * has them; and so it follows when half of them are withdrawn and when the peer is gone. 100,000 routes, or BIRD_ROUTES
 * of them; how long each takes is printed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { BgpPair, OWN, PEER, prefixes, TAP, whyNoBird } from './bird.ts';
import { RunningAppliance, withExternalVpp } from './running-appliance.ts';

const ROUTES = Number(process.env['BIRD_ROUTES'] ?? 100_000);
const PATIENCE_MS = 120_000;

it('brings the routes of a BGP peer into VPP, and takes out what it withdraws', {
  timeout: 300_000,
}, async (ctx) => {
  const reason = whyNoBird();
  if (reason !== undefined) {
    process.stdout.write(`BIRD end to end is skipped: ${reason}\n`);
    ctx.skip(reason);
  }
  const all = prefixes(ROUTES);
  expect(new Set(all).size).toBe(ROUTES);
  await using vpp = await EmulatorProcess.start();
  await using pair = new BgpPair();
  const more = `[fib.kernel]
import = true
[interface.${TAP}]
addresses = ${OWN[4]}/24, ${OWN[6]}/64
[service.bird]
command = ${pair.ownCommand().join(' ')}
netns = ${pair.netns}
`;
  await using appliance = new RunningAppliance(withExternalVpp(vpp, { lcp: `netns = ${pair.netns}`, more }));
  await pair.ownAnswers();

  const inVpp = async (): Promise<number> => {
    const { routes } = (await vpp.control({ command: 'fib-digest' })) as unknown as { routes: number };
    return routes;
  };
  /** Waits until the FIB has just these routes, all to the peer. */
  const follows = async (what: string, wanted: readonly string[], since: number): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    while ((await inVpp()) !== wanted.length) {
      if (performance.now() > deadline) {
        const counts = `${await inVpp()} of ${wanted.length} routes in VPP, ${pair.installed()} in the kernel`;
        throw new Error(`not in time: ${what}: ${counts}\n${pair.words}\n${appliance.output}`);
      }
      await sleep(20);
    }
    const ms = performance.now() - since;
    const found = new Map<string, string>();
    for await (const route of vpp.dumpFib()) {
      found.set(`${route.table} ${route.prefix}`, route.paths.map(({ nextHop }) => nextHop).join());
    }
    const expected = wanted.map(
      (prefix) => [`0 ${prefix}`, prefix.includes(':') ? PEER[6] : PEER[4]] as const,
    );
    expect(found).toEqual(new Map(expected));
    expect(pair.installed()).toBe(wanted.length);
    process.stdout.write(`BIRD end to end: ${what} in VPP's FIB after ${(ms / 1000).toFixed(2)} s\n`);
  };

  let at = performance.now();
  await pair.startPeer(all);
  await follows(`${ROUTES} routes from the start of the peer`, all, at);

  const half = all.filter((_, i) => i % 2 === 0);
  at = performance.now();
  pair.announce(half);
  await follows(`${ROUTES - half.length} withdrawals`, half, at);

  at = performance.now();
  await pair.killPeer();
  await follows('the loss of the peer', [], at);
});
