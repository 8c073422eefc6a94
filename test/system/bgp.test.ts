/**
 * BGP straight into the FIB, end to end: BIRD on the box hands its routes to `appliance run` over a session, and VPP's FIB
 * (the emulator's) has them, the kernel has none; it follows when half of them are withdrawn, keeps all while BIRD
 * restarts (RFC 4724), and drops them when BIRD says goodbye. 20,000 routes, or BGP_ROUTES of them.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { prefixes, whyNoBird } from './bird.ts';
import { BgpBird, BIRD_ADDRESS, HOP } from './bgp-bird.ts';
import { EXECUTABLE, RunningAppliance, withExternalVpp } from './running-appliance.ts';

const ROUTES = Number(process.env['BGP_ROUTES'] ?? 20_000);
const PATIENCE_MS = 120_000;

it('has the routes of BIRD without the kernel, through a restart of BIRD', {
  timeout: 300_000,
}, async (ctx) => {
  const reason = whyNoBird();
  if (reason !== undefined) {
    process.stdout.write(`BGP end to end is skipped: ${reason}\n`);
    ctx.skip(reason);
  }
  const all = prefixes(ROUTES);
  await using vpp = await EmulatorProcess.start();
  await using bird = new BgpBird();
  const more = `[interface.loop0]
addresses = 192.0.2.1/24, 2001:db8:ffff::1/64
[bgp]
as = 65001
router-id = 192.0.2.1
listen = 127.0.0.1:1179
[bgp.neighbor.bird]
address = ${BIRD_ADDRESS}
as = 65001
port = ${bird.port}
netns = ${bird.netns}
connect-retry = 1
`;
  await using appliance = new RunningAppliance(withExternalVpp(vpp, { lcp: `netns = ${bird.netns}`, more }));

  const show = (...args: string[]): string =>
    spawnSync(EXECUTABLE, ['show', ...args, '--run-dir', appliance.runDir], { encoding: 'utf8' }).stdout;
  const follows = async (what: string, wanted: readonly string[]): Promise<void> => {
    const since = performance.now();
    for (;;) {
      const { routes } = (await vpp.control({ command: 'fib-digest' })) as unknown as { routes: number };
      if (routes === wanted.length) break;
      if (performance.now() - since > PATIENCE_MS)
        throw new Error(`not in time: ${what}: ${routes} in VPP\n${bird.words}\n${appliance.output}`);
      await sleep(50);
    }
    const found = new Map<string, string>();
    for await (const route of vpp.dumpFib())
      found.set(route.prefix, route.paths.map(({ nextHop }) => nextHop).join());
    expect(found).toEqual(new Map(wanted.map((prefix) => [prefix, prefix.includes(':') ? HOP[6] : HOP[4]])));
    const ms = performance.now() - since;
    process.stdout.write(`BGP end to end: ${what} after ${(ms / 1000).toFixed(2)} s\n`);
  };

  await appliance.untilSo('it reports a session that is down', async () => {
    const status = await appliance.status();
    return status?.bgp?.neighbors[0]?.unreachable?.includes('ECONNREFUSED') === true ? true : undefined;
  });
  expect(show('health')).toMatch(
    /BGP session bird \(127\.0\.0\.1, AS 65001\) is (active|connect) for .*ECONNREFUSED/,
  );

  await bird.start(all);
  await follows(`${ROUTES} routes from the start of BIRD`, all);
  expect(bird.kernelRoutes()).toBe(0);
  expect(show('bgp')).toMatch(
    /bird +127\.0\.0\.1 in \S+ +65001 +established for .* ipv4 [\d,]+, ipv6 [\d,]+/,
  );

  const half = all.filter((_, i) => i % 2 === 0);
  bird.announce(half);
  await follows(`${ROUTES - half.length} withdrawals`, half);

  // Killed, it says nothing: its routes stay until it has announced them again.
  await bird.kill();
  await sleep(500);
  await follows('the routes of a BIRD that was killed', half);
  const quarter = half.filter((_, i) => i % 2 === 0);
  await bird.start(quarter);
  await follows('another BIRD with half of the routes', quarter);

  bird.disable();
  await follows('the end of the session', []);
  expect(show('bgp')).toMatch(/received Cease: Administrative Shutdown/);
});
