import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrialSnapshot } from './conditions.ts';
import type { Evidence } from './evidence.ts';
import { armTrialDeadline } from './trial-deadline.ts';
import { VerdictWatch } from './verdict.ts';

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
  routes: { wanted: 1, programmed: 1, pending: 0 },
  links: [],
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(snapshot: () => TrialSnapshot) {
  const good: Evidence[] = [];
  const watch = new VerdictWatch({
    version: '0.2.0',
    onTrial: true,
    evidence: undefined,
    settings: () => settings,
    snapshot,
    onGood: (evidence) => good.push(evidence),
  });
  watch.start();
  return { watch, good };
}

describe('the verdict', () => {
  it('is reached when all conditions hold and VPP has been stable', () => {
    const { watch: one, good } = watch(() => well);
    vi.advanceTimersByTime(59_000);
    expect(one.verdict.state).toBe('waiting');
    vi.advanceTimersByTime(2_000);
    expect(one.verdict.state).toBe('good');
    expect(good).toHaveLength(1);
    expect(good[0]).toMatchObject({ version: '0.2.0', configSha256: 'aa', routes: 1 });
    vi.advanceTimersByTime(100_000);
    expect(good).toHaveLength(1);
  });

  it('restarts the stable time with each life of VPP', () => {
    let life = 1;
    const { watch: one } = watch(() => ({ ...well, vpp: { state: 'connected', life: `${life}` } }));
    vi.advanceTimersByTime(50_000);
    life = 2;
    vi.advanceTimersByTime(50_000);
    expect(one.verdict.state).toBe('waiting');
    vi.advanceTimersByTime(12_000);
    expect(one.verdict.state).toBe('good');
  });

  it('is not affected by a jump of the wall clock', () => {
    const { watch: one } = watch(() => well);
    vi.advanceTimersByTime(5_000);
    vi.setSystemTime(Date.now() + 1_000_000_000);
    vi.advanceTimersByTime(5_000);
    expect(one.verdict.state).toBe('waiting');
  });

  it('names what is missing at the deadline', () => {
    const { watch: one, good } = watch(() => ({ ...well, vpp: { state: 'down', reason: 'it is looping' } }));
    vi.advanceTimersByTime(10_000);
    expect(one.fail(300)).toBe('no verdict within 300 s: vpp: VPP is not connected: it is looping');
    expect(one.verdict.state).toBe('failed');
    one.lookAgain();
    vi.advanceTimersByTime(500_000);
    expect(one.verdict.state).toBe('failed');
    expect(good).toEqual([]);
  });

  it('cannot fail once it was reached', () => {
    const { watch: one } = watch(() => well);
    vi.advanceTimersByTime(61_000);
    expect(one.fail(300)).toBeUndefined();
    expect(one.verdict.state).toBe('good');
  });

  it('starts over after a change', () => {
    let sha256 = 'aa';
    const { watch: one, good } = watch(() => ({ ...well, config: { state: 'ok', sha256 } }));
    vi.advanceTimersByTime(61_000);
    sha256 = 'bb';
    one.lookAgain();
    expect(one.verdict.state).toBe('waiting');
    vi.advanceTimersByTime(61_000);
    expect(good.map(({ configSha256 }) => configSha256)).toEqual(['aa', 'bb']);
  });

  it('waits while the state is unknown', () => {
    const { watch: one } = watch(() => {
      throw new Error('the configuration was not read yet');
    });
    vi.advanceTimersByTime(100_000);
    expect(one.verdict.state).toBe('waiting');
    expect(one.fail(300)).toMatch(/the configuration was not read yet/);
  });
});

describe('the deadline of a trial', () => {
  function arm(isTrial: boolean, bootedMsAgo = 2_000) {
    const startedAt = performance.now() - bootedMsAgo;
    const restarts: string[] = [];
    const deadline = armTrialDeadline({
      isTrial: () => isTrial,
      restart: (reason) => restarts.push(reason),
      uptimeMs: () => performance.now() - startedAt,
    });
    return { deadline, restarts };
  }

  it('restarts a trial whose boot hangs, 300 s after power-on', () => {
    const { restarts } = arm(true);
    vi.advanceTimersByTime(297_000);
    expect(restarts).toEqual([]);
    vi.advanceTimersByTime(1_500);
    expect(restarts).toEqual(['version on trial: the boot reached no verdict within 300 s']);
    vi.advanceTimersByTime(1_000_000);
    expect(restarts).toHaveLength(1);
  });

  it('never restarts a version that is not on trial', () => {
    const { restarts } = arm(false);
    vi.advanceTimersByTime(1_000_000);
    expect(restarts).toEqual([]);
  });

  it('is moved by the configuration, still counted from power-on', () => {
    const { deadline, restarts } = arm(true, 10_000);
    deadline.set(30);
    vi.advanceTimersByTime(19_000);
    expect(restarts).toEqual([]);
    vi.advanceTimersByTime(1_500);
    expect(restarts).toHaveLength(1);
    const late = arm(true, 100_000);
    late.deadline.set(30);
    vi.advanceTimersByTime(10);
    expect(late.restarts).toHaveLength(1);
  });

  it('calls the new handler, and none once disarmed', () => {
    const { deadline, restarts } = arm(true);
    let told = 0;
    deadline.onExpired(() => {
      told += 1;
    });
    vi.advanceTimersByTime(300_000);
    expect([told, restarts.length]).toEqual([1, 0]);
    const disarmed = arm(true);
    disarmed.deadline[Symbol.dispose]();
    disarmed.deadline.set(1);
    vi.advanceTimersByTime(1_000_000);
    expect(disarmed.restarts).toEqual([]);
  });
});
