/**
 * `npm run bench:bgp -- [--vpp BIN] [--routes N] [--sets N] [--no-kernel]`: a full table of BIRD into VPP over BGP, beside
 * the same table from arrays and, unless it is left out, through the kernel, each into a VPP of its own. Root is needed.
 * Figures of one run compare with each other only.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import { BenchBird } from './bench-bird.ts';
import { FULL_TABLE } from './full-table.ts';

const { values } = parseArgs({
  options: {
    vpp: { type: 'string' },
    routes: { type: 'string', default: String(FULL_TABLE.all) },
    sets: { type: 'string', default: '120000' },
    'no-kernel': { type: 'boolean', default: false },
  },
});
if (values.vpp !== undefined) process.env['VPP_BIN'] = values.vpp;
const { startVpp, targetName } = await import('../conformance/harness.ts');
const sets = Number(values.sets);

interface Figures {
  readonly seconds: number;
  readonly knownMs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly programmed: number;
  readonly failed: number;
  readonly unresolved: number;
  readonly delayMs: { readonly p99: number; readonly max: number };
}

/** The client into a fresh VPP; `onReady` when it waits for routes of the kernel. */
async function measure(way: string, netns = '', onReady = (): void => {}): Promise<Figures> {
  await using vpp = await startVpp({ isLarge: true });
  const script = fileURLToPath(new URL('bgp-client.ts', import.meta.url));
  const child = fork(script, [vpp.apiSocket, values.routes, String(routes), way, netns], {
    execArgv: packageJson.config.runtimeArguments.split(' '),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.on('message', onReady);
  await once(child, 'exit');
  if (output === '') throw new Error(`${way}: the client printed nothing`);
  return JSON.parse(output) as Figures;
}

const print = (what: string, figure: string): void =>
  void process.stdout.write(`${what.padEnd(34)} ${figure}\n`);
const words = (one: Figures): string =>
  `${one.seconds.toFixed(2)} s (${(routes / one.seconds).toFixed(0)} routes/s), known after ${(one.knownMs / 1000).toFixed(2)} s; ` +
  `${one.programmed} programmed, ${one.failed} failed, ${one.unresolved} unresolved; ` +
  `${one.userUs.toFixed(2)} µs user and ${one.systemUs.toFixed(2)} µs system a route; ` +
  `event loop delay p99 ${one.delayMs.p99.toFixed(1)}, max ${one.delayMs.max.toFixed(1)} ms`;

print('against', targetName);
await using bird = new BenchBird();
const routes = await bird.start(Number(values.routes), sets);
print('routes, sets of attributes', `${routes}, ${sets}`);
const plain = await measure('plain');
print('plain load', words(plain));
const bgp = await measure('bgp', bird.netns);
print('BIRD over BGP, from session up', words(bgp));
print('BGP / plain', `${(bgp.seconds / plain.seconds).toFixed(2)}   (goal: at most 1.5)`);
if (!values['no-kernel']) {
  const kernel = await measure('kernel', bird.netns, () => {
    for (const name of ['kernel4', 'kernel6']) bird.ask(`enable ${name}`);
  });
  print('BIRD through the kernel', words(kernel));
  print('BGP / kernel', `${(bgp.seconds / kernel.seconds).toFixed(2)}   (goal: at most 0.25)`);
}
