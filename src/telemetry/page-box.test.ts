/** What the page says of a box: versions, a configuration on probation, the machine's own parts. */
import { describe, expect, test } from 'vitest';
import type { ConfigChangeStatus } from '../live/status.ts';
import { reportHealth } from '../status/mod.ts';
import { checkNesting, makeModel, textOf } from '../../test/fixtures/page.ts';
import { renderPage } from './page.ts';
import { HOSTILE, makeBox, makeStatus, makeTrial, makeUpdate, NOW } from '../../test/fixtures/status.ts';
import type { ApplianceStatus, BoxStatus } from '../status/mod.ts';

function render(changes: Partial<ApplianceStatus>): string {
  const page = renderPage(makeModel(changes), { now: NOW, refresh: true });
  checkNesting(page);
  return page;
}

/** The text of one section by its id. */
function section(page: string, id: string): string {
  const found = new RegExp(`<section aria-labelledby="${id}">.*?</section>`, 's').exec(page);
  if (found === null) throw new Error(`there is no section ${id}`);
  return textOf(found[0]);
}

const ofBox = (changes: Partial<BoxStatus> = {}): string => section(render({ box: makeBox(changes) }), 'box');
const ofUpdate = (update: BoxStatus['update']): string =>
  section(render({ box: makeBox({ update }) }), 'update');
const ofConfig = (change: ConfigChangeStatus): string => section(render({ change }), 'config');

describe('versions', () => {
  test('a good one, its fallback, and what the next restart starts', () => {
    const text = ofUpdate(makeUpdate());
    expect(text).toContain('Image version 0.2.0 runs and is good');
    expect(text).toContain('This run counts as good since 2026-07-01T11:59:30Z');
    expect(text).toContain('Next restart version 0.2.0, the one that runs (appliance-0.2.0.efi)');
    expect(text).toContain('Last failed update none on record');
    expect(text).toContain('0.2.0 good runs now, starts next 80 MiB appliance-0.2.0.efi');
    expect(text).toContain('0.1.0 good 78 MiB appliance-0.1.0.efi');
    expect(text).not.toContain('What this run has to show');
  });

  test('one on trial: until when, and what it still has to show', () => {
    const text = ofUpdate(makeTrial());
    expect(text).toContain('warning : version 0.3.0 is on trial until 2026-07-01T12:03:20Z (in 3 min 20 s)');
    expect(text).toContain('management met reachable at 198.51.100.2');
    expect(text).toContain('vpp not met VPP is connected for 20 s, 60 s are needed');
    expect(text).toContain('0.3.0 on trial, 2 boots left runs now, starts next');
    expect(text).toContain('Not decided yet version 0.3.0, in place since 2026-07-01T11:58:00Z');
  });

  test('the one that failed last, and why', () => {
    const text = ofUpdate(makeTrial());
    const why = 'no verdict within 300 s: routes: 2 of 9 routes are programmed';
    expect(text).toContain(
      `Last failed update version 0.2.5 failed 1 d 0 h ago, at 2026-06-30T12:00:00Z: ${why}`,
    );
    expect(text).toContain(`0.2.5 failed: ${why} 78 MiB`);
    expect(text).toContain(`2026-06-30T12:00:00Z 0.2.5 0.2.0 failed ${why}`);
  });

  test('a fallback, a downgrade, and an image on its way', () => {
    const [first, second] = makeUpdate().entries;
    if (first === undefined || second === undefined) throw new Error('the fixture has two entries');
    const text = ofUpdate(
      makeUpdate({
        running: { version: '0.1.0', state: 'fallback' },
        entries: [
          { ...second, next: true },
          { ...first, state: 'aside', left: 0, next: false, running: false },
        ],
        receiving: { version: '0.4.0', receivedBytes: 10 << 20, sizeBytes: 80 << 20 },
      }),
    );
    expect(text).toContain('warning : version 0.1.0 runs although its boots are used up');
    expect(text).toContain('0.2.0 put aside for an older one');
    expect(text).toContain('Next restart version 0.1.0 (appliance-0.1.0.efi)');
    expect(text).toContain('Being received version 0.4.0, 10 MiB of 80 MiB');
  });
});

