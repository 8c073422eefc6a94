/** The way from the cable to the FIB, with each step broken in turn. */
import { describe, expect, test } from 'vitest';
import { reportHealth } from './health.ts';
import { assessPaths, PATH_STEPS, type PathStep } from './path.ts';
import { makeInterface, makeStatus, NOW } from '../../test/fixtures/status.ts';
import type { NicStatus } from '../dpdk/status.ts';
import type { FibBackendStatus } from '../fib/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';

const since = NOW - 5000;
const good = makeStatus();
const [nic, management] = good.nics as [NicStatus, NicStatus];
const [xe0] = good.interfaces;
const [fib] = good.fib as [FibBackendStatus];
if (xe0 === undefined) throw new Error('the fixture has an interface');

const withNic = (changes: Partial<NicStatus>): Partial<ApplianceStatus> => ({
  nics: [{ ...nic, ...changes }, management],
});
const withProcess = (process: ApplianceStatus['vpp']['process']): Partial<ApplianceStatus> => ({
  vpp: { ...good.vpp, process, api: { state: 'disconnected', since, reason: 'its process ended' } },
  interfaces: [
    makeInterface('xe0', {
      state: { state: 'pending', reason: 'VPP is not connected' },
      adminUp: false,
      link: 'unknown',
    }),
  ],
});
const kernelPlane: Partial<ApplianceStatus> = {
  nics: [
    {
      ...nic,
      driver: 'igc',
      link: 'up',
      use: { role: 'fallback', name: 'xe0', reason: 'the kernel forwards' },
    },
    management,
  ],
  interfaces: [makeInterface('xe0', { dataPlane: 'kernel', addresses: ['192.0.2.1/24'] })],
  fib: [
    { ...fib, programmed: 0, status: { state: 'waiting', since, reason: 'VPP is not connected' } },
    { ...fib, backend: 'kernel' },
  ],
};

/** The states of the steps in a row: `ok broken unknown …`. */
function statesOf(changes: Partial<ApplianceStatus>): string {
  const [path] = assessPaths(makeStatus(changes));
  return path?.steps.map(({ state }) => state).join(' ') ?? 'no path';
}

