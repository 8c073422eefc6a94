import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { VppConnection, type VppConnectionStatus } from '../vpp/api/mod.ts';
import { awaitAnswer } from './vpp-answer.ts';

const PID = 4711;
const connecting: VppConnectionStatus = {
  state: 'connecting',
  attempt: 1,
  attemptsWithSocket: 0,
  since: 0,
  lastError: undefined,
};
const connected: VppConnectionStatus = {
  state: 'connected',
  since: 0,
  vpePid: PID,
  version: { program: 'vpe', version: '25.02-release', buildDate: '', buildDirectory: '' },
};

/** Waits for a VPP whose connection has the status set in `connection.now`. */
function wait(timeoutSeconds: number) {
  class Scripted extends VppConnection {
    now = connecting;
    override get status(): VppConnectionStatus {
      return this.now;
    }
  }
  const apiSocket = join(tmpdir(), 'there-is-no-such.sock');
  const connection = new Scripted({ socketPath: apiSocket });
  const life = new AbortController();
  const answer = awaitAnswer({ connection, apiSocket, pid: PID, life: life.signal, timeoutSeconds });
  return { connection, life, answer };
}

/** Blocks this process, as a stop by a signal does. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('a VPP that was just executed', () => {
  test('has answered when it is connected with its own pid', async () => {
    const { connection, answer } = wait(60);
    connection.now = { ...connected, vpePid: PID - 1 };
    await sleep(100);
    connection.now = connected;
    expect(await answer).toEqual({ state: 'answered', socketAtMs: undefined });
  });

  test('is stuck when it opens no socket in time, or does not answer ten attempts', async () => {
    expect(await wait(0.1).answer).toEqual({
      state: 'stuck',
      reason: 'VPP did not open its API socket within 0.1 s (vpp.start-timeout)',
    });
    const { connection, answer } = wait(60);
    connection.now = { ...connecting, attemptsWithSocket: 10, lastError: 'connection refused' };
    expect(await answer).toEqual({
      state: 'stuck',
      reason: 'VPP did not answer 10 connection attempts: connection refused',
    });
  });

  test('has its whole timeout again when this process was paused meanwhile', async () => {
    const { connection, answer } = wait(1);
    await sleep(100);
    standStill(1_500);
    // What VPP sent meanwhile is read after the timers that are due.
    setTimeout(() => {
      connection.now = connected;
    }, 100);
    expect(await answer).toMatchObject({ state: 'answered' });
  });

  test('that ended is not waited for', async () => {
    const { life, answer } = wait(60);
    life.abort();
    expect(await answer).toEqual({ state: 'ended' });
  });
});
