import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { LifeEnd } from './restart-policy.ts';
import { Service, type ServiceOptions } from './service.ts';

const POLICY = { backoffMs: 20, backoffMaxMs: 80, stableMs: 2_000, loopAfter: 3, loopRetryMs: 60_000 };
const LOGGER = { info() {}, warning() {}, error() {} };
const services: Service[] = [];

function shell(script: string, more: Partial<ServiceOptions> = {}): Service {
  const service = new Service({
    name: 'test',
    policy: POLICY,
    logger: LOGGER,
    prepare: async () => ({ file: '/bin/sh', args: ['-c', script] }),
    ...more,
  });
  services.push(service);
  return service;
}

async function until(check: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('it did not come to that in time');
    await sleep(10);
  }
}

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
});

describe('Service', () => {
  it('restarts a crashing process, keeps its last words and how it ended', async () => {
    const service = shell('echo out; echo last words >&2; exit 3');
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.restarts).toBe(2);
    const report = service.report();
    expect(report.lastExit).toMatchObject({ code: 3 });
    expect(report.lastExit?.reason).toMatch(/^exited with code 3 after 0\.\d s/);
    expect(report.lastOutput.map(({ line }) => line)).toContain('last words');
    expect(service.status).toMatchObject({ state: 'looping', failures: 3 });
  });

  it('says which signal ended a process', async () => {
    const service = shell('kill -SEGV $$');
    service.start();
    await until(() => service.status.state === 'backoff');
    expect(service.report().lastExit).toMatchObject({ signal: 'SIGSEGV' });
  });

  it('counts a preparation that fails as a failed start, with its reason', async () => {
    const reasons: LifeEnd[] = [];
    const service = shell('', {
      prepare: () => Promise.reject(new Error('there is no VPP')),
      onEnded: (end) => void reasons.push(end),
    });
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.status).toMatchObject({ reason: 'there is no VPP' });
    expect(reasons).toHaveLength(3);
  });

  it('reports a binary that does not exist', async () => {
    const service = shell('', { prepare: async () => ({ file: '/nowhere/vpp', args: [] }) });
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.status).toMatchObject({ reason: expect.stringContaining('ENOENT') });
  });

  it('repeats SIGTERM for a process that ignores the first, and leaves none of its group', async () => {
    const service = shell(`trap 'trap - TERM' TERM; sleep 300 & echo child $!; while :; do sleep 0.05; done`);
    service.start();
    await until(() => service.log().some(({ line }) => line.startsWith('child ')));
    const line = service.log().find((entry) => entry.line.startsWith('child '))?.line ?? '';
    const child = line.slice('child '.length);
    const pid = service.pid;
    await service.stop();
    expect(service.status.state).toBe('stopped');
    for (const gone of [pid, child]) {
      const stat = existsSync(`/proc/${gone}/stat`) ? readFileSync(`/proc/${gone}/stat`, 'utf8') : 'gone';
      // A zombie waits for its new parent; it runs no more.
      expect(stat).toMatch(/gone|\) Z/);
    }
  });

  it('fails the current life with a reason of ours, and restarts', async () => {
    const service = shell('exec sleep 300');
    service.start();
    await until(() => service.status.state === 'running');
    await service.fail('it did not open its socket');
    await until(() => service.restarts === 1 && service.status.state === 'running');
    expect(service.report().lastExit?.reason).toMatch(
      /^killed by SIGTERM after .*: it did not open its socket$/,
    );
  });

  it('tells of looping before it waits, so that a fallback can be set up', async () => {
    let fallback = '';
    const service = shell('exit 1', {
      onLooping: async (reason) => {
        await sleep(20);
        fallback = reason;
      },
    });
    service.start();
    await until(() => fallback !== '');
    expect(fallback).toContain('exited with code 1');
  });
});
