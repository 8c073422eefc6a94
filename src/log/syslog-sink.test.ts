import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LogHub, type LogRecord } from './log-hub.ts';
import { LOG_SEVERITIES, type LogSeverity } from './severity.ts';
import { encodeSyslog, MAX_SYSLOG_BYTES } from './syslog-message.ts';
import { SyslogSink } from './syslog-sink.ts';

/** A parser of RFC 5424's grammar, written from its ABNF; throws where a message does not follow it. */
function parse(message: Buffer): {
  priority: number;
  at: number;
  hostname: string;
  appName: string;
  procId: string;
  text: string;
  hasMark: boolean;
} {
  const grammar =
    /^<(0|[1-9]\d{0,2})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) -(?: ([^]*))?$/;
  const found = grammar.exec(message.toString('latin1'));
  if (found === null) throw new Error(`not RFC 5424: ${message.toString()}`);
  const [, priority, at, hostname = '', appName = '', procId = '', , rest = ''] = found;
  if (Number(priority) > 191) throw new Error(`priority ${priority}`);
  let bytes = Buffer.from(rest, 'latin1');
  const hasMark = bytes.subarray(0, 3).equals(Buffer.from('\ufeff'));
  if (hasMark) bytes = bytes.subarray(3);
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  return { priority: Number(priority), at: Date.parse(at ?? ''), hostname, appName, procId, text, hasMark };
}

const record = (more: Partial<LogRecord> = {}): LogRecord => ({
  at: Date.UTC(2026, 6, 1, 12, 0, 0, 7),
  service: 'vpp',
  severity: 'info',
  line: 'hello',
  number: 1,
  ...more,
});
const SENDER = { hostname: 'box', pid: 1 };

describe('encodeSyslog', () => {
  it('encodes an example line as a receiver expects it', () => {
    expect(encodeSyslog(record(), SENDER).toString()).toBe(
      '<30>1 2026-07-01T12:00:00.007Z box vpp - - - hello',
    );
    expect(encodeSyslog(record({ service: 'kernel', severity: 'emergency' }), SENDER).toString()).toBe(
      '<0>1 2026-07-01T12:00:00.007Z box kernel - - - hello',
    );
    expect(parse(encodeSyslog(record({ service: 'appliance' }), SENDER)).procId).toBe('1');
  });

  it('marks only non-ASCII text as UTF-8', () => {
    expect(parse(encodeSyslog(record({ line: 'ü' }), SENDER))).toMatchObject({ text: 'ü', hasMark: true });
    expect(parse(encodeSyslog(record({ line: 'u' }), SENDER))).toMatchObject({ text: 'u', hasMark: false });
  });

  it('follows the grammar and its length for any names and line', () => {
    const names = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 300, maxLength: 400 }));
    fc.assert(
      fc.property(
        names,
        names,
        fc.string({ unit: 'grapheme', maxLength: 3_000 }),
        fc.constantFrom<LogSeverity>(...LOG_SEVERITIES),
        (hostname, service, line, severity) => {
          const message = encodeSyslog(record({ service, line, severity }), { hostname, pid: 1 });
          expect(message.length).toBeLessThanOrEqual(MAX_SYSLOG_BYTES);
          const parsed = parse(message);
          expect(parsed.priority & 7).toBe(LOG_SEVERITIES.indexOf(severity));
          expect(line.startsWith(parsed.text)).toBe(true);
          if (message.length < MAX_SYSLOG_BYTES - 3) expect(parsed.text).toBe(line);
        },
      ),
    );
  });
});

