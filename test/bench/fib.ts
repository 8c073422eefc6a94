/**
 * `npm run bench:fib -- [--vpp BIN] [--routes N] [--rounds N]`: a full table into VPP, by the appliance's FIB and by a
 * bare pipelining client, each into a VPP of its own, in turns. Figures of one run compare with each other only.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
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
  },
});
if (values.vpp !== undefined) process.env['VPP_BIN'] = values.vpp;
const { startVpp, targetName } = await import('../conformance/harness.ts');
const routes = Number(values.routes);
const rounds = Number(values.rounds);

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

/** Runs a client against a fresh VPP; `scrapes` gets how long each request for the metrics took. */
async function measure(script: string, how: 'alone' | 'watched', scrapes: number[] = []): Promise<unknown> {
  await using vpp = await startVpp({ isLarge: true });
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [vpp.apiSocket, String(routes), how], {
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
const ours: Ours[] = [];
const scrapes: number[] = [];
const watched = (await measure('fib-client.ts', 'watched', scrapes)) as Ours;
for (let round = 0; round < rounds; round++) {
  bare.push((await measure('bare-client.ts', 'alone')) as Bare);
  ours.push((await measure('fib-client.ts', 'alone')) as Ours);
}
const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const rate = (all: readonly Bare[]): number => routes / median(all.map(({ seconds }) => seconds));
const of = (pick: (one: Ours) => number): number => median(ours.map(pick));
const p99 = scrapes.toSorted((a, b) => a - b)[Math.floor(scrapes.length * 0.99)] ?? Number.NaN;
const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const ratio = rate(ours) / rate(bare);
const growth = of(({ loadedRss, emptyRss }) => loadedRss - emptyRss);
const rows: [what: string, figure: string, goal: string][] = [
  ['against', targetName, ''],
  ['routes, rounds', `${routes}, ${rounds}`, ''],
  [
    'bare client',
    `${rate(bare).toFixed(0)} routes/s (${bare.map((one) => one.seconds.toFixed(2)).join(', ')} s)`,
    '',
  ],
  [
    'ours',
    `${rate(ours).toFixed(0)} routes/s (${ours.map((one) => one.seconds.toFixed(2)).join(', ')} s)`,
    '',
  ],
  ['ratio', ratio.toFixed(2), 'at least 0.9'],
  ['programmed, failed', `${of((one) => one.programmed)}, ${of((one) => one.failed)}`, `${routes}, 0`],
  [
    'user CPU',
    `${of((one) => one.userUs).toFixed(2)} µs a route (bare: ${median(bare.map((one) => one.userUs)).toFixed(2)})`,
    'at most 1.2',
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
for (const [what, figure, goal] of rows) {
  process.stdout.write(`${what.padEnd(32)} ${figure}${goal === '' ? '' : `   (goal: ${goal})`}\n`);
}
for (const { failures } of ours)
  if (failures.length > 0) process.stdout.write(`${JSON.stringify(failures)}\n`);
