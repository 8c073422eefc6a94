/**
 * The appliance's own FIB, loaded with a full table and programmed into VPP: left alone, for rates, CPU and memory;
 * `watched`: its event loop measured while somebody asks for its metrics; or `forwarding`: while packets go through VPP.
 * Run by fib.ts as a process of its own, so that its memory is its own; prints JSON.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fib, newRouteKey } from '../../src/fib/mod.ts';
import { makeStatus, OWN_NAMES } from '../fixtures/status.ts';
import { startHttpServer } from '../../src/telemetry/mod.ts';
import { connectWithLoopback, nextHop } from './fib-setup.ts';
import { forwardPackets, forwardedPackets } from './forward-packets.ts';
import { FullTable, NEXT_HOPS } from './full-table.ts';

const [socketPath = '', count = '0', how = 'alone', verify = 'sample'] = process.argv.slice(2);
if (verify !== 'sample' && verify !== 'all' && verify !== 'answered') throw new Error(`no policy ${verify}`);
const routes = Number(count);
/** Routes that the source adds between two turns of the event loop, as a feed does. */
const SLICE = 2_000;

function rss(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

const { client, swIfIndex } = await connectWithLoopback(socketPath);
const fib = new Fib({
  config: { enabled: true, tableId: 0, batchSize: 256, batchIntervalMs: 10, verify },
  routes: [],
  resolveInterface: () => swIfIndex,
  onError: (message) => process.stderr.write(`${message}\n`),
});
await fib.vpp.attach(client, 'first');
await using http = await startHttpServer({
  listen: [{ host: '127.0.0.1', port: 0 }],
  source: {
    status: () => ({ ...makeStatus({}), fib: [fib.vpp.status] }),
    *fibRoutes() {
      yield* fib.vpp.programmed();
    },
    explainRoute: () => ({ kind: 'none', reason: 'nobody asks' }),
    statsSnapshot: () => undefined,
    log: () => undefined,
    followLog: () => undefined,
    history: () => undefined,
    watch: () => () => {},
  },
  names: OWN_NAMES,
  logger: () => {},
});
const port = (http.addresses[0] as { port: number }).port;
// Once, so that what is loaded late is loaded.
await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
await sleep(200);

const emptyRss = rss();
const groups = ([4, 6] as const).map((family) =>
  Array.from({ length: NEXT_HOPS }, (_, index) =>
    fib.table.groups.intern(family, {
      kind: 'forward',
      nextHops: [{ family, address: nextHop(family, index), weight: 1, interface: 'loop0' }],
      labels: [],
    }),
  ),
);
const delay = monitorEventLoopDelay({ resolution: 1 });
if (how === 'watched') {
  process.send?.({ port });
  delay.enable();
}
const IDLE_MS = 1_000;
let idlePackets = 0;
if (how === 'forwarding') {
  await forwardPackets(client);
  const before = await forwardedPackets(client);
  await sleep(IDLE_MS);
  idlePackets = ((await forwardedPackets(client)) - before) / (IDLE_MS / 1000);
}
let peakRss = 0;
const sampler = setInterval(() => {
  // without a look at the heap, which costs as much as a hundred routes
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, 50);
const source = fib.table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
const key = newRouteKey();
const packetsBefore = how === 'forwarding' ? await forwardedPackets(client) : 0;
const startedAt = performance.now();
const cpu = process.cpuUsage();
let made = 0;
const table = new FullTable(routes);
for (let hop = table.next(key); hop >= 0; hop = table.next(key)) {
  source.set(key, groups[key.family === 4 ? 0 : 1]?.[hop] ?? 0, 0);
  made += 1;
  if (made % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
}
const loadedMs = performance.now() - startedAt;
await fib.vpp.settled();
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
delay.disable();
const loadPackets = how === 'forwarding' ? ((await forwardedPackets(client)) - packetsBefore) / seconds : 0;
const status = fib.vpp.status;
process.send?.({ isLoaded: true });
const loadedRss = rss();
const tableBytes = fib.table.stores.reduce((sum, store) => sum + store.bytes, 0);
const stateBytes = fib.vpp.states.reduce((sum, state) => sum + state.bytes, 0);

// VPP has them all; a replay of them is what a broken socket costs.
fib.vpp.detach('the benchmark says so');
const replayAt = performance.now();
const replayCpu = process.cpuUsage();
await fib.vpp.attach(client, 'reconnected');
const replaySeconds = (performance.now() - replayAt) / 1000;
const replay = process.cpuUsage(replayCpu);
clearInterval(sampler);
const result = {
  seconds,
  loadedMs,
  userUs: user / routes,
  systemUs: system / routes,
  programmed: status.programmed,
  failed: status.failed,
  failures: status.failures.slice(0, 3),
  unproven: status.audit?.unproven ?? 0,
  idlePackets,
  loadPackets,
  delayMs: {
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  },
  emptyRss,
  loadedRss,
  peakRss,
  bytesPerRoute: (tableBytes + stateBytes) / routes,
  replaySeconds,
  replayUserUs: replay.user / routes,
  replayProgrammed: fib.vpp.status.programmed,
};
process.stdout.write(JSON.stringify(result));
process.exit(0);
