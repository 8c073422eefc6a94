import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxError } from '../linux/errors.ts';
import type { WatchdogIoctl } from '../linux/mod.ts';
import { Conditions } from '../log/conditions.ts';
import { Watchdog } from './watchdog.ts';

const MAGIC = 0x180;
const SETTABLE = 0x80;
const CARD_RESET = 0x20;
const EOPNOTSUPP = 95;

let dir: string;
let device: string;
let said: string[];
let conditions: Conditions;
let watchdogs: Watchdog[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-watchdog-'));
  device = join(dir, 'watchdog');
  mkdirSync(join(dir, 'class/watchdog/watchdog0'), { recursive: true });
  attribute('identity', 'i6300ESB timer');
  attribute('nowayout', '0');
  writeFileSync(device, '');
  said = [];
  watchdogs = [];
  conditions = new Conditions(logger);
});
afterEach(() => {
  for (const watchdog of watchdogs) watchdog.stop('halt');
  rmSync(dir, { recursive: true, force: true });
});

const logger = {
  info: (_subject: string, words: string) => void said.push(`info ${words}`),
  warning: (_subject: string, words: string) => void said.push(`warning ${words}`),
  error: (_subject: string, words: string) => void said.push(`error ${words}`),
};

function attribute(name: string, value: string): void {
  writeFileSync(join(dir, 'class/watchdog/watchdog0', name), `${value}\n`);
}

/** A driver as the kernel's: it holds a timeout of at most 600 s. */
class Driver implements WatchdogIoctl {
  options = MAGIC;
  seconds = 60;
  boot = 0;
  disabled = false;
  canDisable = true;
  info = () => ({ options: this.options, identity: 'driver' });
  bootStatus = () => this.boot;
  getTimeout = () => this.seconds;
  setTimeout = (fd: number, seconds: number): void => {
    if (seconds > 600) throw new LinuxError('ioctl(WDIOC_SETTIMEOUT)', 22, [fd, seconds]);
    this.seconds = seconds;
  };
  disable = (fd: number): void => {
    if (!this.canDisable) throw new LinuxError('ioctl(WDIOC_SETOPTIONS)', EOPNOTSUPP, [fd]);
    this.disabled = true;
  };
}

function make(driver: Driver, path = device): Watchdog {
  const watchdog = new Watchdog({ logger, conditions, path, sysfs: dir, ioctl: driver });
  watchdogs.push(watchdog);
  return watchdog;
}

const written = (): string => readFileSync(device, 'utf8');
const enabled = (timeoutSeconds: number) => ({ enabled: true, timeoutSeconds });

async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('timed out waiting for the condition');
    await sleep(10);
  }
}

