import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LifeEnd, nextStart, RestartPolicy, type Runner } from './restart-policy.ts';

const CONFIG = {
  backoffMs: 1_000,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  loopAfter: 5,
  loopRetryMs: 300_000,
};

/** Runs a policy over lives of the given lengths (in ms; the last one repeats) under a fake clock. */
function setUp(lives: number[], config = CONFIG) {
  const starts: number[] = [];
  const delays: number[] = [];
  const loops: number[] = [];
  const runner: Runner = async (signal) => {
    const livedMs = lives[Math.min(starts.length, lives.length - 1)] as number;
    starts.push(Date.now());
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, livedMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return { reason: `lived ${livedMs}`, livedMs } satisfies LifeEnd;
  };
  const policy = new RestartPolicy(config, (_end, { failures, delayMs, isLooping }) => {
    if (isLooping) loops.push(failures);
    else delays.push(delayMs);
  });
  const abort = new AbortController();
  const done = policy.run(runner, abort.signal);
  return { policy, starts, delays, loops, abort, done };
}

describe('nextStart', () => {
  it.each([
    ['the first short life', 0, 10, { failures: 1, delayMs: 1_000, isLooping: false }],
    ['the fourth', 3, 59_999, { failures: 4, delayMs: 8_000, isLooping: false }],
    ['the fifth: looping', 4, 0, { failures: 5, delayMs: 300_000, isLooping: true }],
    ['each later one', 9, 10, { failures: 10, delayMs: 300_000, isLooping: true }],
    ['a stable life ends the series', 9, 60_000, { failures: 0, delayMs: 1_000, isLooping: false }],
  ])('%s', (_name, failures, livedMs, next) => {
    expect(nextStart(failures, { reason: 'x', livedMs }, CONFIG)).toEqual(next);
  });
});

describe('RestartPolicy', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('doubles the delay from 1 s up to 30 s while lives are short', async () => {
    const run = setUp([10], { ...CONFIG, loopAfter: 8 });
    await vi.advanceTimersByTimeAsync(130_000);
    expect(run.delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    run.abort.abort();
    await run.done;
  });

  it('is looping after five short lives, then retries every five minutes without end', async () => {
    const run = setUp([10]);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(run.starts).toHaveLength(5);
    expect(run.loops).toEqual([5]);
    await vi.advanceTimersByTimeAsync(300_100);
    expect(run.starts).toHaveLength(6);
    expect(run.loops).toEqual([5, 6]);
    expect(run.delays).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(300_100);
    expect(run.starts).toHaveLength(7);
    run.abort.abort();
    await run.done;
  });

  it('starts a looping service at once on request', async () => {
    const run = setUp([10]);
    await vi.advanceTimersByTimeAsync(16_000);
    run.policy.retryNow();
    await vi.advanceTimersByTimeAsync(100);
    expect(run.starts).toHaveLength(6);
    run.abort.abort();
    await run.done;
  });

  it('starts a service in its backoff at once on request, and keeps its count', async () => {
    const run = setUp([10]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(run.starts).toHaveLength(2);
    run.policy.retryNow();
    await vi.advanceTimersByTimeAsync(100);
    expect(run.starts).toHaveLength(3);
    expect(run.delays).toEqual([1_000, 2_000, 4_000]);
    run.abort.abort();
    await run.done;
  });

  it('starts at once on request while the fallback is still being set up', async () => {
    const setUpFallback = Promise.withResolvers<void>();
    const starts: number[] = [];
    const policy = new RestartPolicy({ ...CONFIG, loopAfter: 1 }, () => setUpFallback.promise);
    const abort = new AbortController();
    const done = policy.run(async () => {
      starts.push(Date.now());
      return { reason: 'short', livedMs: 0 };
    }, abort.signal);
    await vi.advanceTimersByTimeAsync(10);
    policy.retryNow();
    expect(starts).toHaveLength(1);
    setUpFallback.resolve();
    await vi.advanceTimersByTimeAsync(10);
    expect(starts).toHaveLength(2);
    abort.abort();
    await done;
  });

  it('returns to the first delay after a stable life', async () => {
    const run = setUp([10, 10, 10, 60_000, 10]);
    await vi.advanceTimersByTimeAsync(7_100);
    expect(run.delays).toEqual([1_000, 2_000, 4_000]);
    await vi.advanceTimersByTimeAsync(60_100);
    expect(run.delays.slice(3)).toEqual([1_000]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(run.delays.slice(3)).toEqual([1_000, 1_000]);
    run.abort.abort();
    await run.done;
  });

  it('returns from looping to a normal backoff after a stable life', async () => {
    const run = setUp([10, 10, 10, 10, 10, 60_000, 10]);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(run.loops).toEqual([5]);
    await vi.advanceTimersByTimeAsync(300_000 + 60_000 + 2_000);
    expect(run.delays.slice(4, 6)).toEqual([1_000, 1_000]);
    run.abort.abort();
    await run.done;
  });

  it('ends at once when aborted, during a life and during a wait', async () => {
    const run = setUp([1_000_000]);
    await vi.advanceTimersByTimeAsync(10);
    run.abort.abort();
    await run.done;
    expect(run.starts).toHaveLength(1);
    const waiting = setUp([10]);
    await vi.advanceTimersByTimeAsync(20_000);
    waiting.abort.abort();
    await waiting.done;
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(waiting.starts).toHaveLength(5);
  });
});
