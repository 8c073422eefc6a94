import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { getRlimit, setRlimit } from '../linux/mod.ts';
import type { ServiceCrash } from '../log/mod.ts';
import type { LifeEnd } from './restart-policy.ts';
import { Service, type ServiceOptions } from './service.ts';

const POLICY = { backoffMs: 20, backoffMaxMs: 80, stableMs: 2_000, loopAfter: 3, loopRetryMs: 60_000 };
const LOGGER = { info() {}, warning() {}, error() {} };
const services: Service[] = [];
/** ptrace(2)'s number and request. Source: the kernel's unistd tables, linux/ptrace.h. */
const PTRACE = process.arch === 'arm64' ? 117 : 101;
const PTRACE_ATTACH = 16;

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

async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('timed out waiting for the condition');
    await sleep(10);
  }
}

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
});

describe('Service', () => {
  it('restarts a crashing process, and keeps its last output and how it ended', async () => {
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

  it('reports which signal ended a process', async () => {
    const service = shell('kill -SEGV $$');
    service.start();
    await until(() => service.status.state === 'backoff');
    expect(service.report().lastExit).toMatchObject({ signal: 'SIGSEGV' });
  });

  it('counts a failed preparation as a failed start, with its reason', async () => {
    const reasons: LifeEnd[] = [];
    const service = shell('', {
      prepare: () => Promise.reject(new Error('VPP is not installed')),
      onEnded: (end) => void reasons.push(end),
    });
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.status).toMatchObject({ reason: 'VPP is not installed' });
    expect(reasons).toHaveLength(3);
  });

  it('reports a binary that does not exist', async () => {
    const service = shell('', { prepare: async () => ({ file: '/nowhere/vpp', args: [] }) });
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.status).toMatchObject({ reason: expect.stringContaining('ENOENT') });
  });

  it('repeats SIGTERM for a process that ignores the first, and leaves no process of its group', async () => {
    const service = shell(`trap 'trap - TERM' TERM; sleep 300 & echo child $!; while :; do sleep 0.05; done`);
    service.start();
    await until(() => service.log().some(({ line }) => line.startsWith('child ')));
    const line = service.log().find((entry) => entry.line.startsWith('child '))?.line ?? '';
    const child = line.slice('child '.length);
    const pid = service.pid;
    await service.stop();
    expect(service.status.state).toBe('stopped');
    for (const gone of [pid, child]) {
      const stat = (): string =>
        existsSync(`/proc/${gone}/stat`) ? readFileSync(`/proc/${gone}/stat`, 'utf8') : 'gone';
      // A zombie waits for its new parent; it does not run any more. A killed process dies when it is scheduled next.
      await expect.poll(stat).toMatch(/gone|\) Z/);
    }
  });

  it('fails the current life with the given reason, and restarts', async () => {
    const service = shell('exec sleep 300');
    service.start();
    await until(() => service.status.state === 'running');
    await service.abort('it did not open its socket');
    await until(() => service.restarts === 1 && service.status.state === 'running');
    expect(service.report().lastExit?.reason).toMatch(
      /^killed by SIGABRT after .*: it did not open its socket$/,
    );
  });

  it('ends a stopped process by SIGABRT as well, and reports the reason meanwhile', async () => {
    const seen: string[] = [];
    const service = shell('exec sleep 300', {
      onStatus: (status) => {
        if (status.state === 'stopping') seen.push(status.reason);
      },
    });
    service.start();
    await until(() => service.status.state === 'running');
    const pid = service.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await until(() => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    await service.abort('hung, last answer 20.3 s ago');
    expect(service.report().lastExit).toMatchObject({ pid, signal: 'SIGABRT' });
    expect(seen).toEqual(['hung, last answer 20.3 s ago']);
    await until(() => service.restarts === 1);
  });

  it('kills a process that does not end on SIGABRT, and reports both as a crash', async () => {
    const crashes: ServiceCrash[] = [];
    const service = shell("trap '' ABRT; echo here; while :; do sleep 0.1; done", {
      onCrash: (crash) => void crashes.push(crash),
    });
    service.start();
    await until(() => service.log().some(({ line }) => line === 'here'));
    await service.abort('hung, last answer 20.3 s ago');
    expect(service.report().lastExit).toMatchObject({ signal: 'SIGKILL' });
    await until(() => crashes.length === 1);
    expect(crashes[0]?.exit.reason).toMatch(
      /^killed by SIGKILL after \d+\.\d s: hung, last answer 20\.3 s ago$/,
    );
  });

  it('does not count a pause as a failure, and starts again after it, but not after a stop', async () => {
    const service = shell('echo here; exec sleep 300');
    const said = (): number => service.log().filter(({ line }) => line === 'here').length;
    service.start();
    await until(() => said() === 1);
    await service.pause('another configuration');
    expect(service.status).toMatchObject({ state: 'stopped', reason: 'another configuration' });
    expect(service.pid).toBeUndefined();
    service.start();
    await until(() => said() === 2);
    expect(service.restarts).toBe(1);
    await service.stop();
    service.start();
    await sleep(50);
    expect(service.status.state).toBe('stopped');
  });

  it('pauses while looping, also while the fallback is being set up', async () => {
    let asked = false;
    const service = shell('exit 1', {
      onLooping: async () => {
        asked = true;
        await sleep(100);
      },
    });
    service.start();
    await until(() => asked);
    await service.pause('another configuration');
    expect(service.status.state).toBe('stopped');
  });

  it('accepts other restart times', async () => {
    const service = shell('exit 1', { policy: { ...POLICY, loopAfter: 1000, backoffMaxMs: 20 } });
    service.start();
    await until(() => service.restarts > 1);
    await service.pause('other times');
    service.setPolicy({ ...POLICY, loopAfter: 1 });
    service.start();
    await until(() => service.status.state === 'looping');
    expect(service.status).toMatchObject({ failures: 1 });
  });

  it('reports looping before it waits, so that a fallback can be set up', async () => {
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

  it('reports evidence of an end that was not requested, and none of a stop', async () => {
    const crashes: ServiceCrash[] = [];
    const service = shell('i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; kill -SEGV $$', {
      onCrash: (crash) => void crashes.push(crash),
    });
    service.start();
    await until(() => crashes.length > 0);
    expect(crashes[0]).toMatchObject({ service: 'test', exit: { signal: 'SIGSEGV' } });
    expect(crashes[0]?.lastLines).toHaveLength(200);
    expect(crashes[0]?.lastLines.at(-1)?.line).toBe('line 300');

    const calm = shell('exec sleep 300', { onCrash: (crash) => void crashes.push(crash) });
    const before = crashes.filter(({ exit }) => exit.signal !== 'SIGSEGV').length;
    calm.start();
    await until(() => calm.status.state === 'running');
    await calm.stop();
    expect(crashes.filter(({ exit }) => exit.signal !== 'SIGSEGV')).toHaveLength(before);
  });

  it('separates output from notes about the process when its logger can', async () => {
    const said: string[] = [];
    const service = shell('echo hello; exit 3', {
      logger: {
        ...LOGGER,
        output: (name, line) => void said.push(`${name} wrote ${line}`),
        note: (name, severity, line) => void said.push(`${name} ${severity} ${line}`),
      },
    });
    service.start();
    await until(() => said.length >= 3);
    expect(said[0]).toMatch(/^test info started as pid \d+$/);
    // Its end may be seen before its last output is read.
    expect(said).toContain('test wrote hello');
    expect(said).toContainEqual(expect.stringMatching(/^test error exited with code 3 after/));
  });

  it('sets what the process inherits around the spawn', async () => {
    const service = shell('ulimit -c; exec sleep 300', {
      aroundSpawn: (spawn) => {
        const before = getRlimit('core');
        setRlimit('core', 4096 * 512, before.hard);
        try {
          return spawn();
        } finally {
          setRlimit('core', before.soft, before.hard);
        }
      },
    });
    const own = getRlimit('core');
    service.start();
    await until(() => service.log().length > 0);
    // dash counts in blocks of 512 bytes.
    expect(service.log()[0]?.line).toBe('4096');
    expect(getRlimit('core')).toEqual(own);
  });

  it('reports once that a process survives SIGKILL', { timeout: 60_000 }, async () => {
    const unkillable: number[] = [];
    let hasEnded = false;
    const service = shell('exec sleep 300', {
      onUnkillable: (pid, ended) => {
        unkillable.push(pid);
        void ended.then(() => {
          hasEnded = true;
        });
      },
    });
    service.start();
    await until(() => service.status.state === 'running');
    const pid = service.pid ?? 0;
    // As long as a tracer does not wait for it, a killed process is not reported to its parent.
    const tracer = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '--eval',
      `import { libc } from ${JSON.stringify(new URL('../linux/libc.ts', import.meta.url).href)};
       console.log(libc.syscall(${PTRACE}n, ${PTRACE_ATTACH}n, ${pid}n, 0n));
       setInterval(() => {}, 1000);`,
    ]);
    try {
      const [answer] = (await once(tracer.stdout, 'data')) as [Buffer];
      expect(answer.toString().trim()).toBe('0n');
      await service.abort('for the test');
      expect(unkillable).toEqual([pid]);
      const paused = service.pause('for the test');
      await sleep(8_000);
      expect(unkillable).toEqual([pid]);
      expect(hasEnded).toBe(false);
      tracer.kill('SIGKILL');
      await paused;
    } finally {
      tracer.kill('SIGKILL');
    }
    expect(hasEnded).toBe(true);
    expect(service.report().lastExit).toMatchObject({ signal: 'SIGKILL' });
  });
});