describe('Watchdog', () => {
  it('reports at info level that the machine has none, and is armed once one appears', () => {
    const watchdog = make(new Driver(), join(dir, 'none'));
    expect(watchdog.arm()).toContain('this machine has no watchdog');
    expect(watchdog.status).toMatchObject({ state: 'off' });
    expect(conditions.list()).toMatchObject([{ severity: 'info', subject: 'watchdog' }]);
    writeFileSync(join(dir, 'none'), '');
    expect(watchdog.configure(enabled(20))).toContain('20 s');
    expect(watchdog.status).toMatchObject({ state: 'armed', timeoutSeconds: 20 });
    expect(conditions.list()).toEqual([]);
  });

  it('is armed with 30 s before the configuration is read, then with the configured timeout', () => {
    const driver = new Driver();
    const watchdog = make(driver);
    expect(watchdog.arm()).toBe('i6300ESB timer, 30 s');
    expect(driver.seconds).toBe(30);
    expect(written()).toBe('.');
    watchdog.configure(enabled(90));
    expect(driver.seconds).toBe(90);
    expect(watchdog.status).toMatchObject({ state: 'armed', identity: 'i6300ESB timer', nowayout: false });
    expect(watchdog.status).toHaveProperty('lastFedAt', expect.closeTo(Date.now(), -4));
  });

  it('keeps the timeout of a driver that refuses another one, and reports that', () => {
    const watchdog = make(new Driver());
    watchdog.configure(enabled(700));
    expect(watchdog.status).toMatchObject({ state: 'armed', timeoutSeconds: 60 });
    expect(said.join('\n')).toMatch(/cannot set a timeout of 700 s, 60 s stays in force: .*EINVAL/);
  });

  it('is fed by the event loop at a third of the timeout, while every gate is open', async () => {
    const watchdog = make(new Driver());
    watchdog.configure(enabled(0.06));
    await until(() => written().length > 5);
    let isHealthy = false;
    const gate = watchdog.feedOnlyWhile(() => isHealthy, 'VPP is unhealthy during a trial');
    await until(() => watchdog.status.state === 'starving');
    const length = written().length;
    expect(watchdog.status).toMatchObject({ reason: 'VPP is unhealthy during a trial' });
    await sleep(200);
    expect(written()).toHaveLength(length);
    expect(said.filter((line) => line.startsWith('error'))).toHaveLength(1);
    isHealthy = true;
    await until(() => watchdog.status.state === 'armed' && written().length > length);
    isHealthy = false;
    gate[Symbol.dispose]();
    const before = written().length;
    await until(() => written().length > before + 3);
    expect(written()).not.toContain('V');
  });

  it('is not fed by a blocked event loop', async () => {
    const watchdog = make(new Driver());
    watchdog.configure(enabled(0.06));
    await until(() => written().length > 2);
    const before = written().length;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(written()).toHaveLength(before);
  });

  it('reports that it ended the last boot', () => {
    const driver = new Driver();
    driver.boot = CARD_RESET;
    const watchdog = make(driver);
    watchdog.arm();
    expect(watchdog.status).toMatchObject({ lastBootResetByWatchdog: true });
    expect(conditions.list()).toMatchObject([
      { severity: 'warning', subject: 'last-boot', reason: 'the last boot was ended by the watchdog' },
    ]);
  });

  it('is stopped by magic close at a halt and a power-off, and stays armed at a restart', () => {
    const watchdog = make(new Driver());
    watchdog.arm();
    expect(watchdog.stop('restart')).toBe('left armed: a restart that hangs is reset after 30 s');
    expect(written()).toBe('..');
    expect(watchdog.status.state).toBe('armed');
    expect(watchdog.stop('power-off')).toBe('stopped: power-off (magic close)');
    expect(written()).toBe('..V');
    expect(watchdog.status).toEqual({ state: 'off', reason: 'power-off (magic close)' });
  });

  it('is stopped by WDIOS_DISABLECARD without magic close, else by closing', () => {
    const driver = new Driver();
    driver.options = SETTABLE;
    const watchdog = make(driver);
    watchdog.arm();
    expect(watchdog.stop('halt')).toContain('WDIOS_DISABLECARD');
    expect(driver.disabled).toBe(true);
    driver.canDisable = false;
    watchdog.arm();
    expect(watchdog.stop('halt')).toContain('(closed)');
  });

  it('reports that nowayout prevents stopping, and stays fed', () => {
    attribute('nowayout', '1');
    const watchdog = make(new Driver());
    expect(watchdog.arm()).toContain('nowayout');
    expect(watchdog.configure({ enabled: false, timeoutSeconds: 30 })).toContain(
      'cannot be stopped (nowayout)',
    );
    expect(watchdog.status.state).toBe('armed');
    expect(written()).not.toContain('V');
    attribute('nowayout', '0');
  });

  it('is disabled by the configuration, and enabled again', () => {
    const watchdog = make(new Driver());
    watchdog.arm();
    watchdog.configure({ enabled: false, timeoutSeconds: 30 });
    expect(watchdog.status).toMatchObject({ state: 'off' });
    expect(written()).toBe('.V');
    watchdog.configure(enabled(40));
    expect(watchdog.status).toMatchObject({ state: 'armed', timeoutSeconds: 40 });
  });

  const notSo = () => conditions.list().flatMap(({ leaf }) => leaf ?? []);

  it('reports settings not in force: another timeout, a busy device, one that cannot be stopped', () => {
    const watchdog = make(new Driver());
    watchdog.configure(enabled(700));
    expect(notSo()).toEqual(['watchdog.timeout']);
    expect(conditions.list()[0]?.reason).toBe('the device resets the machine after 60 s instead of 700 s');
    watchdog.configure(enabled(40));
    expect(notSo()).toEqual([]);
    attribute('nowayout', '1');
    watchdog.configure({ enabled: false, timeoutSeconds: 30 });
    expect(notSo()).toEqual(['watchdog.enabled']);
    watchdog.configure(enabled(40));
    expect(notSo()).toEqual([]);
    attribute('nowayout', '0');
    const busy = make(new Driver(), dir);
    busy.configure(enabled(40));
    expect(notSo()).toEqual(['watchdog.enabled']);
    const none = make(new Driver(), join(dir, 'none'));
    none.configure(enabled(40));
    expect(notSo()).toEqual([]);
  });
});
