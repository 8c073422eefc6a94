import { describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';
import { TimeSlice } from './time-slice.ts';

function spend(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe('a time slice', () => {
  it('is over when its time is, and looks at the clock at every so many steps only', () => {
    const slice = new TimeSlice({ sliceMs: 5, clockEvery: 4 });
    expect([1, 2, 3, 4].map(() => slice.isOver())).toEqual([false, false, false, false]);
    spend(6);
    expect([1, 2, 3, 4, 5].map(() => slice.isOver())).toEqual([false, false, false, true, false]);
  });

  it('is followed by another one when the event loop has had its turn', async () => {
    const slice = new TimeSlice({ sliceMs: 5 });
    spend(6);
    expect(slice.isOver()).toBe(true);
    let hadTurn = false;
    setImmediate(() => {
      hadTurn = true;
    });
    await slice.next();
    expect([hadTurn, slice.isOver()]).toEqual([true, false]);
  });
});

describe('a gate', () => {
  it('lets those pass that wait when it opens, and closes behind them', async () => {
    const gate = new Gate();
    const passed: string[] = [];
    const wait = async (name: string): Promise<void> => {
      await gate.opened();
      passed.push(name);
    };
    const waiting = [wait('a'), wait('b')];
    gate.open();
    void wait('c');
    await Promise.all(waiting);
    expect(passed).toEqual(['a', 'b']);
  });
});
