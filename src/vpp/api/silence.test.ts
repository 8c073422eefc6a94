import { expect, test } from 'vitest';
import { Silence } from './silence.ts';

/** Calls `turn` every 250 ms from one time to another. */
function turnFrom(silence: Silence, from: number, to: number): void {
  for (let now = from; now <= to; now += 250) expect(silence.turn(now)).toBe(false);
}

const START = 10_000;

test('counts from the last answer', () => {
  const silence = new Silence(START);
  turnFrom(silence, START, START + 5_000);
  expect(silence.waitedMs(START + 5_000)).toBe(5_000);
  silence.end(START + 5_100);
  turnFrom(silence, START + 5_250, START + 7_000);
  expect(silence.waitedMs(START + 7_000)).toBe(1_900);
  expect(silence.ageMs(START + 7_000)).toBe(1_900);
});

test('restarts after this process was suspended, and reports it', () => {
  const silence = new Silence(START);
  turnFrom(silence, START, START + 19_000);
  expect(silence.turn(START + 80_000)).toBe(true);
  expect(silence.waitedMs(START + 80_000)).toBe(0);
  turnFrom(silence, START + 80_250, START + 81_000);
  expect(silence.waitedMs(START + 81_000)).toBe(1_000);
  // The age of the last answer is not reset.
  expect(silence.ageMs(START + 81_000)).toBe(81_000);
});

test('a late turn is not a suspension', () => {
  const silence = new Silence(START);
  expect(silence.turn(START + 900)).toBe(false);
  expect(silence.waitedMs(START + 900)).toBe(900);
});
