/**
 * `appliance routes load|withdraw|show`: routes from a file, or from standard input, into the appliance on this machine.
 *
 * They stay after the command has ended, under a name: a load of the same name replaces what an earlier one loaded.
 */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTime } from '../report/mod.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { deletions } from './deletions.ts';
import { type FeedResult, sendFeed } from './feed-client.ts';
import { formatTable } from './table.ts';
import { get, TARGET_OPTIONS, type Target, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  name: { type: 'string' },
  distance: { type: 'string' },
  hold: { type: 'string' },
  wait: { type: 'boolean', default: false },
} as const;
/** Bytes that are read of a file at once. */
const READ_BYTES = 256 * 1024;

interface Given {
  readonly target: Target;
  readonly file: string | undefined;
  readonly name: string | undefined;
  readonly distance: string | undefined;
  readonly hold: string | undefined;
  readonly waits: boolean;
  readonly asJson: boolean;
}

/** Exit code 1 when a line was refused. */
export async function routes(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [command = '', file, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError(`routes ${command} takes one file, not "${more.join(' ')}" as well`);
  const target = targetOf(values);
  const { name, distance, hold, wait: waits } = values;
  const asJson = values.json;
  const given: Given = { target, file, name, distance, hold, waits, asJson };
  if (command === 'show') return show(given);
  if (target.host !== undefined) {
    throw new UsageError(
      'routes are given to the appliance on this machine: --host goes with routes show only',
    );
  }
  if (command === 'load') return load(given);
  if (command === 'withdraw') return withdraw(given);
  throw new UsageError(`routes takes load, withdraw and show, not "${command}"`);
}

async function load(given: Given): Promise<number> {
  const { file, target, waits } = given;
  if (file === undefined) throw new UsageError('routes load takes a FILE, or - for standard input');
  const distance = given.distance === undefined ? '' : ` distance ${given.distance}`;
  const header = `source ${nameOf(given)}${distance} hold ${given.hold ?? 'forever'}`;
  const input = await read(file);
  return tell(await sendFeed({ target, header, input, waits, onError: sayTo(file) }), given);
}

async function withdraw(given: Given): Promise<number> {
  const { file, target, waits } = given;
  for (const option of ['distance', 'hold'] as const) {
    if (given[option] !== undefined) throw new UsageError(`--${option} goes with routes load`);
  }
  const name = nameOf(given);
  if (file === undefined) {
    if (given.name === undefined)
      throw new UsageError('routes withdraw takes a FILE, - for standard input, or --name NAME');
    await needSource(target, name);
    const input = await read(undefined);
    return tell(
      await sendFeed({ target, header: `source ${name}`, input, waits, onError: sayTo('--name') }),
      given,
    );
  }
  // How long the rest stays is not ours to change.
  const { hold } = await needSource(target, name);
  const header = `source ${name} resume hold ${hold}`;
  let refused = 0;
  const onError = (line: number, message: string): void => {
    refused += 1;
    sayTo(file)(line, message);
  };
  const input = deletions(await read(file), onError);
  const result = await sendFeed({ target, header, input, waits, onError: sayTo(file) });
  return tell({ ...result, errors: result.errors + refused }, given);
}

async function show({ target, asJson, file, name }: Given): Promise<number> {
  if (file !== undefined || name !== undefined)
    throw new UsageError('routes show takes neither file nor name');
  const feeds = await feedsOf(target);
  if (asJson) {
    process.stdout.write(`${JSON.stringify(feeds)}\n`);
    return 0;
  }
  const rows = feeds.sources.map((one) => [
    one.name,
    one.state === 'held' && one.until !== undefined ? `held until ${formatTime(one.until)}` : one.state,
    String(one.distance),
    String(one.routes),
    one.hold === 'forever' ? 'forever' : `${one.hold} s`,
    String(one.lines),
    String(one.errors),
  ]);
  const heading = ['SOURCE', 'STATE', 'DISTANCE', 'ROUTES', 'HOLD', 'LINES', 'ERRORS'];
  process.stdout.write(formatTable([heading, ...rows]));
  return 0;
}

type Feeds = NonNullable<ApplianceStatus['feeds']>;

async function feedsOf(target: Target): Promise<Feeds> {
  const { feeds } = JSON.parse(await get(target, '/status')) as ApplianceStatus;
  if (feeds === undefined)
    throw new Error('the appliance has not read its configuration yet: try again in a moment');
  return feeds;
}

async function needSource(target: Target, name: string): Promise<Feeds['sources'][number]> {
  const { sources } = await feedsOf(target);
  const found = sources.find((source) => source.name === name);
  if (found?.state === 'feeding') {
    throw new Error(`"${name}" is a feeder that is connected: only it can withdraw its routes`);
  }
  if (found !== undefined) return found;
  const names = sources.map((source) => source.name).join(', ');
  const there = names === '' ? 'nothing is loaded' : `there are ${names}`;
  throw new Error(`no routes were loaded as "${name}": ${there}`);
}

/** A file's own name, unless another was given. */
function nameOf({ name, file }: Given): string {
  if (name !== undefined) {
    if (/\s/.test(name) || name === '') throw new UsageError(`--name "${name}" has blanks: a word is right`);
    return name;
  }
  if (file === undefined || file === '-') return 'load';
  return (
    basename(file)
      .replace(/[^A-Za-z0-9._-]/g, '_')
      .replace(/^[._-]+/, '')
      .slice(0, 63) || 'load'
  );
}

/** Opens first: a file that is not there changes nothing. */
async function read(file: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  if (file === undefined) return nothing();
  if (file === '-') return process.stdin;
  return (await open(file)).createReadStream({ highWaterMark: READ_BYTES });
}

// oxlint-disable-next-line require-yield -- that is its point
async function* nothing(): AsyncGenerator<Uint8Array> {}

function sayTo(file: string): (line: number, message: string) => void {
  const place = file === '-' ? 'standard input' : file;
  return (line, message) => {
    process.stderr.write(line === 0 ? `${place}: ${message}\n` : `${place}:${line}: ${message}\n`);
  };
}

function tell({ summary, synced, syncedMs, errors }: FeedResult, { asJson }: Given): number {
  if (asJson) {
    const waited = syncedMs === undefined ? {} : { synced, seconds: syncedMs / 1000 };
    process.stdout.write(`${JSON.stringify({ summary, errors, ...waited })}\n`);
  } else {
    process.stdout.write(`${summary}\n`);
    if (syncedMs !== undefined) process.stdout.write(`after ${(syncedMs / 1000).toFixed(2)} s: ${synced}\n`);
  }
  return errors > 0 ? 1 : 0;
}