describe('the first broken step', () => {
  test('is none while all is well', () => {
    const [path, ...others] = assessPaths(good);
    expect(others).toEqual([]);
    expect(path?.steps.map(({ step }) => step)).toEqual([...PATH_STEPS]);
    expect(statesOf({})).toBe('ok ok ok ok ok ok ok ok not-needed');
    expect(path).not.toHaveProperty('broken');
  });

  const looping = {
    state: 'looping',
    since,
    nextTryAt: NOW,
    failures: 5,
    reason: 'exited with code 1',
  } as const;
  const degraded: FibBackendStatus = {
    ...fib,
    failed: 1,
    failures: [{ prefix: '203.0.113.0/24', code: 'failed', nextHops: [], reason: 'NO_SUCH_TABLE (-11)' }],
    status: { state: 'degraded', since, reason: '1 of 3 routes were refused' },
  };
  test.each<[string, Partial<ApplianceStatus>, PathStep['step'], PathStep['state'], RegExp, RegExp]>([
    [
      'no cable',
      { interfaces: [{ ...xe0, link: 'down' }] },
      'link',
      'broken',
      /no link at 0000:03:00\.0/,
      /cable/,
    ],
    [
      'no such NIC',
      withNic({ use: { role: 'missing', name: 'xe0', reason: 'no PCI device at 0000:03:00.0' } }),
      'driver',
      'broken',
      /no PCI device/,
      /PCI address/,
    ],
    [
      'no driver',
      { nics: [without(nic, 'driver'), management] },
      'driver',
      'broken',
      /no driver has/,
      /kernel/,
    ],
    [
      "the kernel's driver, under a running VPP",
      withNic({ driver: 'igc' }),
      'driver',
      'broken',
      /igc, not vfio-pci/,
      /log/,
    ],
    [
      'refused as management',
      withNic({
        driver: 'igc',
        use: { role: 'refused', name: 'xe0', code: 'management', reason: 'it is the management interface' },
      }),
      'driver',
      'broken',
      /management interface/,
      /vpp\.dpdk\.interface\.0000:03:00\.0/,
    ],
    [
      'no IOMMU',
      {
        nics: [
          without(
            {
              ...nic,
              driver: 'igc',
              use: { role: 'refused', name: 'xe0', code: 'no-iommu', reason: 'the kernel has no IOMMU' },
            },
            'iommuGroup',
          ),
        ],
      },
      'vfio',
      'broken',
      /no IOMMU/,
      /firmware/,
    ],
    [
      'a shared IOMMU group',
      withNic({
        groupMembers: ['0000:03:00.1'],
        use: { role: 'refused', name: 'xe0', code: 'group-shared', reason: 'its IOMMU group 12 is shared' },
      }),
      'vfio',
      'broken',
      /is shared/,
      /IOMMU group/,
    ],
    [
      'VPP loops before it had the NIC',
      withProcess(looping),
      'vpp',
      'broken',
      /exited with code 1/,
      /show log vpp/,
    ],
    [
      'VPP waits for its next start',
      withProcess({ ...looping, state: 'backoff' }),
      'vpp',
      'broken',
      /does not stay up/,
      /show log vpp/,
    ],
    [
      'VPP starts',
      withProcess({ state: 'starting', since }),
      'vpp',
      'waiting',
      /is starting/,
      /show log vpp/,
    ],
    [
      'VPP is stopped',
      withProcess({ state: 'stopped', since, reason: 'on request' }),
      'vpp',
      'broken',
      /on request/,
      /show log/,
    ],
    [
      'VPP speaks another API',
      {
        vpp: {
          ...good.vpp,
          api: { state: 'incompatible', since, reason: 'ip_route_add_del differs', messages: [] },
        },
      },
      'vpp',
      'broken',
      /ip_route_add_del differs/,
      /messages/,
    ],
    [
      'an external VPP that is not there',
      {
        vpp: {
          ...good.vpp,
          process: { state: 'external', reason: 'someone else runs it' },
          api: { state: 'connecting', since, attempt: 4, reason: 'ENOENT' },
        },
        nics: [],
      },
      'vpp',
      'broken',
      /no VPP answers: ENOENT/,
      /the owner of this VPP/,
    ],
    [
      'the kernel forwards because VPP loops',
      { ...kernelPlane, vpp: { ...good.vpp, process: looping } },
      'vpp',
      'broken',
      /exited with code 1/,
      /show log vpp/,
    ],
    [
      'VPP lacks the interface',
      {
        interfaces: [
          makeInterface('xe0', {
            state: { state: 'failed', reason: 'VPP has no interface of that name' },
            adminUp: false,
            link: 'unknown',
          }),
        ],
      },
      'interface',
      'broken',
      /no interface of that name/,
      /names/,
    ],
    [
      'not set up yet',
      { interfaces: [{ ...xe0, state: { state: 'pending', reason: 'not configured yet' } }] },
      'interface',
      'waiting',
      /not configured yet/,
      /log/,
    ],
    [
      'an address that VPP refuses',
      { interfaces: [{ ...xe0, state: { state: 'failed', reason: 'ADDRESS_IN_USE (-71)' } }] },
      'address',
      'broken',
      /ADDRESS_IN_USE/,
      /interface\.xe0/,
    ],
    [
      'a TAP that VPP refuses',
      {
        interfaces: [
          {
            ...xe0,
            hostInterface: { state: 'failed', reason: 'lcp_itf_pair_add_del_v2: FEATURE_DISABLED (-30)' },
          },
        ],
      },
      'tap',
      'broken',
      /no TAP in Linux: .*-30/,
      /vpp\.lcp.*plugins/,
    ],
    [
      'a TAP of a NIC that has no section of its own',
      {
        interfaces: [
          {
            ...xe0,
            state: { state: 'unconfigured' },
            adminUp: false,
            hostInterface: { state: 'failed', reason: 'no plugin' },
          },
        ],
      },
      'tap',
      'broken',
      /no plugin/,
      /vpp\.lcp/,
    ],
    [
      'a route that VPP refuses',
      { fib: [degraded] },
      'routes',
      'broken',
      /such as 203\.0\.113\.0\/24: NO_SUCH_TABLE/,
      /show fib/,
    ],
    [
      'a next hop that cannot be reached',
      {
        fib: [
          {
            ...fib,
            programmed: 2,
            unresolved: 1,
            failures: [
              {
                prefix: '203.0.113.0/24',
                code: 'unresolved',
                nextHops: ['192.0.2.254'],
                reason: '192.0.2.254: network is unreachable',
              },
            ],
          },
        ],
      },
      'next-hop',
      'broken',
      /203\.0\.113\.0\/24 waits for its next hop: 192\.0\.2\.254/,
      /answers/,
    ],
    [
      'routes under way',
      { fib: [{ ...fib, programmed: 1, pending: 2, status: { state: 'programming', since } }] },
      'routes',
      'waiting',
      /1 of 3 routes/,
      /show fib/,
    ],
  ])('%s', (_what, changes, step, state, text, look) => {
    const status = makeStatus(changes);
    const [path] = assessPaths(status);
    expect(path?.broken).toMatchObject({ step, state });
    expect(path?.broken?.text).toMatch(text);
    expect(path?.broken?.look).toMatch(look);
    // what comes before it is in order
    const before = path?.steps.slice(0, PATH_STEPS.indexOf(step)) ?? [];
    expect(before.filter((one) => one.state === 'broken')).toEqual([]);
    const health = reportHealth(status, NOW);
    expect(health.level).not.toBe('ok');
    expect(health.broken[0]).toMatchObject({ interfaces: ['xe0'], step: { step } });
    expect(reportHealth(status, NOW).ready).toBe(false);
  });
});

