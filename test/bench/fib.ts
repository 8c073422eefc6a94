/**
 * `npm run bench:fib -- [--vpp BIN] [--routes N] [--rounds N] [--workers N] [--forward]`: a full table into VPP, by the
 * appliance's FIB (answered, and without answers: `fib.vpp.verify`), by a bare pipelining client, and with a real VPP by
 * its own command line; each into a VPP of its own, in turns. Figures of one run compare with each other only.
 * `--forward`: what the load costs packets that VPP forwards meanwhile.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { FULL_TABLE } from './full-table.ts';

const { values } = parseArgs({
  options: {
    vpp: { type: 'string' },
    routes: { type: 'string', default: String(FULL_TABLE.all) },
    rounds: { type: 'string', default: '2' },
    workers: { type: 'string', default: '0' },
    forward: { type: 'boolean', default: false },
  },
});
if (values.vpp !== undefined) process.env['VPP_BIN'] = values.vpp;
const { startVpp, targetName } = await import('../conformance/harness.ts');
const routes = Number(values.routes);
const rounds = Number(values.rounds);
const workers = Number(values.workers);

interface Bare {
  readonly seconds: number;
  readonly userUs: number;
  readonly systemUs: number;
}

interface Ours extends Bare {
  readonly loadedMs: number;
  readonly programmed: number;
  readonly failed: number;
  readonly failures: unknown[];
  readonly unproven: number;
  /** Packets a second that VPP forwards, before the load and during it. */
  readonly idlePackets: number;
  readonly loadPackets: number;
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly emptyRss: number;
  readonly loadedRss: number;
  readonly peakRss: number;
  readonly bytesPerRoute: number;
  readonly replaySeconds: number;
  readonly replayUserUs: number;
  readonly replayProgrammed: number;
}

interface Message {
  readonly port?: number;
  readonly isLoaded?: boolean;
}

type How = 'alone' | 'watched' | 'forwarding';
type Verify = 'sample' | 'answered';

/** Runs a client against a fresh VPP; `scrapes` gets how long each request for the metrics took. */
async function measure(
  script: string,
  how: How = 'alone',
  verify: Verify = 'sample',
  scrapes: number[] = [],
): Promise<unknown> {
  await using vpp = await startVpp({ isLarge: true, workers });
  const given = [vpp.apiSocket, String(routes), how, verify];
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), given, {
    execArgv: ['--expose-gc', ...packageJson.config.runtimeArguments.split(' ')],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const loaded = new AbortController();
  child.on('message', (message: Message) => {
    if (message.isLoaded === true) loaded.abort();
    if (message.port !== undefined) void scrape(message.port);
  });
  const scrape = async (port: number): Promise<void> => {
    while (!loaded.signal.aborted) {
      const at = performance.now();
      try {
        await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        scrapes.push(performance.now() - at);
      } catch {
        return; // it has ended
      }
      await sleep(100);
    }
  };
  await once(child, 'exit');
  loaded.abort();
  if (output === '') throw new Error(`${script} printed nothing`);
  return JSON.parse(output) as unknown;
}

// The first fetch of a process loads what it is made of, which took longer than any answer.
await fetch('data:,');
const bare: Bare[] = [];
const answered: Ours[] = [];
const ours: Ours[] = [];
const byCli: Bare[] = [];
const scrapes: number[] = [];
const isReal = values.vpp !== undefined;
const loadAtStart = loadavg()[0] ?? 0;
const watched = (await measure('fib-client.ts', 'watched', 'sample', scrapes)) as Ours;
for (let round = 0; round < rounds; round++) {
  bare.push((await measure('bare-client.ts')) as Bare);
  answered.push((await measure('fib-client.ts', 'alone', 'answered')) as Ours);
  ours.push((await measure('fib-client.ts')) as Ours);
  if (isReal) byCli.push((await measure('cli-client.ts')) as Bare);
}
const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const rate = (all: readonly Bare[]): number => routes / median(all.map(({ seconds }) => seconds));
const of = (pick: (one: Ours) => number): number => median(ours.map(pick));
const p99 = scrapes.toSorted((a, b) => a - b)[Math.floor(scrapes.length * 0.99)] ?? Number.NaN;
const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
/** `285,000 routes/s (4.1, 4.2 s)` */
const rateOf = (all: readonly Bare[]): string =>
  `${rate(all).toFixed(0)} routes/s (${all.map((one) => one.seconds.toFixed(2)).join(', ')} s)`;
