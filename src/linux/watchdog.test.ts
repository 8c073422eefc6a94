import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClockState } from './clock-state.ts';
import { openWatchdog, WATCHDOG_IOCTL } from './watchdog.ts';

let dir: string;
let device: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-watchdog-'));
  device = join(dir, 'watchdog');
  writeFileSync(device, '');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('openWatchdog', () => {
  it('fails with a coded error when there is none', () => {
    expect(() => openWatchdog(join(dir, 'none'))).toThrow(/open\(.*none"\): ENOENT/);
  });

  it('feeds without the magic character, and closes with it, once', () => {
    const ioctl = {
      ...WATCHDOG_IOCTL,
      info: () => ({ options: 0x180, identity: 'test' }),
      bootStatus: () => 0x20,
    };
    const watchdog = openWatchdog(device, ioctl);
    expect(watchdog).toMatchObject({
      identity: 'test',
      hasMagicClose: true,
      bootStatus: { resetByWatchdog: true },
    });
    watchdog.feed();
    watchdog.feed();
    expect(readFileSync(device, 'utf8')).toMatch(/^[^V]{2}$/);
    watchdog.closeOrderly();
    watchdog.closeOrderly();
    expect(readFileSync(device, 'utf8')).toMatch(/^[^V]{2}V$/);
    expect(() => watchdog.feed()).toThrow(/EBADF/);
  });

  it('queries the driver: an ordinary file has no ioctls', () => {
    const watchdog = openWatchdog(device);
    expect(watchdog).toMatchObject({ identity: '', hasMagicClose: false, bootStatus: undefined });
    expect(() => watchdog.timeout()).toThrow(/WDIOC_GETTIMEOUT.*ENOTTY/);
    expect(() => watchdog.setTimeout(30)).toThrow(/WDIOC_SETTIMEOUT.*ENOTTY/);
    expect(() => watchdog.disable()).toThrow(/WDIOC_SETOPTIONS.*ENOTTY/);
    watchdog.closeOrderly();
  });
});

describe('readClockState', () => {
  it('reports whether the clock is synchronised, and how accurately', () => {
    const state = readClockState();
    expect(typeof state.synchronised).toBe('boolean');
    expect(state.maximumErrorSeconds).toBeGreaterThanOrEqual(0);
    expect(state.maximumErrorSeconds).toBeLessThan(100);
  });
});
