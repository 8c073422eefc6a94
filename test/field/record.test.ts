import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Record, type Row } from './record.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'field-record-'));
  path = join(directory, 'field.md');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const row = (more: Partial<Row> = {}): Row => ({
  name: 'forward',
  plane: 'kernel',
  version: '0.1.0-12345678',
  passed: true,
  words: 'IPv4 and IPv6',
  seconds: 12,
  ...more,
});

it('keeps rows that a run did not cover, and replaces those that it did', () => {
  new Record(path).write(row());
  new Record(path).write(row({ plane: 'VPP 25.02', passed: false, words: 'not so: a | b\nand c' }));
  new Record(path).write(row({ passed: false, words: 'lost', seconds: 3 }));
  expect(new Record(path).rows()).toEqual([
    row({ plane: 'VPP 25.02', passed: false, words: 'not so: a | b and c' }),
    row({ passed: false, words: 'lost', seconds: 3 }),
  ]);
  expect(readFileSync(path, 'utf8')).toContain('2 results, 0 as they should be.');
});

it('finds what passed: that case, on that data plane, with that version', () => {
  const record = new Record(path);
  expect(record.hasPassed('forward', 'kernel', '0.1.0-12345678')).toBe(false);
  record.write(row());
  record.write(row({ name: 'ospf', passed: false }));
  expect(record.hasPassed('forward', 'kernel', '0.1.0-12345678')).toBe(true);
  expect(record.hasPassed('forward', 'VPP 25.02', '0.1.0-12345678')).toBe(false);
  expect(record.hasPassed('forward', 'kernel', '0.1.0-87654321')).toBe(false);
  expect(record.hasPassed('ospf', 'kernel', '0.1.0-12345678')).toBe(false);
});
