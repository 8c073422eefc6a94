/** Runs against a CLI socket that echoes each line, or stays silent. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VppCommandLine } from './command-line.ts';

// IAC DO TTYPE, IAC SB TTYPE SEND IAC SE (RFC 854, RFC 1091)
const GREETING = Buffer.from([255, 253, 24, 255, 250, 24, 1, 255, 240]);

let dir: string;
let server: Server;
let sockets: Socket[];
/** Each line received, without telnet bytes. */
let lines: string[];
/** The reply to a line; undefined: never any. */
let reply: (line: string) => string | undefined;
let asked: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'command-line-'));
  lines = [];
  sockets = [];
  asked = 0;
  reply = (line) => `ran ${line}`;
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(GREETING);
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1').replace(/\xff\xfa[\s\S]*?\xff\xf0/g, '');
      for (const line of text.split('\n').filter((one) => one !== '')) {
        if (line === 'quit') socket.end();
        else {
          lines.push(line);
          const said = reply(line);
          if (said !== undefined) socket.write(`${said}\0`);
        }
      }
    });
  });
  server.listen(join(dir, 'cli.sock'));
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(dir, { recursive: true });
});

const commandLine = (timeoutMs?: number): VppCommandLine =>
  new VppCommandLine({
    cliSocket: join(dir, 'cli.sock'),
    interfaces: async () => {
      asked++;
      return ['local0', 'loop0'].map((name) => ({ name, isHardware: true }));
    },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

test('runs a command of the table, and requests the interfaces only when one is named', async () => {
  const line = commandLine();
  expect(await line.run(' show  version ')).toBe('ran show version');
  expect(asked).toBe(0);
  expect(await line.run('show interface loop0')).toBe('ran show interface loop0');
  expect(asked).toBe(1);
  expect(lines).toEqual(['show version', 'show interface loop0']);
});

test.each([
  'show api dump file /',
  'show tap local0',
  'show interface local0',
  'show interface loop1',
  'show hardware-interfaces 4294967294',
  'show version\nshow api dump file /',
  '',
])('"%s" is not sent to VPP', async (typed) => {
  await expect(commandLine().run(typed)).rejects.toMatchObject({ code: 'cli-refused' });
  expect(sockets).toEqual([]);
});

test('runs one command at a time, and the next one afterwards', async () => {
  const line = commandLine();
  reply = () => undefined;
  const first = line.run('show interface loop0');
  // also while the interfaces are being requested
  await expect(line.run('show version')).rejects.toMatchObject({ code: 'cli-busy' });
  for (let turns = 0; lines.length === 0 && turns < 1_000; turns++)
    await new Promise((r) => setTimeout(r, 5));
  await expect(line.run('show version')).rejects.toMatchObject({
    code: 'cli-busy',
    message: expect.stringContaining('"show interface loop0"'),
  });
  sockets[0]?.write('late\0');
  expect(await first).toBe('late');
  reply = () => 'again';
  expect(await line.run('show version')).toBe('again');
});

test('closes the connection to VPP at the timeout, and then runs the next command', async () => {
  const line = commandLine(100);
  reply = () => undefined;
  await expect(line.run('show version')).rejects.toMatchObject({ code: 'timeout' });
  const [socket] = sockets;
  if (socket?.closed === false) await once(socket, 'close');
  reply = () => 'again';
  expect(await line.run('show version')).toBe('again');
});

test('is free again after a refusal and after VPP was unreachable', async () => {
  const line = commandLine();
  await expect(line.run('show interface loop1')).rejects.toMatchObject({ code: 'cli-refused' });
  server.close();
  for (const socket of sockets) socket.destroy();
  rmSync(join(dir, 'cli.sock'), { force: true });
  await expect(line.run('show version')).rejects.toMatchObject({ code: 'cli-unreachable' });
  await expect(line.run('show version')).rejects.toMatchObject({ code: 'cli-unreachable' });
});
