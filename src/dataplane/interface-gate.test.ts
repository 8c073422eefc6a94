import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { InterfaceGate } from './interface-gate.ts';

const NEVER = new AbortController().signal;

describe('InterfaceGate', () => {
  it('delays all callers until it is opened, and none afterwards', async () => {
    const gate = new InterfaceGate();
    let passed = 0;
    const all = [1, 2].map(async () => {
      if (await gate.passed(60_000, NEVER)) passed++;
    });
    await sleep(30);
    expect(passed).toBe(0);
    gate.open();
    await Promise.all(all);
    expect(passed).toBe(2);
    expect(await gate.passed(60_000, NEVER)).toBe(true);
  });

  it('delays no caller beyond its timeout or its abort', async () => {
    const gate = new InterfaceGate();
    expect(await gate.passed(10, NEVER)).toBe(false);
    const given = new AbortController();
    const waiting = gate.passed(60_000, given.signal);
    given.abort(new Error('stopped'));
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