describe('the configuration', () => {
  const steps = [{ leaf: 'interface.xe0.mtu', words: '1500 → 9000 bytes', effect: 'live' }] as const;
  const restart = [{ leaf: 'vpp.cpu.workers', words: '1 → 2', effect: 'vpp-restart' }] as const;

  test('that waits for its confirmation says until when, and what it changes', () => {
    const text = ofConfig({
      state: 'waiting',
      confirmBefore: NOW + 90_000,
      plan: { steps, restart, parts: [] },
      pending: ['vpp.cpu.workers: 1 → 2 (needs a restart of VPP)'],
    });
    expect(text).toContain(
      'must be confirmed by 2026-07-01T12:01:30Z (in 1 min 30 s), or the previous one is restored',
    );
    expect(text).toContain('interface.xe0.mtu 1500 → 9000 bytes now');
    expect(text).toContain('vpp.cpu.workers 1 → 2 when VPP is restarted');
    expect(text).toContain('Not in force before a restart: vpp.cpu.workers: 1 → 2 (needs a restart of VPP)');
  });

  test('that was taken back says why', () => {
    const text = ofConfig({ state: 'reverted', at: NOW, reason: 'not confirmed within 90 s', pending: [] });
    expect(text).toContain('reverted at 2026-07-01T12:00:00Z: not confirmed within 90 s');
    expect(text).not.toContain('Not in force');
  });

  test('that is confirmed needs no words', () => {
    const without = section(render({}), 'config');
    expect(ofConfig({ state: 'confirmed', pending: [] })).toBe(without);
  });
});

describe('the box', () => {
  test('that is well', () => {
    const text = ofBox();
    expect(text).toContain('Boot device /dev/nvme0n1p1');
    expect(text).toContain('What it keeps kept on the data partition');
    expect(text).toContain(
      'Watchdog armed (iTCO_wdt), fed 4 s ago, resets the machine 30 s after it was fed last',
    );
    expect(text).toContain('Last boot not ended by the watchdog');
    expect(text).toContain('Last kernel panic none on record');
    expect(text).toContain(
      'cores 2-3 are kept free for 2 threads; 7 interrupts moved away, 2 cannot be moved',
    );
    expect(text).toContain('vpp_wk_0 on core 2, vpp_wk_1 on core 3');
    expect(text).toContain(
      'Time synchronised with 198.51.100.1 (from DHCP), off by about 0.4 ms, 21 ms at most',
    );
    expect(text).toContain('Crashes on record 0');
    expect(text).toContain('HTTPS certificate self-signed, valid until 2046-01-01T00:00:00Z');
    expect(text).toContain('Its SHA-256 AB:CD:EF');
    expect(text).not.toContain('warning');
  });

  const armed = { identity: '', timeoutSeconds: 30, lastFedAt: 0, nowayout: true } as const;
  const cores = { cores: '2', threads: [], movedInterrupts: 1, refusedInterrupts: 0, since: NOW } as const;
  const servers = { servers: ['192.0.2.9'], source: 'configuration' } as const;
  test.each<[Partial<BoxStatus>, string]>([
    [{ dataKept: false }, 'warning : not kept: there is no data partition'],
    [{ watchdog: { state: 'off', reason: 'none here' } }, 'Watchdog off: none here'],
    [{ watchdog: { state: 'armed', ...armed } }, 'armed, not fed yet'],
    [{ watchdog: { state: 'armed', ...armed } }, 'it cannot be stopped (nowayout)'],
    [{ watchdog: { state: 'armed', ...armed } }, 'the watchdog does not report whether it ended it'],
    [
      { watchdog: { state: 'armed', ...armed, lastBootResetByWatchdog: true } },
      'Last boot warning : ended by the watchdog',
    ],
    [
      { watchdog: { state: 'starving', ...armed, reason: 'process 7 survived SIGKILL', since: NOW } },
      'error : not fed since 2026-07-01T12:00:00Z, the machine is about to be reset: process 7 survived SIGKILL',
    ],
    [{ watchdog: { state: 'failed', ...armed, reason: 'EIO' } }, 'after it was fed last, but: EIO'],
    [{ lastPanic: 'Kernel panic: VFS' }, 'Last kernel panic Kernel panic: VFS'],
    [{ cpuIsolation: { state: 'off', reason: 'no workers' } }, 'Worker cores not kept free: no workers'],
    [{ cpuIsolation: { state: 'failed', reason: 'EPERM' } }, 'warning : could not be kept free: EPERM'],
    [
      { cpuIsolation: { state: 'active', ...cores, problems: ['bash is on core 2'] } },
      '1 interrupt moved away; deviations: bash is on core 2',
    ],
    [{ time: { state: 'off', reason: 'no server' } }, 'Time left alone: no server'],
    [
      { time: { state: 'unsynchronised', reason: 'no server has answered yet', ...servers } },
      'warning : not synchronised: no server has answered yet (asked: 192.0.2.9, from the configuration)',
    ],
    [
      {
        crashes: [{ at: NOW, service: 'vpp', reason: 'SIGSEGV', file: 'c.txt', core: 'core.7', bytes: 2048 }],
      },
      '2026-07-01T12:00:00Z vpp: SIGSEGV (c.txt and core.7, 2.0 KiB)',
    ],
    [
      { https: { fingerprint: 'AA', source: 'user', expiresAt: NOW - 1 } },
      'warning : your own, expired at 2026-07-01T11:59:59Z',
    ],
  ])('%o', (changes, words) => {
    expect(ofBox(changes)).toContain(words);
  });

  test('is not mentioned where nobody owns the machine', () => {
    const page = render({ mode: 'run' });
    expect(page).not.toMatch(/id="(box|update)"/);
    expect(textOf(page)).not.toMatch(/Image|data partition|SHA-256|Worker cores/);
  });
});

