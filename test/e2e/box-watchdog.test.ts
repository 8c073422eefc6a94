/**
 * The machine's watchdog (QEMU's i6300esb): it resets a box whose event loop stands still, and leaves alone one whose
 * event loop lives, whatever VPP does.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect } from 'vitest';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { runCommandLine } from './box-client.ts';
import { DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { TestGuest, whyNoGuest } from './harness.ts';
import { preparedBox } from './prepared-box.ts';
import { guestLine } from '../fixtures/console-lines.ts';
import { reliabilityCase } from './reliability.ts';
import { blocked, blockedImage } from './variants.ts';

const whyNoDisk = whyNoDiskGuest();
if (whyNoDisk !== undefined) process.stdout.write(`skipped: ${whyNoDisk}\n`);

const DEMO = readFileSync(resolve(import.meta.dirname, '../../image/demo.ini'), 'utf8');
const TIMEOUT_SECONDS = 5;
const WATCHDOG = `\n[watchdog]\ntimeout = ${TIMEOUT_SECONDS}\n`;
const always = true;
const kind = 'watchdog';

describe.skipIf(whyNoDisk !== undefined)('the watchdog resets', () => {
  reliabilityCase('a box whose event loop is blocked', { kind, always }, async () => {
    await using box = await DiskGuest.create({ image: await blockedImage(), ini: DEMO + WATCHDOG });
    const guest = await box.powerOn();
    // The last phase before the one that never ends; its watchdog has the timeout of the configuration by then.
    const still = await guestLine(guest, /phase logs \(.*\) done/, 240_000);
    const again = await guestLine(guest, /Linux version/, 240_000, guest.console.lines.at(-1));
    expect(guest.restarts).toBeGreaterThanOrEqual(1);
    // The second boot gets as far as the first one, and says what ended that.
    await guestLine(guest, /the last boot was ended by the watchdog/, 240_000);
    expect(guest.console.text()).not.toMatch(/Kernel panic|fatal:/);
    const seconds = (again.ms - still.ms) / 1000;
    return `the kernel started anew ${seconds.toFixed(1)} s after it stood still, with a timeout of ${TIMEOUT_SECONDS} s`;
  });

  reliabilityCase('an update whose event loop is blocked, which falls back', { kind }, async () => {
    const { box, password } = await preparedBox();
    await using _box = box;
    await box.powerOn();
    await box.until('the box is up', ({ box: own }) => own?.update.verdict?.state === 'good');
    const image = await blocked('0.2.0');
    const args = ['update', image.unified, '--wait', '--wait-timeout', '800'];
    const { code } = await runCommandLine(box, password, args);
    expect(code).toBe(1);
    const status = await box.until(
      'it runs a version that is good',
      ({ box: own }) => own?.update.verdict?.state === 'good',
    );
    const failure = status.box?.update.lastFailure;
    expect({ runs: status.box?.image, failed: failure?.version }).toEqual({ runs: '0.1.0', failed: '0.2.0' });
    return `version ${status.box?.image} runs; ${failure?.reason}`;
  });
});

const whyNot = whyNoGuest();

describe.skipIf(whyNot !== undefined)('the watchdog leaves alone', () => {
  /** Boots, brings VPP into a state, and watches for more than three timeouts that nothing resets the box. */
  async function staysUp(
    ini: string,
    provoke: (guest: TestGuest) => Promise<unknown>,
    isSo: (status: ApplianceStatus) => boolean,
  ): Promise<string> {
    // Without `restarts` a reset ends QEMU, and with it every wait.
    await using guest = await TestGuest.boot({ ini: ini + WATCHDOG });
    await provoke(guest);
    const first = await guest.until('VPP is as it should be', isSo);
    expect(first.box?.watchdog).toMatchObject({ state: 'armed', timeoutSeconds: TIMEOUT_SECONDS });
    const end = first.uptimeSeconds + 3 * TIMEOUT_SECONDS + 1;
    const states = new Set<string>();
    const feedings = new Set<number>();
    const last = await guest.until(`it is up for ${end.toFixed(0)} s`, (status) => {
      const watchdog = status.box?.watchdog;
      states.add(`${watchdog?.state}, VPP ${isSo(status) ? 'as it was' : JSON.stringify(status.vpp)}`);
      if (watchdog?.state === 'armed') feedings.add(watchdog.lastFedAt);
      return status.uptimeSeconds >= end;
    });
    expect([...states]).toEqual(['armed, VPP as it was']);
    expect(feedings.size).toBeGreaterThan(3);
    expect(guest.guest.exit).toBeUndefined();
    const seconds = last.uptimeSeconds - first.uptimeSeconds;
    return `VPP ${last.vpp.process.state}: the same boot ${seconds.toFixed(0)} s later, fed ${feedings.size} times`;
  }

  const connected = (guest: TestGuest) =>
    guest.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');

  reliabilityCase('a box whose VPP is missing', { kind, always }, async () => {
    const ini = DEMO.replace('enabled = true', 'enabled = true\nbinary = /usr/bin/no-vpp');
    return staysUp(
      ini,
      async () => {},
      ({ conditions, vpp }) =>
        vpp.api.state !== 'connected' &&
        conditions.some(({ subject, reason }) => subject === 'vpp' && reason.includes('/usr/bin/no-vpp')),
    );
  });

  reliabilityCase('a box whose VPP is in its backoff', { kind }, async () => {
    const ini = `${DEMO}\n[supervisor]\nbackoff-ms = 60000\nbackoff-max-ms = 60000\n`;
    return staysUp(
      ini,
      async (guest) => {
        await connected(guest);
        await guest.machine('kill');
      },
      ({ vpp }) => vpp.process.state === 'backoff',
    );
  });

  reliabilityCase('a box whose VPP is looping', { kind }, async () => {
    const ini = `${DEMO}
[supervisor]
backoff-ms = 100
backoff-max-ms = 400
loop-after = 2
stable-ms = 600000
loop-retry-ms = 600000
`;
    return staysUp(
      ini,
      async (guest) => {
        await connected(guest);
        await guest.machine('kill');
        await guest.until('it was started again', ({ vpp }) => vpp.restarts === 1);
        await connected(guest);
        await guest.machine('kill');
      },
      ({ vpp }) => vpp.process.state === 'looping',
    );
  });
});
