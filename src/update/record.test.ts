import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, parseEntryName } from './entries.ts';
import { addAttempt, endPending, formatRecord, parseRecord, settle, type UpdateRecord } from './record.ts';
import type { Running, RunningState } from './running.ts';

const NOW = 1_800_000_000_000;

function entry(file: string): Entry {
  const name = parseEntryName(file);
  if (name === undefined) throw new Error(`${file} is not an entry`);
  return { ...name, file, sizeBytes: 1 };
}

const pending = { version: '0.2.0', from: '0.1.0', at: NOW - 1000, isDowngrade: false, attempts: [] };

function settled(
  files: string[],
  running: [RunningState, string],
  options: { record?: UpdateRecord; crashReason?: string } = {},
) {
  const runs: Running = { state: running[0], entry: entry(running[1]), counted: true };
  return settle({
    record: options.record ?? { pending, history: [] },
    entries: files.map((file) => entry(file)),
    running: runs,
    crashReason: options.crashReason,
    now: NOW,
  });
}

describe('settling after a boot', () => {
  it('continues an update at its first boot', () => {
    const files = ['appliance-0.2.0+2-1.efi', 'appliance-0.1.0.efi'];
    const { record, steps } = settled(files, ['trial', 'appliance-0.2.0+2-1.efi']);
    expect(record.pending).toEqual(pending);
    expect(steps).toEqual([]);
  });

  it('records at the second boot that the first gave no reason', () => {
    const files = ['appliance-0.2.0+1-2.efi', 'appliance-0.1.0.efi'];
    const { record } = settled(files, ['trial', 'appliance-0.2.0+1-2.efi']);
    expect(record.pending?.attempts).toEqual([
      {
        number: 1,
        at: NOW,
        reason: 'the boot ended without a verdict: reason unknown: a panic, a hang or a power cut',
      },
    ]);
  });

  it('fails an update whose boots are used up, with the recorded reason', () => {
    const files = ['appliance-0.1.0.efi', 'appliance-0.2.0+0-3.efi'];
    const attempts = [1, 2, 3].map((number) => ({ number, at: NOW, reason: 'no VPP within 300 s' }));
    const { record, steps } = settled(files, ['good', 'appliance-0.1.0.efi'], {
      record: { pending: { ...pending, attempts }, history: [] },
    });
    expect(record).toEqual({
      history: [
        {
          at: NOW,
          version: '0.2.0',
          from: '0.1.0',
          result: 'failed',
          reason: 'no VPP within 300 s (3 attempts)',
        },
      ],
    });
    expect(steps).toEqual([]);
  });

  it('fails it with the reason from pstore when none was recorded', () => {
    const files = ['appliance-0.1.0.efi', 'appliance-0.2.0+0-3.efi'];
    const { record } = settled(files, ['good', 'appliance-0.1.0.efi'], {
      crashReason: 'Kernel panic - not syncing: Attempted to kill init!',
    });
    expect(record.history[0]?.reason).toBe(
      'the boot ended without a verdict: Kernel panic - not syncing: Attempted to kill init! (3 attempts)',
    );
  });

  it('fails one that was tried and is not running, and removes its boots', () => {
    const files = ['appliance-0.2.0+2-1.efi', 'appliance-0.1.0.efi'];
    const { record, steps } = settled(files, ['good', 'appliance-0.1.0.efi']);
    expect(record.history[0]?.result).toBe('failed');
    expect(steps).toEqual([
      { kind: 'rename', from: 'appliance-0.2.0+2-1.efi', to: 'appliance-0.2.0+0-1.efi' },
    ]);
  });

  it('calls one without its counter good', () => {
    const files = ['appliance-0.2.0.efi', 'appliance-0.1.0.efi'];
    expect(settled(files, ['good', 'appliance-0.2.0.efi']).record.history[0]?.result).toBe('good');
  });

  it('reports one that was never in place as interrupted', () => {
    const { record } = settled(['appliance-0.1.0.efi'], ['good', 'appliance-0.1.0.efi']);
    expect(record.history[0]).toMatchObject({ result: 'interrupted', version: '0.2.0' });
    expect(record.pending).toBeUndefined();
  });

  it('waits for an upgrade that was not started yet', () => {
    const files = ['appliance-0.2.0+3.efi', 'appliance-0.1.0.efi'];
    expect(settled(files, ['good', 'appliance-0.1.0.efi']).record.pending).toEqual(pending);
  });

  it('removes an interrupted downgrade', () => {
    const { record, steps } = settled(
      ['appliance-0.3.0.efi', 'appliance-0.2.0+3.efi'],
      ['good', 'appliance-0.3.0.efi'],
      { record: { pending: { ...pending, isDowngrade: true }, history: [] } },
    );
    expect(record.history[0]?.result).toBe('interrupted');
    expect(steps).toEqual([{ kind: 'remove', file: 'appliance-0.2.0+3.efi' }]);
  });

  it('records an update on trial that a new data partition does not have', () => {
    const { record } = settled(['appliance-0.2.0+2-1.efi'], ['trial', 'appliance-0.2.0+2-1.efi'], {
      record: { history: [] },
    });
    expect(record.pending?.version).toBe('0.2.0');
  });
});

describe('the record', () => {
  it('keeps the first reason for a boot', () => {
    let record: UpdateRecord = { pending, history: [] };
    record = addAttempt(record, { number: 1, at: 1, reason: 'first' });
    record = addAttempt(record, { number: 1, at: 2, reason: 'second' });
    expect(record.pending?.attempts.map(({ reason }) => reason)).toEqual(['first']);
  });

  it('keeps the last twenty', () => {
    let record: UpdateRecord = { history: [] };
    for (let at = 0; at < 30; at += 1) record = endPending({ ...record, pending }, 'good', undefined, at);
    expect(record.history).toHaveLength(20);
    expect(record.history[0]?.at).toBe(29);
  });

  it('survives its file', () => {
    const record = endPending({ pending, history: [] }, 'failed', 'why', NOW);
    expect(parseRecord(formatRecord({ ...record, pending }))).toEqual({ ...record, pending });
  });

  it('is valid whatever the file contains', () => {
    expect(parseRecord(undefined)).toEqual({ history: [] });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(Array.isArray(parseRecord(text).history)).toBe(true);
      }),
    );
    expect(
      parseRecord('{"history":[{"at":1,"version":"1","result":"x"},null],"pending":{"version":1}}'),
    ).toEqual({
      history: [],
    });
  });
});