describe('health', () => {
  const now = (box: Partial<BoxStatus>) => reportHealth(makeStatus({ box: makeBox(box) }), NOW);

  test('is well on a box that is, and says which version runs', () => {
    const health = now({});
    expect(health.level).toBe('ok');
    expect(health.sentences.map(({ text }) => text)).toContain('Image: version 0.2.0 runs and is good');
  });

  test('warns of a trial and of an update that failed last', () => {
    const health = now({ update: makeTrial() });
    expect(health.level).toBe('warning');
    const warnings = health.sentences.filter(({ level }) => level === 'warning').map(({ text }) => text);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^Image: version 0\.3\.0 is on trial until .*; not met yet: vpp$/);
    expect(warnings[1]).toMatch(/^The last update: version 0\.2\.5 failed .*2 of 9 routes are programmed$/);
  });

  test('does not warn of a failure that a good update followed', () => {
    const { lastFailure, history } = makeTrial();
    if (lastFailure === undefined) throw new Error('the fixture has a failed update');
    expect(now({ update: makeUpdate({ lastFailure, history: history.toReversed() }) }).level).toBe('ok');
  });

  test('takes a trial that failed and a watchdog that starves for errors', () => {
    const verdict = { state: 'failed', at: NOW, reason: 'no routes', conditions: [] } as const;
    const failed = now({ update: { ...makeTrial(), verdict } });
    expect(failed.sentences[0]).toEqual({
      part: 'update',
      subject: 'update',
      code: 'trial-failed',
      ready: true,
      level: 'error',
      text: 'Image: version 0.3.0 failed its trial, the box restarts: no routes',
    });
    const watchdog = makeBox().watchdog;
    if (watchdog.state !== 'armed') throw new Error('the fixture has an armed watchdog');
    const starving = now({ watchdog: { ...watchdog, state: 'starving', reason: 'dead', since: NOW } });
    expect(starving.sentences[0]?.text).toMatch(/^Watchdog: not fed since .*: dead$/);
    expect(starving.level).toBe('error');
  });
});

test('the page stays whole, harmless and short whatever a box says', () => {
  const trial = makeTrial();
  const [entry] = trial.entries;
  if (entry === undefined) throw new Error('the fixture has entries');
  const many = <T>(one: T): T[] => Array.from({ length: 2000 }, () => one);
  const step = { leaf: HOSTILE, words: HOSTILE, effect: 'live' } as const;
  const page = render({
    change: {
      state: 'waiting',
      confirmBefore: Number.NaN,
      plan: { steps: many(step), restart: [], parts: [] },
      pending: many(HOSTILE),
    },
    box: makeBox({
      bootDevice: HOSTILE,
      lastPanic: HOSTILE,
      update: {
        ...trial,
        running: { version: HOSTILE, file: HOSTILE, state: 'trial' },
        entries: many({ ...entry, version: HOSTILE, file: HOSTILE, reason: HOSTILE }),
        history: many({ at: Number.NaN, version: HOSTILE, result: 'failed' as const, reason: HOSTILE }),
      },
      cpuIsolation: {
        state: 'active',
        cores: HOSTILE,
        threads: many({ tid: 1, name: HOSTILE, core: 1 }),
        movedInterrupts: 0,
        refusedInterrupts: 0,
        since: NOW,
        problems: [HOSTILE],
      },
      crashes: many({ at: NOW, service: HOSTILE, reason: HOSTILE, file: HOSTILE, bytes: 1 }),
      https: { fingerprint: HOSTILE, source: 'user', expiresAt: Number.NaN },
    }),
  });
  expect(page).not.toContain('<script');
  expect(page).not.toContain('\u001b');
  expect(textOf(page)).toContain('1,800 more changes in status');
  expect(page.length).toBeLessThan(250_000);
});
