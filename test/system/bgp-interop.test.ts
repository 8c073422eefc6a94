/**
 * BGP with Debian's BIRD, FRR, GoBGP and ExaBGP as the other end: VPP's FIB (the emulator's, or with `VPP_BIN` a real
 * VPP's) has what the daemon says that it announces, prefix by prefix, and nothing when the daemon has gone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BgpSpeaker } from '../../src/bgp/mod.ts';
import { parseConfig } from '../../src/config/mod.ts';
import { Fib } from '../../src/fib/mod.ts';
import { createNamedNetns, deleteNamedNetns } from '../../src/linux/mod.ts';
import { connectWithLoopback } from '../bench/fib-setup.ts';
import { startVpp, targetName } from '../conformance/harness.ts';
import { AS, DAEMON_PORT, type Daemon, DAEMONS, OWN_PORT, type StartDaemon } from './bgp-daemons.ts';
import { prefixes } from './bird.ts';

const ROUTES = 200;
const PATIENCE_MS = 90_000;

const CONFIG = (netns: string): string => `[bgp]
as = ${AS}
router-id = 192.0.2.1
listen = 127.0.0.1:${OWN_PORT}
[bgp.neighbor.daemon]
address = 127.0.0.1
as = ${AS}
port = ${DAEMON_PORT}
netns = ${netns}
connect-retry = 1
`;

async function started(
  start: StartDaemon,
  netns: string,
  routes: readonly string[],
): Promise<Daemon | string> {
  try {
    return await start(netns, routes);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

it.skipIf(process.getuid?.() !== 0).each(Object.entries(DAEMONS))(
  `has the routes of %s in ${targetName}`,
  {
    timeout: 300_000,
  },
  async (name, start) => {
    const netns = `bgp-${name.toLowerCase()}-${process.pid}`;
    await using resources = new AsyncDisposableStack();
    createNamedNetns(netns);
    resources.defer(() => void deleteNamedNetns(netns));
    const routes = prefixes(ROUTES);
    const daemon = await started(start, netns, routes);
    if (typeof daemon === 'string') throw new Error(`${name} was not started: ${daemon}`);
    resources.use(daemon);

    const vpp = resources.use(await startVpp());
    const { client, swIfIndex } = await connectWithLoopback(vpp.apiSocket);
    resources.defer(() => client.close());
    const fib = resources.use(
      new Fib({
        config: { enabled: true, tableId: 0, batchSize: 256, batchIntervalMs: 10, verify: 'sample' },
        routes: [],
        resolveInterface: () => swIfIndex,
        onError: () => {},
      }),
    );
    await fib.vpp.attach(client, 'first');
    const log: string[] = [];
    const speaker = resources.use(
      new BgpSpeaker({
        table: fib.table,
        isBehind: () => false,
        log: (line) => void log.push(line),
        onTrouble: (_subject, reason) => void log.push(reason ?? 'it listens'),
        onChange: () => {},
      }),
    );
    const config = parseConfig(CONFIG(netns), 'test.ini');
    if (!config.ok) throw new Error(JSON.stringify(config.problems));
    await speaker.use(config.config);

    const becomes = async (what: string, isSo: () => boolean): Promise<void> => {
      const deadline = performance.now() + PATIENCE_MS;
      while (!isSo()) {
        if (performance.now() > deadline)
          throw new Error(
            `${what}: not in time\n${log.join('\n')}\n${daemon.words}\n${JSON.stringify(speaker.status)}`,
          );
        await sleep(50);
      }
      await fib.vpp.settled();
    };
    const known = (): number => fib.table.store(4).size + fib.table.store(6).size;
    await becomes('all routes', () => known() === ROUTES);

    const inVpp = new Map([...fib.vpp.programmed()].map((route) => [route.prefix, route['next-hop']]));
    const announced = daemon.announced();
    expect(new Set(announced.keys())).toEqual(new Set(routes));
    expect(inVpp).toEqual(announced);
    if (vpp.emulator !== undefined) {
      const emulated = new Map<string, string>();
      for await (const route of vpp.emulator.dumpFib())
        emulated.set(route.prefix, route.paths.map(({ nextHop }) => nextHop).join());
      expect(emulated).toEqual(announced);
    }
    const [status] = speaker.status?.neighbors ?? [];
    expect(status).toMatchObject({ state: 'established', treatedAsWithdraw: 0, attributesDiscarded: 0 });
    process.stdout.write(`${name}: ${ROUTES} routes, ${status?.updates} UPDATEs\n`);

    await daemon[Symbol.asyncDispose]();
    await becomes('no routes', () => known() === 0);
    expect([...fib.vpp.programmed()]).toEqual([]);
  },
);