describe('what is not broken', () => {
  test.each<[string, Partial<ApplianceStatus>, string]>([
    [
      'a loopback needs no cable, NIC or VFIO',
      { nics: [], interfaces: [{ ...xe0, name: 'loop0' }], nextHops: [] },
      'not-needed not-needed not-needed ok ok ok not-needed ok not-needed',
    ],
    [
      'VPP disabled: the kernel forwards',
      {
        ...kernelPlane,
        vpp: { ...good.vpp, process: { state: 'disabled', reason: 'vpp.enabled is false' } },
      },
      'ok ok not-needed not-needed ok ok ok ok not-needed',
    ],
    [
      'an external VPP has its NICs from its owner',
      { nics: [], vpp: { ...good.vpp, process: { state: 'external', reason: 'someone else runs it' } } },
      'ok not-needed not-needed ok ok ok ok ok not-needed',
    ],
    [
      'shut down by the configuration',
      { interfaces: [{ ...xe0, adminUp: false, link: 'down' }], nextHops: [] },
      'unknown ok ok ok ok ok not-needed ok not-needed',
    ],
    [
      'a TAP',
      {
        interfaces: [{ ...xe0, hostInterface: { state: 'paired', name: 'xe0', netns: 'dataplane' } }],
      },
      'ok ok ok ok ok ok ok ok ok',
    ],
    [
      'a NIC that has no section of its own',
      { interfaces: [{ ...xe0, state: { state: 'unconfigured' }, adminUp: false }], nextHops: [] },
      'unknown ok ok ok ok ok not-needed ok not-needed',
    ],
    ['a NIC on uio', withNic({ driver: 'uio_pci_generic' }), 'ok ok not-needed ok ok ok ok ok not-needed'],
    [
      'a NIC that shares its driver',
      withNic({ driver: 'mlx5_core' }),
      'ok ok not-needed ok ok ok ok ok not-needed',
    ],
    [
      'set down in Linux, by whoever set its TAP down',
      { interfaces: [{ ...xe0, adminUp: false, link: 'down', isSetDownInLinux: true }], nextHops: [] },
      'unknown ok ok ok ok ok not-needed ok not-needed',
    ],
    [
      'no routes',
      { fib: [{ ...fib, desired: 0, programmed: 0, status: { state: 'waiting', since, reason: 'x' } }] },
      'ok ok ok ok ok ok ok not-needed not-needed',
    ],
  ])('%s', (_what, changes, states) => {
    expect(statesOf(changes)).toBe(states);
    const status = makeStatus(changes);
    expect(reportHealth(status, NOW).broken).toEqual([]);
    expect(reportHealth(status, NOW)).toMatchObject({ ready: true });
  });

  test('an interface that VPP lacks for want of its NIC is no cause of its own', () => {
    const states = statesOf({
      ...withNic({ use: { role: 'missing', name: 'xe0', reason: 'no PCI device' } }),
      interfaces: [
        makeInterface('xe0', {
          state: { state: 'failed', reason: 'VPP has no interface of that name' },
          adminUp: false,
          link: 'unknown',
        }),
      ],
    });
    expect(states).toBe('unknown broken unknown ok unknown unknown unknown ok unknown');
  });

  test('interfaces that VPP has and nobody configured have no path', () => {
    const local0 = makeInterface('local0', { state: { state: 'unconfigured' }, adminUp: false });
    expect(assessPaths(makeStatus({ nics: [], interfaces: [local0] }))).toEqual([]);
  });
});