describe('SyslogSink', () => {
  const sockets: Socket[] = [];
  const sinks: SyslogSink[] = [];
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink[Symbol.asyncDispose]();
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function listen(port = 0, host = '127.0.0.1'): Promise<{ port: number; texts: string[] }> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const texts: string[] = [];
    socket.on('message', (message) => {
      const { hostname, appName, text } = parse(message);
      texts.push(`${hostname} ${appName} ${text}`);
    });
    socket.bind(port, host);
    await once(socket, 'listening');
    sockets.push(socket);
    return { port: socket.address().port, texts };
  }

  function open(options: Partial<ConstructorParameters<typeof SyslogSink>[0]>): SyslogSink {
    const sink = new SyslogSink({ hostname: 'box', target: undefined, onProblem: () => {}, ...options });
    sinks.push(sink);
    return sink;
  }

  async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!check()) {
      if (performance.now() > deadline) throw new Error('it did not come to that in time');
      await sleep(10);
    }
  }

  it('sends every line, including those from before it was attached, in order', async () => {
    const server = await listen();
    const hub = new LogHub();
    hub.push('kernel', 'info', 'boots');
    const sink = open({ target: { host: '127.0.0.1', port: server.port } });
    hub.attach(sink);
    for (let i = 0; i < 250; i += 1) hub.push('vpp', 'info', `line ${i}`);
    await until(() => server.texts.length === 251);
    expect(server.texts[0]).toBe('box kernel boots');
    expect(server.texts.slice(1)).toEqual(Array.from({ length: 250 }, (_, i) => `box vpp line ${i}`));
    await until(() => 'sent' in sink.status && sink.status.sent === 251);
    expect(sink.status).toMatchObject({ state: 'sending', lost: 0 });
  });

  it('keeps lines while no server listens and sends them when one does', async () => {
    const first = await listen();
    const target = { host: '127.0.0.1', port: first.port };
    sockets.pop()?.close();
    const hub = new LogHub();
    const sink = open({ target });
    hub.attach(sink);
    const lines = Array.from({ length: 5 }, (_, i) => `line ${i}`);
    for (const line of lines) hub.push('vpp', 'info', line);
    await until(() => sink.status.state === 'waiting');
    expect(sink.status).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED'), sent: 0 });
    const again = await listen(first.port);
    await until(() => again.texts.length === 5);
    expect(again.texts).toEqual(lines.map((line) => `box vpp ${line}`));
    await until(() => 'sent' in sink.status && sink.status.sent === 5);
    expect(sink.status).toMatchObject({ state: 'sending', lost: 0 });
  });

  it('switches to another server, and to none, when reconfigured', async () => {
    const [one, two] = [await listen(), await listen(0, '::1').catch(() => listen())];
    const hub = new LogHub();
    const sink = open({ target: { host: '127.0.0.1', port: one.port } });
    hub.attach(sink);
    hub.push('vpp', 'info', 'to one');
    await until(() => one.texts.length === 1);
    const host = sockets.at(-1)?.address().address ?? '';
    sink.reconfigure({ host, port: two.port }, 'renamed');
    hub.push('vpp', 'info', 'to two');
    await until(() => two.texts.length === 1);
    expect(two.texts).toEqual(['renamed vpp to two']);
    sink.reconfigure(undefined);
    hub.push('vpp', 'info', 'to none');
    expect(sink.status).toEqual({ state: 'off' });
    await sleep(50);
    expect([...one.texts, ...two.texts]).toHaveLength(2);
  });

  it('drops the oldest beyond its limit, counts them and reports it once', async () => {
    const server = await listen();
    const said: string[] = [];
    const sink = open({
      target: { host: '127.0.0.1', port: server.port },
      queueBytes: 2_000,
      onProblem: (words) => void said.push(words),
    });
    for (let i = 0; i < 1_000; i += 1) sink.write(record({ line: `line ${i}`, number: i }));
    await until(() => server.texts.includes('box vpp line 999'));
    await until(() => said.length > 0);
    const lost = 1_000 - server.texts.length;
    expect(lost).toBeGreaterThan(800);
    expect(sink.status).toMatchObject({ lost });
    expect(said).toEqual([`sending to 127.0.0.1:${server.port}: ${lost} lines were lost`]);
    for (let i = 0; i < 1_000; i += 1) sink.write(record({ line: `more ${i}`, number: 1_000 + i }));
    await until(() => server.texts.includes('box vpp more 999'));
    expect(said).toHaveLength(1);
  });

  it('sends queued lines at its end', async () => {
    const server = await listen();
    const sink = open({ target: { host: '127.0.0.1', port: server.port } });
    sink.write(record({ line: 'restart now' }));
    await sink[Symbol.asyncDispose]();
    await until(() => server.texts.length === 1);
    sink.write(record());
    expect(server.texts).toEqual(['box vpp restart now']);
  });

  it('reports a lasting lack of a listener, and not a short one', async () => {
    const gone = await listen();
    const { port } = gone;
    const told: (string | undefined)[] = [];
    sockets.at(-1)?.close();
    sockets.pop();
    const sink = open({
      target: { host: '127.0.0.1', port },
      patienceMs: 500,
      onTrouble: (reason) => void told.push(reason),
    });
    sink.write(record());
    await until(() => sink.status.state === 'waiting');
    expect(told).toEqual([]);
    await until(() => told.length === 1);
    expect(told[0]).toMatch(new RegExp(`^sending to 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
    const back = await listen(port);
    await until(() => back.texts.length > 0);
    await until(() => told.length === 2);
    expect(told[1]).toBeUndefined();
  });
});
