import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogHub, type LogRecord } from './log-hub.ts';
import { cutUtf8, MAX_LINE_LENGTH } from './text.ts';

function collector(): { write(record: LogRecord): void; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: ({ service, line }) => void lines.push(`${service} ${line}`) };
}

describe('LogHub', () => {
  it('keeps each service separate and all of them in the order of arrival', () => {
    const hub = new LogHub();
    hub.push('vpp', 'info', 'one', 30);
    hub.push('kernel', 'warning', 'two', 10);
    hub.push('vpp', 'info', 'three', 20);
    expect(hub.services()).toEqual(['kernel', 'vpp']);
    expect(hub.log('vpp')).toEqual([
      { at: 30, line: 'one' },
      { at: 20, line: 'three' },
    ]);
    expect(hub.log('all')?.map(({ line }) => line)).toEqual([
      'vpp: one',
      'kernel: warning: two',
      'vpp: three',
    ]);
    expect(hub.log('nobody')).toBeUndefined();
    expect(hub.followLog('nobody', () => {})).toBeUndefined();
  });

  it('lets readers follow one service or all, until they stop', () => {
    const hub = new LogHub();
    hub.push('vpp', 'info', 'before');
    const vpp: string[] = [];
    const all: string[] = [];
    const leave = hub.followLog('vpp', ({ line }) => void vpp.push(line));
    hub.followLog('all', ({ line }) => void all.push(line));
    hub.push('vpp', 'error', 'one');
    hub.push('dhcp', 'info', 'two');
    leave?.();
    hub.push('vpp', 'info', 'three');
    expect(vpp).toEqual(['error: one']);
    expect(all).toEqual(['vpp: error: one', 'dhcp: two', 'vpp: three']);
  });

  it('passes a sink the lines from before it was attached, once', () => {
    const hub = new LogHub();
    hub.push('kernel', 'info', 'boots');
    hub.push('appliance', 'info', 'starts');
    const sink = collector();
    const detach = hub.attach(sink);
    hub.push('vpp', 'info', 'runs');
    detach();
    hub.push('vpp', 'info', 'unseen');
    expect(sink.lines).toEqual(['kernel boots', 'appliance starts', 'vpp runs']);
  });

  it('protects logging code from failing sinks and readers', () => {
    const hub = new LogHub();
    let calls = 0;
    const fail = (): never => {
      calls += 1;
      throw new Error('broken');
    };
    hub.follow('all', fail);
    hub.attach({ write: fail });
    const sink = collector();
    hub.attach(sink);
    hub.push('vpp', 'info', 'one');
    hub.push('vpp', 'info', 'two');
    expect(sink.lines).toEqual(['vpp one', 'vpp two']);
    // The reader is removed after its first failure; the sink handles its own.
    expect(calls).toBe(3);
  });

  it('holds neither control characters, nor endless lines, nor more than its limit', () => {
    const hub = new LogHub({ ringBytes: 10_000 });
    hub.push('vpp', 'info', `bell\u0007 line\nbreak \u001b[31m tab\tü ${'x'.repeat(MAX_LINE_LENGTH * 2)}`);
    const [first] = hub.records('vpp') ?? [];
    expect(first?.line).toMatch(/^bell\? line\?break \?\[31m tab\tü x+ \[cut\]$/);
    for (let i = 0; i < 1_000; i += 1) hub.push('vpp', 'info', `line ${i}`);
    const kept = hub.records('vpp') ?? [];
    expect(kept.reduce((sum, { line }) => sum + line.length, 0)).toBeLessThanOrEqual(10_000);
    expect(kept.at(-1)?.line).toBe('line 999');
    expect(kept.length).toBeGreaterThan(100);
  });
});

describe('cutUtf8', () => {
  it('keeps whole characters only, and as many as fit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), (text, limit) => {
        const bytes = Buffer.from(text);
        const cut = cutUtf8(bytes, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(text.startsWith(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(cut))).toBe(
          true,
        );
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(bytes.length, limit - 3));
      }),
    );
  });
});
