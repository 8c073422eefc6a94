/** What is offered for the last word of a command line, with the names of an appliance that answers, or does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type HttpServer, startHttpServer } from '../telemetry/mod.ts';
import { makeProvider, makeStatus, OWN_NAMES } from '../../test/fixtures/status.ts';
import { runCommandLine } from './mod.ts';

let dir: string;
let server: HttpServer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'complete-'));
  const routes = [
    { prefix: '10.0.0.0/8', 'next-hop': '192.0.2.1' },
    { prefix: '2001:db8::/32', 'next-hop': 'blackhole' },
  ];
  server = await startHttpServer({
    listen: [{ path: join(dir, 'appliance.sock') }],
    source: { ...makeProvider(), fibRoutes: (backend) => (backend === 'vpp' ? routes : []) },
    names: OWN_NAMES,
    logger: () => {},
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** The candidates for the last word, without their descriptions. */
async function offered(...words: string[]): Promise<string[]> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  try {
    expect(await runCommandLine(['complete', '--', ...words], 0)).toBe(0);
  } finally {
    write.mockRestore();
  }
  return out.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/\t.*/, '')]));
}

describe('without an appliance', () => {
  test.each([
    [['sh'], ['show']],
    [
      ['show', 'i'],
      ['interfaces', 'import'],
    ],
    [['show', '--json', 'fi'], ['fib']],
    [
      ['show', 'fib', ''],
      ['vpp', 'kernel'],
    ],
    [['show', 'fib', 'vpp', ''], []],
    [['show', 'nonsense', ''], []],
    [
      ['show', 'log', '--f'],
      ['--follow', '--fingerprint'],
    ],
    [['update', '--no'], ['--no-restart']],
    [
      ['power', ''],
      ['restart', 'off'],
    ],
    [['help', 'show', 'fi'], ['fib']],
    [['check', ''], [':files']],
    [['run', '--config', ''], [':files']],
    [['show', '--host', ''], []],
    [
      ['vppctl', 'show', 'ip', 'fib', ''],
      ['summary', 'memory'],
    ],
    [['comp'], ['completion']],
  ])('%j', async (words, wanted) => {
    expect(await offered(...words)).toEqual(wanted);
  });

  test('nothing is offered where its names are wanted', async () => {
    expect(await offered('show', 'log', '--run-dir', '/nowhere', '')).toEqual([]);
  });

  test('nothing is offered after a second of silence', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const began = performance.now();
    expect(await offered('show', 'log', '--host', `http://127.0.0.1:${port}`, '')).toEqual([]);
    expect(performance.now() - began).toBeGreaterThan(900);
    silent.close();
  });
});

describe('of an appliance that answers', () => {
  const ask = (...words: string[]): Promise<string[]> =>
    offered(words[0] ?? '', '--run-dir', dir, ...words.slice(1));
  const { interfaces, services } = makeStatus();

  test('services', async () => {
    expect(await ask('show', 'log', '')).toEqual(['appliance', 'all', ...services.map(({ name }) => name)]);
  });

  test('prefixes', async () => {
    expect(await ask('show', 'route', '')).toEqual(['mpls', '10.0.0.0/8', '2001:db8::/32']);
    expect(await ask('show', 'route', '2001:')).toEqual(['2001:db8::/32']);
    expect(await ask('show', 'route', 'mpls', '')).toEqual([]);
  });

  test('interfaces, beside words', async () => {
    const names = await ask('vppctl', 'show', 'interface', '');
    expect(names).toEqual(expect.arrayContaining(['address', ...interfaces.map(({ name }) => name)]));
    expect(interfaces.length).toBeGreaterThan(0);
  });
});
