import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedLines, LogRing } from './log-ring.ts';
import { MAX_LINE_LENGTH } from './text.ts';

describe('LogRing', () => {
  it('joins chunks into lines and keeps a last one without its newline', () => {
    const ring = new LogRing();
    expect(ring.write('one\ntw', 1)).toEqual(['one']);
    expect(ring.write('o\r\nthree', 2)).toEqual(['two']);
    expect(ring.flush(3)).toBe('three');
    expect(ring.flush(4)).toBeUndefined();
    expect(ring.tail()).toEqual([
      { at: 1, line: 'one' },
      { at: 2, line: 'two' },
      { at: 3, line: 'three' },
    ]);
  });

  it('never holds more bytes than its limit, and keeps the newest lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 300 }), (lines) => {
        const ring = new BoundedLines<{ line: string }>(2_000);
        for (const line of lines) ring.add({ line });
        const kept = ring.tail().map(({ line }) => line);
        expect(ring.bytes).toBeLessThanOrEqual(2_000);
        expect(kept).toEqual(kept.length === 0 ? [] : lines.slice(-kept.length));
        expect(ring.dropped + kept.length).toBe(lines.length);
      }),
    );
  });

  it('cuts an endless line', () => {
    const ring = new LogRing();
    ring.write('x'.repeat(MAX_LINE_LENGTH * 3));
    expect(ring.tail()[0]?.line).toMatch(/^x{4096} \[cut\]$/);
  });
});
