import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceConfig } from '../config/types.ts';
import { createNamedNetns, deleteNamedNetns, NETNS_DIR, netnsIdentity } from '../linux/mod.ts';
import type { Service } from './service.ts';
import { Services } from './services.ts';

const SUPERVISOR = { backoffMs: 20, backoffMaxMs: 80, stableMs: 60_000, loopAfter: 3, loopRetryMs: 60_000 };
const LOGGER = { info() {}, warning() {}, error() {} };
const NETNS = `services-${process.pid}`;

let directory: string;
let services: Services;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'services-'));
  services = new Services({ logger: LOGGER });
});

afterEach(async () => {
  await services.stop();
  deleteNamedNetns(NETNS);
  rmSync(directory, { recursive: true });
});

function shell(name: string, script: string, more: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    name,
    command: ['/bin/sh', '-c', script],
    netns: undefined,
    vrf: undefined,
    restart: 'always',
    line: 1,
    ...more,
  };
}

const use = (...configs: ServiceConfig[]): Promise<void> =>
  services.use({ services: configs, supervisor: SUPERVISOR });

function named(name: string): Service {
  const found = services.list.find((service) => service.name === name);
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

async function until(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('timed out waiting for the condition');
    await sleep(10);
  }
}

const isRunning = (name: string): boolean => named(name).status.state === 'running';

describe('Services', () => {
  it('run in parallel, and follow the configuration: added, changed, removed', async () => {
    await use(shell('a', 'exec sleep 600'), shell('b', 'exec sleep 600'));
    await until(() => isRunning('a') && isRunning('b'));
    const pids = [named('a').pid, named('b').pid];
    await use(shell('b', 'exec sleep 601'), shell('a', 'exec sleep 600'), shell('c', 'exec sleep 600'));
    expect(services.list.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
    await until(() => isRunning('b') && isRunning('c'));
    expect(named('a').pid).toBe(pids[0]);
    expect(named('b').pid).not.toBe(pids[1]);
    expect(() => process.kill(pids[1] ?? 0, 0)).toThrow('ESRCH');
    await use();
    expect(services.list).toEqual([]);
    expect(() => process.kill(pids[0] ?? 0, 0)).toThrow('ESRCH');
  });

  it('are bound to a VRF by iproute2, which says what it lacks', async (ctx) => {
    if (spawnSync('ip', ['-V']).status !== 0) ctx.skip('iproute2 binds to VRFs');
    const lines: string[] = [];
    const logger = { ...LOGGER, info: (_service: string, line: string) => void lines.push(line) };
    await services.stop();
    services = new Services({ logger });
    await use(shell('a', 'exec sleep 600', { netns: NETNS, vrf: 'blue' }));
    // The namespace has no such device.
    await until(() => lines.some((line) => line.includes('blue')) || named('a').status.state === 'backoff');
    expect(named('a').status.state).not.toBe('running');
  });

  it('receive their arguments as written, without a shell', async () => {
    const file = join(directory, 'words');
    const script = `printf '%s|' "$@" > ${file}; exec sleep 600`;
    await use({ ...shell('a', script), command: ['/bin/sh', '-c', script, 'sh', 'two words', '$HOME', ''] });
    await until(() => isRunning('a'));
    await until(() => {
      try {
        return readFileSync(file, 'utf8') === 'two words|$HOME||';
      } catch {
        return false; // not written yet
      }
    });
  });

  it('run in their namespace, which is created when it does not exist', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('creating a network namespace needs root');
    await use(shell('a', 'exec sleep 600', { netns: NETNS }), shell('b', 'exec sleep 600'));
    await until(() => isRunning('a') && isRunning('b'));
    const own = readlinkSync('/proc/self/ns/net');
    expect(readlinkSync(`/proc/${named('b').pid}/ns/net`)).toBe(own);
    const there = readlinkSync(`/proc/${named('a').pid}/ns/net`);
    expect(there).not.toBe(own);
    expect(netnsIdentity(NETNS)).toContain(there.replace(/\D/g, ''));
    expect(createNamedNetns(NETNS)).toBe('existing');
  });

  it('report why they cannot start, and are retried', async () => {
    const program = join(directory, 'daemon');
    await use({ ...shell('a', ''), command: [program] });
    await until(() => named('a').status.state === 'looping');
    expect(named('a').status).toMatchObject({ reason: `no executable file ${program}` });
    writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    services.retryNow();
    await until(() => isRunning('a'));
  });

  it('report the reason when the name is not a namespace', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip(`writing into ${NETNS_DIR} needs root`);
    const name = `${NETNS}-file`;
    const path = `${NETNS_DIR}/${name}`;
    createNamedNetns(NETNS); // creates the directory
    writeFileSync(path, 'text');
    try {
      await use(shell('a', 'exec sleep 600', { netns: name }));
      await until(() => named('a').status.state === 'looping');
      expect(named('a').status).toMatchObject({ reason: expect.stringContaining(name) });
    } finally {
      rmSync(path);
    }
  });

  describe('are restarted', () => {
    it('always', async () => {
      await use(shell('a', 'exit 0'));
      await until(() => named('a').status.state === 'looping');
      expect(named('a').restarts).toBe(2);
    });

    it('on failure: not after exit code 0', async () => {
      await use(
        shell('good', 'exit 0', { restart: 'on-failure' }),
        shell('bad', 'exit 3', { restart: 'on-failure' }),
      );
      await until(() => named('bad').status.state === 'looping');
      expect(named('bad').restarts).toBe(2);
      expect(named('good').status).toMatchObject({
        state: 'stopped',
        reason: expect.stringMatching(
          /^exited with code 0 after .* s; not restarted \(restart = on-failure\)$/,
        ),
      });
      expect(named('good').restarts).toBe(0);
    });

    it('never, after any end', async () => {
      await use(shell('a', 'kill -KILL $$', { restart: 'never' }));
      await until(() => named('a').status.state === 'stopped' && named('a').report().lastExit !== undefined);
      expect(named('a').status).toMatchObject({ reason: expect.stringContaining('killed by SIGKILL') });
      await sleep(5 * SUPERVISOR.backoffMs);
      expect(named('a').restarts).toBe(0);
    });

    it('at once by a changed rule, if it would have restarted them', async () => {
      const script = `if [ -e ${directory}/again ]; then exec sleep 600; fi; touch ${directory}/again; exit 0`;
      await use(shell('a', script, { restart: 'never' }));
      await until(() => named('a').status.state === 'stopped' && named('a').report().lastExit !== undefined);
      await use(shell('a', script, { restart: 'on-failure' }));
      expect(named('a').status.state).toBe('stopped');
      await use(shell('a', script, { restart: 'always' }));
      await until(() => isRunning('a'));
      const { pid } = named('a');
      await use(shell('a', script, { restart: 'never' }));
      expect(named('a').pid).toBe(pid);
    });
  });

  it('are not started after a stop', async () => {
    await use(shell('a', 'exec sleep 600'));
    await until(() => isRunning('a'));
    expect(await services.stop()).toBe('a');
    expect(named('a').status).toMatchObject({ state: 'stopped', reason: 'the appliance is shutting down' });
    await expect(use(shell('b', 'exec sleep 600'))).rejects.toThrow('the appliance is shutting down');
  });
});
