/** Health, readiness and the way of a packet are made of codes: no wording changes them. */
import { expect, test } from 'vitest';
import { crowdedProvider } from '../../test/browser/crowded.ts';
import { makeBox, makeStatus, makeTrial, NOW } from '../../test/fixtures/status.ts';
import { reportHealth } from './health.ts';
import type { ApplianceStatus } from './mod.ts';

const since = NOW - 5_000;
const good = makeStatus();
const [fib] = good.fib;
if (fib === undefined) throw new Error('the fixture has a FIB');
const looping = {
  state: 'looping',
  since,
  nextTryAt: NOW,
  failures: 5,
  reason: 'exited with code 1',
} as const;

const STATUSES: Readonly<Record<string, ApplianceStatus>> = {
  'all is well': good,
  'nothing is': crowdedProvider().status(),
  'a trial': makeStatus({ box: makeBox({ update: makeTrial() }) }),
  'VPP loops': makeStatus({
    vpp: {
      ...good.vpp,
      process: looping,
      api: { state: 'disconnected', since, reason: 'its process ended' },
    },
    interfaces: good.interfaces.map((one) => ({
      ...one,
      state: { state: 'pending' as const, reason: 'VPP is not connected' },
    })),
  }),
  'a next hop that does not answer': makeStatus({
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
  }),
};

/** The same with each reason in other words. */
function reworded(status: ApplianceStatus): ApplianceStatus {
  return JSON.parse(JSON.stringify(status), (key, value: unknown) =>
    (key === 'reason' || key === 'message' || key === 'words') && typeof value === 'string' ? 'x' : value,
  ) as ApplianceStatus;
}

/** What machines read. Causes with the same words are said as one. */
function codesOf(status: ApplianceStatus) {
  const { level, ready, checks, sentences, paths } = reportHealth(status, NOW);
  const found = sentences.map((one) => `${one.part} ${one.level} ${one.code} ${one.ready}`);
  return {
    level,
    ready,
    checks: checks.map(({ name, ok }) => [name, ok]),
    findings: [...new Set(found)].sort(),
    paths: paths.map(({ steps, broken }) => [
      steps.map(({ state }) => state),
      broken && [broken.step, broken.code],
    ]),
  };
}

test.each(Object.entries(STATUSES))('rewording does not change health: %s', (_what, status) => {
  expect(codesOf(reworded(status))).toEqual(codesOf(status));
});
