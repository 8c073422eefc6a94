/**
 * The supervised chronyd, where this machine has one: against the test's own time server on the loopback, with `-x`, so
 * that no clock is changed.
 */
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { ClockState } from '../linux/mod.ts';
import { renderChronyConf, TimeService, type TimeServiceOptions } from './time-service.ts';

const CHRONYD = '/usr/sbin/chronyd';
const POLICY = { backoffMs: 20, backoffMaxMs: 80, stableMs: 2_000, loopAfter: 3, loopRetryMs: 60_000 };
const LOGGER = { info() {}, warning() {}, error() {} };
/** From 1900, NTP's epoch, to 1970. */
const NTP_TO_UNIX_SECONDS = 2_208_988_800;

let dir: string;
let time: TimeService | undefined;
let server: Socket | undefined;
let clock: ClockState;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-time-'));
  clock = { synchronised: false, estimatedErrorSeconds: 16, maximumErrorSeconds: 16 };
});
afterEach(async () => {
  await time?.stop();
  time = undefined;
  server?.close();
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

function make(more: Partial<TimeServiceOptions> = {}): TimeService {
  time = new TimeService({
    logger: LOGGER,
    policy: POLICY,
    runDir: join(dir, 'run'),
    driftFile: join(dir, 'chrony.drift'),
    extraArguments: ['-x'],
    readClock: () => clock,
    ...more,
  });
  return time;
}

function needChrony(ctx: TestContext): void {
  if (!existsSync(CHRONYD)) ctx.skip(`no ${CHRONYD} (package chrony)`);
  if (process.getuid?.() !== 0) ctx.skip('chronyd needs root');
}

async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) {
      const lines = time?.service.log().map(({ line }) => line) ?? [];
      throw new Error(`timed out: ${JSON.stringify(time?.status)}\n${lines.join('\n')}`);
    }
    await sleep(50);
  }
}

/** A stratum 1 server with correct time by RFC 5905; resolves with its port. */
async function serveTime(onRequest: () => void): Promise<number> {
  const socket = createSocket('udp4');
  server = socket;
  const stamp = (to: Buffer, at: number): void => {
    const seconds = Date.now() / 1000 + NTP_TO_UNIX_SECONDS;
    to.writeUInt32BE(Math.floor(seconds), at);
    to.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
  };
  socket.on('message', (request, from) => {
    onRequest();
    const reply = Buffer.alloc(48);
    // Leap 0, version of the request, mode 4 (server); stratum 1; precision 2^-20.
    reply[0] = ((request[0] ?? 0) & 0x38) | 4;
    reply[1] = 1;
    reply[2] = request[2] ?? 6;
    reply.writeInt8(-20, 3);
    reply.write('TEST', 12, 'latin1');
    stamp(reply, 16);
    request.copy(reply, 24, 40, 48);
    stamp(reply, 32);
    stamp(reply, 40);
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket.address().port;
}

/** Sockets on which a process can be reached: listening ones, and datagram sockets without a peer. */
function openSockets(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    }),
  );
  const TCP_LISTEN = '0A';
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , remote, state, , , , , , inode]) => {
        const isOpen = table.startsWith('tcp') ? state === TCP_LISTEN : /^0+:0000$/.test(remote ?? '');
        return isOpen && inode !== undefined && inodes.has(inode);
      })
      .map(([, local]) => `${table} ${local}`),
  );
}

describe('TimeService', () => {
  it('is off, with the reason, without servers and without its program', async () => {
    const service = make();
    expect(service.status).toEqual({ state: 'off', reason: 'not started yet' });
    await service.use([], 'dhcp');
    expect(service.status).toEqual({
      state: 'off',
      reason: 'no time server configured: neither management.ntp nor DHCP names one',
    });
    const missing = new TimeService({
      logger: LOGGER,
      policy: POLICY,
      runDir: dir,
      driftFile: '/nowhere/drift',
      program: '/nowhere/chronyd',
    });
    await missing.use(['192.0.2.1'], 'configuration');
    expect(missing.status).toEqual({ state: 'off', reason: 'this image has no /nowhere/chronyd' });
    await missing.stop();
  });

  it('queries the given servers, listens on no port, and reports when the clock is synchronised', async (ctx) => {
    needChrony(ctx);
    let asked = 0;
    const port = await serveTime(() => {
      asked += 1;
    });
    const service = make({ port });
    await service.use(['127.0.0.1'], 'configuration');
    await until(() => asked > 0);
    expect(service.status).toEqual({
      state: 'unsynchronised',
      reason: 'no server has answered yet',
      servers: ['127.0.0.1'],
      source: 'configuration',
    });
    expect(openSockets(service.service.pid ?? -1)).toEqual([]);
    await until(() => service.service.log().some(({ line }) => line.includes('Selected source')));
    clock = { synchronised: true, estimatedErrorSeconds: 0.0001, maximumErrorSeconds: 0.02 };
    expect(service.status).toEqual({
      state: 'synchronised',
      servers: ['127.0.0.1'],
      source: 'configuration',
      server: '127.0.0.1',
      estimatedErrorSeconds: 0.0001,
      maximumErrorSeconds: 0.02,
    });
  });

  it('restarts for other servers, keeps running for the same ones, ends without any', async (ctx) => {
    needChrony(ctx);
    const service = make();
    const conf = (): string => readFileSync(join(dir, 'run/chrony.conf'), 'utf8');
    await service.use(['192.0.2.1'], 'dhcp');
    await until(() => service.service.status.state === 'running');
    const { pid } = service.service;
    await service.use(['192.0.2.1'], 'configuration');
    expect(service.service.pid).toBe(pid);
    expect(service.status).toMatchObject({ source: 'configuration' });
    await Promise.all([
      service.use(['192.0.2.2'], 'dhcp'),
      service.use(['192.0.2.3', '2001:db8::1'], 'configuration'),
    ]);
    await until(() => service.service.status.state === 'running');
    expect(service.service.pid).not.toBe(pid);
    expect(conf()).toContain('server 192.0.2.3 iburst\nserver 2001:db8::1 iburst\n');
    await service.use([], 'dhcp');
    expect(service.service.pid).toBeUndefined();
    expect(service.status.state).toBe('off');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('reports why the program does not run', async () => {
    const service = make({ program: '/bin/false' });
    await service.use(['192.0.2.1'], 'dhcp');
    await until(() => service.service.status.state === 'looping');
    expect(service.status).toMatchObject({
      state: 'unsynchronised',
      reason: expect.stringMatching(/^chronyd looping: exited with code 1/),
    });
  });
});

describe('chrony.conf', () => {
  it('opens no port and names the servers', () => {
    expect(renderChronyConf(['ntp.example.net'], { runDir: '/run/a', driftFile: '/data/d', port: 123 })).toBe(
      [
        'server ntp.example.net iburst',
        'port 0',
        'cmdport 0',
        'bindcmdaddress /',
        'pidfile /run/a/chronyd.pid',
        'driftfile /data/d',
        'makestep 1 3',
        'rtcsync',
        '',
      ].join('\n'),
    );
  });
});
