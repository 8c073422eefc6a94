import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCli } from './cli-socket.ts';

const dir = mkdtempSync(join(tmpdir(), 'appliance-cli-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What VPP 25.02 sends first (unix_cli_listen_read_ready). */
const GREETING = Buffer.from(
  'fffc22fffe22fffb03fffd03fffb01fffe01fffd18fffa1801fff0fffd1ffffa1f01fff0',
  'hex',
);
const ANSWER = Buffer.from('fffa1800767070 63746cfff0'.replaceAll(' ', ''), 'hex');

interface Behaviour {
  /** Output for a command; undefined closes the session. */
  readonly output?: (command: string) => Buffer | string | undefined;
  /** Bytes per write. */
  readonly pieceBytes?: number;
  readonly greeting?: Buffer;
}

let servers = 0;

/** A CLI socket that behaves towards vppctl as VPP's does. */
class FakeCli implements AsyncDisposable {
  readonly path = join(dir, `cli${servers++}.sock`);
  readonly received: Buffer[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(behaviour: Behaviour = {}) {
    this.#server = createServer((socket) => this.#serve(socket, behaviour));
    this.#server.listen(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serve(socket: Socket, behaviour: Behaviour): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const send = (data: Buffer): void => {
      const step = behaviour.pieceBytes ?? data.length;
      for (let at = 0; at < data.length; at += step) socket.write(data.subarray(at, at + step));
    };
    send(behaviour.greeting ?? GREETING);
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      this.received.push(chunk);
      pending += chunk.toString('latin1').replace(ANSWER.toString('latin1'), '');
      for (;;) {
        const end = pending.indexOf('\n');
        if (end < 0) return;
        const command = pending.slice(0, end);
        pending = pending.slice(end + 1);
        if (command === 'quit') {
          socket.destroySoon();
          return;
        }
        const output = behaviour.output?.(command);
        if (output === undefined) socket.destroy();
        else send(Buffer.concat([Buffer.from(output), Buffer.from([0])]));
      }
    });
  }
}

test("returns a command's output with plain line ends and without protocol bytes", async () => {
  await using cli = new FakeCli({
    output: (command) => `you said ${command}\r\n\u001b[31mred\u001b[0m\r\n\r\n`,
  });
  expect(await runCli(cli.path, 'show version')).toBe('you said show version\nred');
  const sent = Buffer.concat(cli.received);
  expect(sent.subarray(0, ANSWER.length)).toEqual(ANSWER);
  expect(sent.subarray(ANSWER.length).toString()).toBe('show version\nquit\n');
});

test('accepts pieces that end anywhere, and does not take an output byte 255 for a telnet command', async () => {
  const output = Buffer.concat([Buffer.from('a'), Buffer.from([0xff, 0xff]), Buffer.from('b\r\n')]);
  await using cli = new FakeCli({ pieceBytes: 1, output: () => output });
  expect(await runCli(cli.path, 'show x')).toBe('a\ufffdb');
});

test('a command without output', async () => {
  await using cli = new FakeCli({ output: () => '' });
  expect(await runCli(cli.path, 'show nothing')).toBe('');
});

test('returns large output whole and rejects output that is too large', async () => {
  const line = 'x'.repeat(99);
  await using cli = new FakeCli({ output: () => `${line}\n`.repeat(20_000) });
  const output = await runCli(cli.path, 'show all');
  expect(output).toHaveLength(2_000_000 - 1);
  await expect(runCli(cli.path, 'show all', { maxBytes: 1_000_000 })).rejects.toMatchObject({
    code: 'cli-output-too-long',
  });
});

test('reports that nothing listens', async () => {
  await expect(runCli(join(dir, 'none'), 'show version')).rejects.toMatchObject({
    code: 'cli-unreachable',
    message: expect.stringContaining('ENOENT'),
  });
});

test('reports that VPP closed the session before its output was complete', async () => {
  await using cli = new FakeCli({ output: () => undefined });
  await expect(runCli(cli.path, 'show version')).rejects.toMatchObject({ code: 'cli-closed' });
});

test.each(['', '  ', 'show a\nset b', 'show \u0000', `show ${'x'.repeat(2000)}`])(
  'refuses a command that is not one line: %j',
  async (command) => {
    await expect(runCli(join(dir, 'none'), command)).rejects.toMatchObject({ code: 'cli-bad-command' });
  },
);
