/**
 * One way of a full table into VPP, in a process of its own: `plain` from arrays, `bgp` from BIRD over a session, `kernel`
 * from BIRD through the kernel. Run by bgp.ts; prints JSON.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BgpSpeaker } from '../../src/bgp/mod.ts';
import { parseConfig } from '../../src/config/mod.ts';
import { Fib, KernelImport, newRouteKey } from '../../src/fib/mod.ts';
import { connectWithLoopback, nextHop } from './fib-setup.ts';
import { BIRD_PORT, isTaken } from './bench-bird.ts';
import { FullTable, NEXT_HOPS } from './full-table.ts';

const [socketPath = '', size = '0', count = '0', way = 'plain', netns = ''] = process.argv.slice(2);
/** Of the table, and what BIRD takes of it. */
const [tableSize, routes] = [Number(size), Number(count)];
/** Routes that the plain source adds between two turns of the event loop. */
const SLICE = 2_000;
/** As src/init has it. */
const MAX_BACKLOG = 131_072;

const { client, swIfIndex } = await connectWithLoopback(socketPath);
const fib = new Fib({
  config: { enabled: true, tableId: 0, batchSize: 256, batchIntervalMs: 10, verify: 'sample' },
  routes: [],
  resolveInterface: () => swIfIndex,
  onError: (message) => process.stderr.write(`${message}\n`),
});
await fib.vpp.attach(client, 'first');
const known = (): number => fib.table.store(4).size + fib.table.store(6).size;
const delay = monitorEventLoopDelay({ resolution: 1 });

let startedAt = performance.now();
let cpu = process.cpuUsage();
function begin(): void {
  startedAt = performance.now();
  cpu = process.cpuUsage();
  delay.enable();
}

async function load(): Promise<void> {
  const source = fib.table.addSource({ name: 'plain', distance: 20, origin: 'feed' });
  // Recursive, as those of BGP are.
  const groups = ([4, 6] as const).map((family) =>
    Array.from({ length: NEXT_HOPS }, (_, index) =>
      fib.table.groups.intern(family, {
        kind: 'forward',
        nextHops: [{ family, address: nextHop(family, index), weight: 1, interface: undefined }],
        labels: [],
      }),
    ),
  );
  const table = new FullTable(tableSize);
  const key = newRouteKey();
  begin();
  let made = 0;
  for (let hop = table.next(key); hop >= 0; hop = table.next(key)) {
    if (!isTaken(key)) continue;
    source.set(key, groups[key.family === 4 ? 0 : 1]?.[hop] ?? 0, 0);
    made += 1;
    if (made % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function listen(): Promise<void> {
  const config = parseConfig(
    `[bgp]
as = 65001
router-id = 192.0.2.1
listen = 127.0.0.1:1179
[bgp.neighbor.bird]
address = 127.0.0.1
as = 65001
port = ${BIRD_PORT}
netns = ${netns}
connect-retry = 1
`,
    'bench.ini',
  );
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  let isUp = false;
  const speaker = new BgpSpeaker({
    table: fib.table,
    isBehind: () => fib.vpp.backlog > MAX_BACKLOG,
    log: (line) => process.stderr.write(`${line}\n`),
    onTrouble: () => {},
    onChange: () => {
      if (isUp || speaker.status?.neighbors[0]?.state !== 'established') return;
      isUp = true;
      begin();
    },
  });
  await speaker.use(config.config);
}

/** Resolves when the import follows the kernel; the parent then tells BIRD to install its routes. */
async function follow(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const source = new KernelImport({
    table: fib.table,
    netns,
    distance: 200,
    interfaceOfTap: (name) => (name === 'loop0' ? name : undefined),
    onStatus: ({ state }) => {
      if (state === 'following') resolve();
    },
    onRefused: () => {},
    onError: (message) => process.stderr.write(`${message}\n`),
  });
  await promise;
  if (source.status.state !== 'following') throw new Error('the import does not follow');
  begin();
  process.send?.({ isReady: true });
}

if (way === 'bgp') await listen();
else if (way === 'kernel') await follow();
else await load();
while (known() < routes) await sleep(20);
const knownMs = performance.now() - startedAt;
await fib.vpp.settled();
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
delay.disable();
const { programmed, failed, unresolved } = fib.vpp.status;
const result = {
  seconds,
  knownMs,
  userUs: user / routes,
  systemUs: system / routes,
  programmed,
  failed,
  unresolved,
  delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
};
process.stdout.write(JSON.stringify(result));
process.exit(0);
