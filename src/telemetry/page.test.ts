import { describe, expect, test } from 'vitest';
import { escapeHtml, html } from './html.ts';
import { checkNesting, makeModel, textOf } from '../../test/fixtures/page.ts';
import { renderPage } from './page.ts';
import { HOSTILE, makeInterface, makeStatus, NOW } from '../../test/fixtures/status.ts';
import { type ApplianceStatus, reportHealth } from '../status/mod.ts';

function render(changes: Partial<ApplianceStatus> = {}): string {
  return renderPage(makeModel(changes), { now: NOW, refresh: true });
}

describe('html', () => {
  test('escapes values and leaves markup', () => {
    expect(html`<p title="${'"'}">${'<b>'} ${3} ${html`<i>x</i>`} ${[html`1`, html`2`]}</p>`.text).toBe(
      '<p title="&quot;">&lt;b&gt; 3 <i>x</i> 12</p>',
    );
    expect(escapeHtml(`&<>"'\u0000\u001b\n`)).toBe('&amp;&lt;&gt;&quot;&#39;\uFFFD\uFFFD\n');
  });
});

describe('the page', () => {
  test('says what there is to say about a healthy appliance', () => {
    const page = render({
      interfaces: [makeInterface('xe0', { addresses: ['192.0.2.1/24'] })],
    });
    checkNesting(page);
    const text = textOf(page);
    expect(text).toContain('Everything is well');
    expect(text).toContain('VPP 25.02-release is running for 1 min 0 s (pid 77) and connected');
    expect(text).toContain('killed by SIGSEGV after 30 s');
    expect(text).toContain('vlib_plugin_early_init');
    expect(text).toContain('192.0.2.1/24');
    expect(text).toContain('1.25 Gbit/s 150 kpps');
    expect(text).toContain('12 pps');
    expect(text).toContain('[vpp.dpdk.interface.0000:03:00.0] name = xe0');
    expect(text).toContain('management (enp4s0)');
    expect(text).toContain('Took 140 ms from the first own line');
    expect(text).toContain('there is no /dev/watchdog');
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
    expect(page).not.toMatch(/<script|style="|onclick|https?:\/\//);
  });

  test('shows each mistake in the configuration with its line', () => {
    const text = textOf(
      render({
        config: {
          state: 'rejected',
          source: 'default',
          path: '/boot/appliance.ini',
          reason: '1 error',
          problems: [
            { severity: 'error', line: 12, leaf: 'vpp.cpu.workers', message: '"many" is not a number' },
          ],
        },
      }),
    );
    expect(text).toContain('Something is wrong');
    expect(text).toContain('Configuration refused, the defaults are in use: 1 error');
    expect(text).toMatch(/12 error vpp\.cpu\.workers "many" is not a number/);
  });

  test('shows a route that VPP refuses with its reason', () => {
    const text = textOf(
      render({
        fib: [
          {
            backend: 'vpp',
            status: { state: 'degraded', since: NOW, reason: 'VPP refuses some routes' },
            desired: 2,
            programmed: 1,
            pending: 0,
            failed: 1,
            unresolved: 0,
            families: [],
            batches: 1,
            isReplaying: false,
            failures: [
              { prefix: '203.0.113.0/24', code: 'failed', nextHops: [], reason: 'NO_SUCH_TABLE (-11)' },
            ],
            nextHopsLeftOut: 0,
            leftOut: [],
          },
        ],
      }),
    );
    expect(text).toContain('1 route of 2 programmed, 1 failed, such as 203.0.113.0/24: NO_SUCH_TABLE (-11)');
  });

  test('shows a next hop that routes do without, with its reason', () => {
    const fib = makeStatus().fib.map((one) => ({
      ...one,
      nextHopsLeftOut: 2,
      leftOut: [{ 'next-hop': '198.51.100.3%xe1', reason: 'VPP has no interface xe1' }],
    }));
    const text = textOf(render({ fib }));
    const words = 'without 2 next hops, such as 198.51.100.3%xe1: VPP has no interface xe1';
    expect(text).toContain(`3 routes of 3 programmed, ${words}`);
    expect(text).toContain('Next hops that routes do without');
  });

  test('shows what is learnt from daemons, and what of it is not taken', () => {
    const first = [
      { prefix: '10.0.0.0/8', reason: 'link-not-in-vpp' as const, detail: 'wg0' },
      { prefix: '2001:db8::/32', table: 100, reason: 'encapsulated' as const, detail: 'seg6' },
    ];
    const byReason = { 'link-not-in-vpp': 1, encapsulated: 1 };
    const notTaken = { routes: 2, byReason, first };
    const kernelImport = { state: 'following' as const, since: NOW, routes: 12, readings: 1, notTaken };
    const text = textOf(render({ kernelImport }));
    expect(text).toContain(
      '2 routes of routing daemons are not taken over, such as 10.0.0.0/8: wg0 is the TAP',
    );
    expect(text).toContain('Routes of routing daemons');
    expect(text).toContain('12 routes, 2 not taken over');
    expect(text).toMatch(/2001:db8::\/32 in table 100 ?: it puts packets into a tunnel \(seg6\)/);
    expect(textOf(render({}))).not.toContain('Routes of routing daemons');
  });

  test('stays whole and harmless whatever its texts are', () => {
    const config = {
      state: 'missing' as const,
      source: 'default' as const,
      path: HOSTILE,
      reason: HOSTILE,
      problems: [{ severity: 'error' as const, line: 1, leaf: HOSTILE, message: HOSTILE }],
    };
    const status = makeStatus();
    const page = render({
      hostname: HOSTILE,
      version: HOSTILE,
      config,
      conditions: [{ severity: 'error', subject: HOSTILE, reason: HOSTILE, since: Number.POSITIVE_INFINITY }],
      services: status.services.map((service) => ({
        ...service,
        name: HOSTILE,
        lastOutput: [{ at: NOW, line: HOSTILE }],
      })),
      nics: status.nics.map((nic) => ({ ...nic, mac: HOSTILE, driver: HOSTILE, iniLine: HOSTILE })),
      interfaces: [makeInterface(HOSTILE, { state: { state: 'failed', reason: HOSTILE } })],
      vpp: { ...status.vpp, version: HOSTILE },
    });
    checkNesting(page);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u001b');
  });

  test('is bounded with a thousand interfaces and a flood of output', () => {
    const page = render({
      interfaces: Array.from({ length: 1000 }, (_, i) => makeInterface(`loop${i}`)),
      conditions: Array.from({ length: 5000 }, (_, i) => ({
        severity: 'info' as const,
        subject: `s${i}`,
        reason: 'r',
        since: NOW,
      })),
    });
    checkNesting(page);
    expect(textOf(page)).toContain('900 more interfaces');
    expect(page.length).toBeLessThan(400_000);
  });

  test('can be left standing still', () => {
    expect(renderPage(makeModel(), { now: NOW, refresh: false })).not.toContain('http-equiv');
  });
});

test('the page says what Linux made of an interface', () => {
  const one = makeInterface('xe0', { adminUp: false, isSetDownInLinux: true, tableId: 100 });
  const text = textOf(render({ interfaces: [one] }));
  expect(text).toContain('set down in Linux');
  expect(text).toContain('table 100');
});

describe('health', () => {
  const since = NOW - 5000;
  const vpp = makeStatus().vpp;
  test.each<[string, Partial<ApplianceStatus>, string, string]>([
    ['all is well', {}, 'ok', 'Up for 2 min 5 s'],
    [
      'VPP loops',
      {
        vpp: {
          ...vpp,
          process: {
            state: 'looping',
            since,
            nextTryAt: NOW + 200_000,
            failures: 5,
            reason: 'exited with code 1 after 0.2 s',
          },
        },
      },
      'error',
      'VPP keeps failing (5 times in a row), next try in 3 min 20 s: exited with code 1 after 0.2 s',
    ],
    [
      'VPP runs, not connected',
      { vpp: { ...vpp, api: { state: 'connecting', since, attempt: 3, reason: 'ENOENT' } } },
      'warning',
      'VPP 25.02-release is running for 1 min 0 s (pid 77), connecting (attempt 3): ENOENT',
    ],
    [
      'VPP is another version',
      {
        vpp: {
          ...vpp,
          api: { state: 'incompatible', since, reason: 'ip_route_add_del differs', messages: [] },
        },
      },
      'error',
      'VPP 25.02-release is of another version than this program needs: ip_route_add_del differs',
    ],
    [
      'no hugepages',
      {
        hugepages: [
          {
            state: 'short',
            pageSizeBytes: 2 << 20,
            requested: 8,
            allocated: 3,
            reason: 'memory is fragmented',
          },
        ],
      },
      'error',
      'Hugepages: 3 of 8 allocated: memory is fragmented',
    ],
    [
      'link down',
      { interfaces: [makeInterface('xe0', { link: 'down' })] },
      'warning',
      'xe0: no link at 0000:03:00.0',
    ],
    [
      'a condition',
      {
        conditions: [{ severity: 'warning', subject: 'machine', reason: 'has 2 cores, 4 are needed', since }],
      },
      'warning',
      'machine: has 2 cores, 4 are needed',
    ],
    [
      'old counters',
      {
        stats: { state: 'stale', since, ageSeconds: 44, reason: 'VPP has not updated its counters for 44 s' },
      },
      'warning',
      "VPP's counters are old: VPP has not updated its counters for 44 s",
    ],
    [
      'a phase failed',
      { boot: { phases: [{ name: 'mounts', state: 'failed', startedMs: 0, ms: 3, reason: 'EPERM' }] } },
      'error',
      'Boot: 1 phase failed (mounts: EPERM)',
    ],
  ])('%s', (_what, changes, level, sentence) => {
    const health = reportHealth(makeStatus(changes), NOW);
    expect(health.level).toBe(level);
    expect(health.sentences).toContainEqual(expect.objectContaining({ level, text: sentence }));
    expect(health.sentences[0]?.level).toBe(level);
  });
});