const ratioOf = (one: readonly Bare[], other: readonly Bare[]): string =>
  (rate(one) / rate(other)).toFixed(2);
const growth = of(({ loadedRss, emptyRss }) => loadedRss - emptyRss);
const rows: (readonly [what: string, figure: string, goal: string])[] = [
  ['against', targetName, ''],
  ['routes, rounds, workers', `${routes}, ${rounds}, ${workers}`, ''],
  ['load of the machine', `${loadAtStart.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`, ''],
  ['bare client', rateOf(bare), ''],
  ['ours, answered', rateOf(answered), ''],
  ['ours, silent', rateOf(ours), ''],
  ['answered to bare', ratioOf(answered, bare), 'at least 0.9'],
  ['silent to answered', ratioOf(ours, answered), 'at least 1.5'],
  ...(isReal
    ? ([
        ["VPP's command line", rateOf(byCli), ''],
        ['silent to command line', ratioOf(ours, byCli), 'at least 0.5'],
      ] as const)
    : []),
  ['programmed, failed', `${of((one) => one.programmed)}, ${of((one) => one.failed)}`, `${routes}, 0`],
  [
    'user CPU',
    `${of((one) => one.userUs).toFixed(2)} µs a route (answered: ${median(answered.map((one) => one.userUs)).toFixed(2)}, bare: ${median(bare.map((one) => one.userUs)).toFixed(2)})`,
    'at most 0.5',
  ],
  [
    'system CPU',
    `${of((one) => one.systemUs).toFixed(2)} µs a route (bare: ${median(bare.map((one) => one.systemUs)).toFixed(2)})`,
    '',
  ],
  ['arrays', `${of((one) => one.bytesPerRoute).toFixed(1)} bytes a route`, 'at most 64'],
  ['resident, loaded and programmed', `${mb(growth)} above the empty process`, 'at most 100 MiB'],
  ['resident, highest', mb(of(({ peakRss, emptyRss }) => peakRss - emptyRss)), ''],
  [
    'event loop delay, watched',
    `p50 ${watched.delayMs.p50.toFixed(1)}, p99 ${watched.delayMs.p99.toFixed(1)}, max ${watched.delayMs.max.toFixed(1)} ms`,
    'p99 under 10, max under 50',
  ],
  ['/metrics meanwhile', `p99 ${p99.toFixed(1)} ms of ${scrapes.length}`, 'under 50'],
  [
    'replay of all',
    `${of((one) => one.replaySeconds).toFixed(2)} s, ${of((one) => one.replayUserUs).toFixed(2)} µs user a route, ${of((one) => one.replayProgrammed)} programmed`,
    '',
  ],
];
if (values.forward) {
  for (const verify of ['answered', 'sample'] as const) {
    const one = (await measure('fib-client.ts', 'forwarding', verify)) as Ours;
    rows.push([
      `forwarding, ${verify === 'sample' ? 'silent' : verify}`,
      `${(one.idlePackets / 1e6).toFixed(2)} M packets/s before, ${(one.loadPackets / 1e6).toFixed(2)} during ${one.seconds.toFixed(2)} s: ${(((one.idlePackets - one.loadPackets) * one.seconds) / 1e6).toFixed(2)} M fewer`,
      '',
    ]);
  }
}
for (const [what, figure, goal] of rows) {
  process.stdout.write(`${what.padEnd(32)} ${figure}${goal === '' ? '' : `   (goal: ${goal})`}\n`);
}
for (const { failures } of ours)
  if (failures.length > 0) process.stdout.write(`${JSON.stringify(failures)}\n`);
