import { describe, expect, it } from 'vitest';
import { assess, type AssessOptions, evidenceOf, type TrialSnapshot } from './conditions.ts';
import type { Evidence } from './evidence.ts';
import { parseEvidence } from './evidence.ts';

const settings = {
  confirmTimeoutSeconds: 120,
  trialStableSeconds: 60,
  trialTimeoutSeconds: 300,
  routeTolerancePercent: 10,
  minimumVersion: undefined,
  allowOlderBuilds: true,
};
const well: TrialSnapshot = {
  config: { state: 'ok', sha256: 'aa' },
  management: { state: 'ready', addresses: ['192.0.2.9/24'] },
  http: { listening: true },
  vpp: { state: 'connected', life: '7' },
  routes: { wanted: 100, programmed: 100, pending: 0 },
  links: [
    { name: 'wan', up: true },
    { name: 'lan', up: true },
  ],
};
const evidence: Evidence = { ...evidenceOf(well, '0.1.0', 1), routes: 100 };

function missing(change: Partial<TrialSnapshot>, options: Partial<AssessOptions> = {}): string[] {
  const snapshot = { ...well, ...change };
  return assess({ snapshot, evidence, settings, onTrial: true, stableMs: 60_000, ...options })
    .filter(({ ok }) => !ok)
    .map(({ name, words }) => `${name}: ${words}`);
}

describe('the conditions of a verdict', () => {
  it('hold for a run like the last one', () => {
    expect(missing({})).toEqual([]);
  });

  it('require the configuration in force', () => {
    expect(missing({ config: { state: 'rejected', reason: '2 mistakes', sha256: 'aa' } })).toEqual([
      'configuration: the configuration is rejected: 2 mistakes',
    ]);
    expect(missing({ config: { state: 'missing', sha256: 'aa' } })).toHaveLength(1);
  });

  it('require reachable management', () => {
    expect(missing({ http: { listening: false, reason: 'EADDRINUSE' } })).toEqual([
      'management: HTTP is not listening: EADDRINUSE',
    ]);
    expect(missing({ management: { state: 'waiting', reason: 'no lease' } })).toEqual([
      'management: management has no address: no lease',
    ]);
    expect(missing({ management: { state: 'ready', addresses: [] } })).toHaveLength(1);
  });

  it('accept a box without management only where it had none before', () => {
    const none = { management: { state: 'none', reason: 'no interface is left' } } as const;
    expect(missing(none)).toHaveLength(1);
    expect(missing(none, { evidence: { ...evidence, management: false } })).toEqual([]);
    expect(missing(none, { evidence: undefined, onTrial: false })).toEqual([]);
    expect(missing(none, { evidence: undefined, onTrial: true })).toHaveLength(1);
  });

  it('require VPP connected and stable, or disabled', () => {
    expect(missing({ vpp: { state: 'down', reason: 'it is looping: exited with code 1' } })).toEqual([
      'vpp: VPP is not connected: it is looping: exited with code 1',
    ]);
    expect(missing({}, { stableMs: 59_999 })).toEqual(['vpp: VPP is connected for 59 s, 60 s are needed']);
    expect(missing({ vpp: { state: 'disabled' } })).toEqual([]);
  });

  it('require as many routes as the last good run had, within the tolerance', () => {
    expect(missing({ routes: { wanted: 100, programmed: 90, pending: 0 } })).toEqual([]);
    expect(missing({ routes: { wanted: 89, programmed: 89, pending: 0 } })).toEqual([
      'routes: 89 of 89 routes are programmed, at least 90 are needed: the last good run had 100',
    ]);
  });

  it('with another configuration require the routes that it has', () => {
    const config = { state: 'ok', sha256: 'bb' } as const;
    expect(missing({ config, routes: { wanted: 10, programmed: 9, pending: 0 } })).toEqual([]);
    expect(missing({ config, routes: { wanted: 10, programmed: 8, pending: 0 } })).toEqual([
      'routes: 8 of 10 routes are programmed, at least 9 are needed: the changed configuration has 10',
    ]);
  });

  it('require the links that were up in the last good run', () => {
    expect(missing({ links: [{ name: 'wan', up: true }] })).toEqual([
      'links: down, but up in the last good run: lan',
    ]);
    const lanDown = [
      { name: 'wan', up: true },
      { name: 'lan', up: false },
    ];
    expect(missing({ links: lanDown })).toHaveLength(1);
    expect(missing({ links: lanDown }, { evidence: { ...evidence, links: ['wan'] } })).toEqual([]);
  });

  it('with another configuration require only the links that it still has', () => {
    const config = { state: 'ok', sha256: 'bb' } as const;
    const routes = { wanted: 0, programmed: 0, pending: 0 };
    expect(missing({ config, routes, links: [{ name: 'wan', up: true }] })).toEqual([]);
    expect(missing({ config, routes, links: [{ name: 'lan', up: false }] })).toHaveLength(1);
  });

  it('without an earlier run require no routes and no links', () => {
    expect(
      missing({ routes: { wanted: 9, programmed: 0, pending: 0 }, links: [] }, { evidence: undefined }),
    ).toEqual([]);
    expect(
      missing({ routes: { wanted: 9, programmed: 0, pending: 9 }, links: [] }, { evidence: undefined }),
    ).toEqual(['routes: 0 of 9 routes are programmed, 9 are pending']);
  });
});

describe('evidence', () => {
  it('contains the reference for the next run, and survives JSON', () => {
    const made = evidenceOf({ ...well, links: [...well.links, { name: 'x', up: false }] }, '0.2.0', 5);
    expect(made).toEqual({
      version: '0.2.0',
      at: 5,
      configSha256: 'aa',
      routes: 100,
      links: ['wan', 'lan'],
      management: true,
    });
    expect(parseEvidence(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });

  it.each([undefined, null, {}, { ...evidence, routes: '1' }, { ...evidence, links: 'wan' }])(
    '%j is not evidence',
    (value) => expect(parseEvidence(value)).toBeUndefined(),
  );
});