describe('health', () => {
  test('warns of a VPP that does not answer, before it counts as hung', () => {
    const api = { state: 'connected', since, vpePid: 77, silentSince: NOW - 5_000 } as const;
    const health = reportHealth(makeStatus({ vpp: { ...good.vpp, api } }), NOW);
    expect(health.sentences[0]).toMatchObject({
      level: 'warning',
      text: expect.stringMatching(/^VPP .* is running .* and connected, no answer for 5 s$/),
    });
  });

  test('is not ready while a worker of VPP stands still', () => {
    const stats = { state: 'fresh', since, ageSeconds: 1, stalledWorkers: ['vpp_wk_1'] } as const;
    expect(reportHealth(makeStatus({ stats }), NOW)).toMatchObject({
      ready: false,
      checks: expect.arrayContaining([
        { name: 'vpp', ok: false, reason: "VPP's worker vpp_wk_1 stands still" },
      ]),
    });
  });

  test('says one cause once, whatever it holds up, and what is broken before what is under way', () => {
    const status = makeStatus({
      nics: [],
      interfaces: [
        makeInterface('loop0', { state: { state: 'pending', reason: 'not configured yet' } }),
        makeInterface('xe0', { link: 'down' }),
        makeInterface('xe1', { link: 'down' }),
      ],
    });
    const { broken, sentences } = reportHealth(status, NOW);
    expect(broken.map(({ interfaces, step }) => [interfaces.join(), step.step])).toEqual([
      ['xe0,xe1', 'link'],
      ['loop0', 'interface'],
    ]);
    expect(sentences).toContainEqual({
      part: 'interfaces',
      subject: 'xe0 xe1',
      code: 'no-link',
      level: 'warning',
      ready: false,
      text: 'xe0, xe1: no link',
    });
  });

  test('names a next hop that nothing leads to', () => {
    const nextHops = [
      { address: '10.9.9.9', routes: 2, example: '10.0.0.0/8', reach: { kind: 'none' } },
    ] as const;
    expect(reportHealth(makeStatus({ nextHops }), NOW).sentences[0]).toEqual({
      part: 'routes',
      subject: '10.9.9.9',
      code: 'next-hop-unreachable',
      ready: true,
      level: 'warning',
      text: 'Next hop 10.9.9.9 of 10.0.0.0/8 and 1 other route is in no network of an interface, and no other route leads to it',
    });
  });

  test('is not ready while booting, and says why', () => {
    const { ready, checks } = reportHealth(
      makeStatus({ boot: { phases: [{ name: 'http', state: 'running', startedMs: 3 }] } }),
      NOW,
    );
    expect(ready).toBe(false);
    expect(checks[0]).toEqual({ name: 'boot', ok: false, reason: 'Still booting: phase http' });
  });
});

/** Without a field that is there only when it is known. */
function without(one: NicStatus, key: keyof NicStatus): NicStatus {
  const { [key]: _, ...rest } = one;
  return rest as NicStatus;
}
