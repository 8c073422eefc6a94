import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conditions } from '../log/conditions.ts';
import { isDhcpEvent, readDhcpEnvironment, readDhcpEvent, runDhcpEvent } from '../dhcp/mod.ts';
import { collectModaliases } from '../machine/hardware-modules.ts';
import { Phases } from './phases.ts';
import { findPowerButtons, hasKey } from '../machine/power-button.ts';
import { runSteps } from '../machine/shutdown.ts';

let dir: string;
const LOGGER = { info() {}, warning() {}, error() {} };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-init-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('power buttons', () => {
  it('are input devices whose bitmap has KEY_POWER', () => {
    // KEY_POWER is 116: bit 52 of the second word.
    expect(hasKey('10000000000000 0', 116)).toBe(true);
    expect(hasKey('10000000000000', 116)).toBe(false);
    expect(hasKey('', 116)).toBe(false);
    const input = join(dir, 'class/input');
    for (const [name, keys] of [
      ['event0', '10000000000000 0'],
      ['event1', '0'],
      ['mouse0', '10000000000000 0'],
    ] as const) {
      mkdirSync(join(input, name, 'device/capabilities'), { recursive: true });
      writeFileSync(join(input, name, 'device/capabilities/key'), `${keys}\n`);
    }
    expect(findPowerButtons(dir)).toEqual(['/dev/input/event0']);
  });
});

describe('modaliases', () => {
  it('are collected from the whole tree without following links', () => {
    mkdirSync(join(dir, 'pci0000:00/0000:00:01.0'), { recursive: true });
    writeFileSync(join(dir, 'pci0000:00/0000:00:01.0/modalias'), 'pci:v00001AF4\n');
    writeFileSync(join(dir, 'pci0000:00/modalias'), '\n');
    symlinkSync('..', join(dir, 'pci0000:00/0000:00:01.0/subsystem'));
    expect([...collectModaliases(dir)]).toEqual(['pci:v00001AF4']);
  });
});

describe('a DHCP event', () => {
  const env = {
    APPLIANCE_DHCP_LEASE_FILE: '/x',
    interface: 'eth0',
    ip: '10.0.2.15',
    mask: '24',
    router: '10.0.2.2 10.0.2.3',
    dns: '10.0.2.3 bogus',
    lease: '86400',
    serverid: '10.0.2.2',
  };

  it('needs the client’s event and the lease file in the environment', () => {
    expect(isDhcpEvent('bound', env)).toBe(true);
    expect(isDhcpEvent('bound', {})).toBe(false);
    expect(isDhcpEvent('check', env)).toBe(false);
  });

  it('carries the lease from the environment to the file that PID 1 reads', () => {
    const file = join(dir, 'eth0.json');
    expect(readDhcpEvent(file)).toBeUndefined();
    runDhcpEvent('bound', { ...env, APPLIANCE_DHCP_LEASE_FILE: file });
    const event = readDhcpEvent(file);
    expect(event).toMatchObject({
      event: 'bound',
      lease: { interface: 'eth0', address: '10.0.2.15', length: 24, gateway: '10.0.2.2', dns: ['10.0.2.3'] },
    });
  });

  it('is refused when the server sends invalid values', () => {
    expect(() => readDhcpEnvironment('bound', { ...env, ip: '300.1.1.1' })).toThrow('300.1.1.1');
    expect(() => readDhcpEnvironment('bound', { ...env, mask: '99' })).toThrow('"99"');
  });
});

describe('phases', () => {
  it('run in order, are timed, and continue after a failed one', async () => {
    const phases = new Phases(LOGGER);
    await phases.run([
      { name: 'one', run: () => 'detail' },
      { name: 'two', run: () => Promise.reject(new Error('no such disk')) },
    ]);
    expect(phases.totalMs).toBeUndefined();
    await phases.run([{ name: 'three', run: () => {} }]);
    phases.finish();
    expect(phases.report).toMatchObject([
      { name: 'one', state: 'done', detail: 'detail' },
      { name: 'two', state: 'failed', reason: 'no such disk' },
      { name: 'three', state: 'done' },
    ]);
    expect(phases.totalMs).toBeGreaterThan(0);
  });
});

describe('shutdown steps', () => {
  it('continue after one that hangs and one that fails', async () => {
    const said: string[] = [];
    const log = (_subject: string, message: string): void => void said.push(message);
    await runSteps(
      [
        { name: 'hangs', timeoutMs: 30, run: () => new Promise(() => {}) },
        { name: 'fails', timeoutMs: 30, run: () => Promise.reject(new Error('busy')) },
        { name: 'works', timeoutMs: 30, run: () => 'well' },
      ],
      { info: log, warning: log, error: log },
    );
    expect(said[0]).toBe('hangs: not done within 30 ms, continuing');
    expect(said[1]).toBe('fails: busy');
    expect(said[2]).toMatch(/^works done in \d+ ms: well$/);
  });
});

describe('conditions', () => {
  it('keep their start time, are one per subject, and list errors first', () => {
    const conditions = new Conditions(LOGGER);
    conditions.set('warning', 'a', 'low');
    conditions.set('error', 'b', 'broken');
    const since = conditions.list().find(({ subject }) => subject === 'a')?.since;
    conditions.set('warning', 'a', 'low');
    expect(conditions.list().map(({ subject }) => subject)).toEqual(['b', 'a']);
    expect(conditions.list()[1]?.since).toBe(since);
    conditions.clear('b');
    expect(conditions.list()).toHaveLength(1);
  });
});
