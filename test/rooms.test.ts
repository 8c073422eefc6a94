/** The directions of imports: rooms import downwards only, by their doors, and no files import each other in a circle. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** From the bottom to the top. */
const ROOMS = [
  ['linux', 'config'],
  ['report'],
  ['mirror', 'dpdk', 'disk', 'log'],
  ['update', 'supervise'],
  ['dhcp'],
  ['vpp'],
  ['fib', 'objects', 'machine', 'nftables'],
  ['interfaces', 'bgp'],
  ['management', 'dataplane', 'live'],
  ['status'],
  ['telemetry'],
  ['control'],
  ['init'],
  ['cli'],
  ['main.ts'],
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const roomOf = (file: string): string => file.split('/')[0]!;
const levelOf = (file: string): number => ROOMS.findIndex((rooms) => rooms.includes(roomOf(file)));

function productFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.(test|fixture|d)\.ts$/.test(file),
  );
}

/** Type imports among them: whoever names another room's types knows it. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import\() ?'(\.[^']+\.ts)'/g)].map((match) => ({
    from: file,
    to: relative(SRC, resolve(SRC, file, '..', match[1]!)),
  }));
}

const FILES = productFiles();
const IMPORTS = FILES.flatMap(importsOf);
expect(IMPORTS.length).toBeGreaterThan(FILES.length);

/** What a room says of its state is below all rooms: it knows figures and other states, and nothing that runs. */
const isStatus = (file: string): boolean => /^[a-z]+\/status\.ts$/.test(file);

it('every folder of src is a room with a place', () => {
  expect(new Set(FILES.map(roomOf))).toEqual(new Set(ROOMS.flat()));
});

it('rooms import downwards only', () => {
  const upwards = IMPORTS.filter(
    ({ from, to }) => roomOf(from) !== roomOf(to) && !isStatus(to) && levelOf(to) >= levelOf(from),
  );
  expect(upwards).toEqual([]);
});

it('rooms are entered by their doors', () => {
  // The page's program must not load all of config, and main.ts loads only the life that it starts.
  const SIDE_DOORS = ['config/types.ts', 'config/leaf.ts'];
  const isDoor = (file: string): boolean =>
    file.endsWith('/mod.ts') || isStatus(file) || SIDE_DOORS.includes(file);
  const others = IMPORTS.filter(
    ({ from, to }) => from !== 'main.ts' && roomOf(from) !== roomOf(to) && !isDoor(to),
  );
  expect(others).toEqual([]);
});

it('no files import each other in a circle', () => {
  const next = Map.groupBy(IMPORTS, ({ from }) => from);
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const walk = (file: string, way: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const { to } of next.get(file) ?? []) walk(to, [...way, file]);
    state.set(file, 'done');
  };
  for (const file of FILES) walk(file, []);
  expect(circles).toEqual([]);
});
