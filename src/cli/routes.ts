/**
 * `appliance routes load | withdraw | show`: routes from a file, or from standard input, into the appliance on this
 * machine.
 *
 * They stay after the command has ended, under a name: a load of the same name replaces what an earlier one loaded.
 */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatTime } from '../report/mod.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { printAnswer } from './change.ts';
import { deletions } from './deletions.ts';
import { type FeedResult, sendFeed } from './feed-client.ts';
import type { RemoteOptions } from './options.ts';
import { formatTable } from './table.ts';
import { get, type Target } from './transport.ts';
import { UsageError } from './usage-error.ts';

/** Bytes that are read of a file at once. */
const READ_BYTES = 256 * 1024;

interface FeedOptions {
  readonly runDir: string;
  readonly name: string | undefined;
  readonly wait: boolean;
  readonly json: boolean;
}

interface LoadOptions extends FeedOptions {
  readonly distance: string | undefined;
  readonly hold: string;
}

/** Exit code 1 when a line was refused. */
export async function loadRoutes(file: string, options: LoadOptions): Promise<number> {
  const { name, distance, hold, wait: waits, json } = options;
  const words = [nameOf(name, file), ...(distance === undefined ? [] : ['distance', distance])];
  const header = `source ${words.join(' ')} hold ${hold}`;
  const feed = { target: targetOf(options), header, input: await read(file), waits, onError: sayTo(file) };
  return tell(await sendFeed(feed), json);
}

/** Exit code 1 when a line was refused. */
export async function withdrawRoutes(file: string | undefined, options: FeedOptions): Promise<number> {
  const { wait: waits, json } = options;
  if (file === undefined && options.name === undefined) {
    throw new UsageError('expected a file, - for standard input, or --name NAME after "routes withdraw"');
  }
  const name = nameOf(options.name, file);
  const target = targetOf(options);
  const { hold } = await needSource(target, name);
  if (file === undefined) {
    const input = nothing();
    const feed = { target, header: `source ${name}`, input, waits, onError: sayTo('--name') };
    return tell(await sendFeed(feed), json);
  }
  // How long the rest stays is not changed.
  const header = `source ${name} resume hold ${hold}`;
  let refused = 0;
  const onError = (line: number, message: string): void => {
    refused += 1;
    sayTo(file)(line, message);
  };
  const input = deletions(await read(file), onError);
  const result = await sendFeed({ target, header, input, waits, onError: sayTo(file) });
  return tell({ ...result, errors: result.errors + refused }, json);
}

export async function showFeeds(options: RemoteOptions): Promise<number> {
  const feeds = await feedsOf(options);
  if (options.json) return printAnswer(`${JSON.stringify(feeds)}\n`);
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
  return printAnswer(formatTable([heading, ...rows]));
}

/** Feeds are taken on the socket of this machine alone. */
function targetOf({ runDir }: FeedOptions): Target {
  return { host: undefined, runDir };
}

type Feeds = NonNullable<ApplianceStatus['feeds']>;

async function feedsOf(target: Target): Promise<Feeds> {
  const { feeds } = JSON.parse(await get(target, '/status')) as ApplianceStatus;
  if (feeds === undefined) {
    throw new Error('the appliance has not read its configuration yet: try again in a moment');
  }
  return feeds;
}

async function needSource(target: Target, name: string): Promise<Feeds['sources'][number]> {
  const { sources } = await feedsOf(target);
  const found = sources.find((source) => source.name === name);
  if (found?.state === 'feeding') {
    throw new Error(
      `cannot withdraw the routes of "${name}": it is a connected feeder, which withdraws its own`,
    );
  }
  if (found !== undefined) return found;
  const names = sources.map((source) => source.name).join(', ');
  const loaded = names === '' ? 'nothing is loaded' : `loaded are ${names}`;
  throw new Error(`no routes were loaded as "${name}": ${loaded}`);
}

/** The given name, or that of the file. */
function nameOf(name: string | undefined, file: string | undefined): string {
  if (name !== undefined) {
    if (/^\S+$/.test(name)) return name;
    throw new UsageError(`expected one word after "--name", got "${name}"`);
  }
  if (file === undefined || file === '-') return 'load';
  return (
    basename(file)
      .replace(/[^A-Za-z0-9._-]/g, '_')
      .replace(/^[._-]+/, '')
      .slice(0, 63) || 'load'
  );
}

/** Opens first: a file that does not exist changes nothing. */
async function read(file: string): Promise<AsyncIterable<Uint8Array>> {
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

function tell({ summary, synced, syncedMs, errors }: FeedResult, asJson: boolean): number {
  const seconds = syncedMs === undefined ? undefined : syncedMs / 1000;
  if (asJson) process.stdout.write(`${JSON.stringify({ summary, errors, synced, seconds })}\n`);
  else {
    process.stdout.write(`${summary}\n`);
    if (seconds !== undefined) process.stdout.write(`after ${seconds.toFixed(2)} s: ${synced}\n`);
  }
  return errors > 0 ? 1 : 0;
}
