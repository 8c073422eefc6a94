/**
 * The record of updates across restarts (`updates.json` on the data partition): the pending one, and the results of
 * earlier ones. Settling compares it with the boot partition after a boot. Pure except for the clock passed in.
 *
 * Invariant: whatever the file contains, reading it yields a valid record.
 */
import { type Entry, entryState } from './entries.ts';
import { planFailed, type Step } from './plan.ts';
import type { Running } from './running.ts';

export const RECORD_FILE = 'updates.json';
const MAX_HISTORY = 20;
const MAX_ATTEMPTS = 8;
const MAX_REASON_LENGTH = 1000;

/** `interrupted`: a power cut came before it was in place. `replaced`: another one was sent before its first boot. */
export type UpdateResult = 'good' | 'failed' | 'interrupted' | 'replaced';

/** How an update ended. */
export interface HistoryEntry {
  /** Wall clock, ms. */
  readonly at: number;
  readonly version: string;
  readonly from?: string;
  readonly result: UpdateResult;
  /** Text; set unless the result is `good`. */
  readonly reason?: string;
}

/** A boot of a new entry that ended without a verdict. */
export interface Attempt {
  /** The entry's DONE during that boot: 1 for the first. */
  readonly number: number;
  readonly at: number;
  readonly reason: string;
}

/** An update that was placed, or was about to be. */
export interface PendingUpdate {
  readonly version: string;
  readonly from?: string;
  readonly at: number;
  readonly isDowngrade: boolean;
  readonly attempts: readonly Attempt[];
}

export interface UpdateRecord {
  readonly pending?: PendingUpdate;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
}

/** Reasons when none was recorded. */
const NO_VERDICT = 'the boot ended without a verdict';
const EARLY_END = 'reason unknown: a panic, a hang or a power cut';

/** Reads `updates.json`; an absent or damaged one is empty. */
export function parseRecord(text: string | undefined): UpdateRecord {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    value = {}; // damaged: the entries themselves still show their state
  }
  const { pending, history } = asObject(value);
  const known = Array.isArray(history) ? history.map(parseHistoryEntry) : [];
  const under = parsePending(asObject(pending));
  return {
    ...(under === undefined ? {} : { pending: under }),
    history: known.filter((entry) => entry !== undefined).slice(0, MAX_HISTORY),
  };
}

export function formatRecord(record: UpdateRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Ends the pending update with a result. */
export function endPending(
  record: UpdateRecord,
  result: UpdateResult,
  reason: string | undefined,
  now: number,
): UpdateRecord {
  const { pending } = record;
  if (pending === undefined) return record;
  const ended: HistoryEntry = {
    at: now,
    version: pending.version,
    ...(pending.from === undefined ? {} : { from: pending.from }),
    result,
    ...(reason === undefined ? {} : { reason }),
  };
  return { history: [ended, ...record.history].slice(0, MAX_HISTORY) };
}

/** Records why a boot of the pending update ended; the first reason for a boot is kept. */
export function addAttempt(record: UpdateRecord, attempt: Attempt): UpdateRecord {
  const { pending } = record;
  if (pending === undefined || pending.attempts.some(({ number }) => number === attempt.number))
    return record;
  const attempts = [
    ...pending.attempts,
    { ...attempt, reason: attempt.reason.slice(0, MAX_REASON_LENGTH) },
  ].slice(-MAX_ATTEMPTS);
  return { ...record, pending: { ...pending, attempts } };
}

export interface Settling {
  readonly record: UpdateRecord;
  readonly entries: readonly Entry[];
  readonly running: Running;
  /** The reason found for the last end, such as the kernel panic from pstore. */
  readonly crashReason: string | undefined;
  readonly now: number;
}

/** After a boot: the state of the pending update by the entries on the disk, and the changes to make there. */
export function settle(settling: Settling): { readonly record: UpdateRecord; readonly steps: Step[] } {
  const { record, entries, running, now } = settling;
  const { pending } = record;
  if (pending === undefined) return { record: adopt(settling), steps: [] };
  if (running.entry === undefined) return { record, steps: [] };
  if (running.entry.version === pending.version) {
    if (running.state === 'good') return { record: endPending(record, 'good', undefined, now), steps: [] };
    // The boot before this one recorded no reason.
    const before = (running.entry.counter?.done ?? 1) - 1;
    return { record: before >= 1 ? addAttempt(record, unexplained(settling, before)) : record, steps: [] };
  }
  const entry = entries.find(({ version }) => version === pending.version);
  if (entry === undefined) {
    const reason = 'interrupted before the image was in place: a power cut or a crash';
    return { record: endPending(record, 'interrupted', reason, now), steps: [] };
  }
  const state = entryState(entry);
  if (state === 'good') return { record: endPending(record, 'good', undefined, now), steps: [] };
  const done = entry.counter?.done ?? 0;
  if (state === 'trial' && done === 0) {
    // An upgrade still boots next. A downgrade never would: not all newer entries were set aside.
    if (!pending.isDowngrade) return { record, steps: [] };
    const reason = 'interrupted before all newer versions were set aside: a power cut or a crash';
    return {
      record: endPending(record, 'interrupted', reason, now),
      steps: [{ kind: 'remove', file: entry.file }],
    };
  }
  const explained = addAttempt(record, unexplained(settling, done));
  return {
    record: endPending(explained, 'failed', failureReason(explained.pending?.attempts ?? [], done), now),
    // Tried, not running, and boots left: it could not be started, or another one was selected by hand.
    steps: planFailed(entry),
  };
}

/** An entry on trial without a record (the data partition is new): its end is recorded too. */
function adopt({ record, running, now }: Settling): UpdateRecord {
  if (running.state !== 'trial' || running.entry === undefined) return record;
  const { version } = running.entry;
  return { ...record, pending: { version, at: now, isDowngrade: false, attempts: [] } };
}

function unexplained({ crashReason, now }: Settling, number: number): Attempt {
  return { number, at: now, reason: `${NO_VERDICT}: ${crashReason ?? EARLY_END}` };
}

function failureReason(attempts: readonly Attempt[], done: number): string {
  const last = attempts.at(-1)?.reason ?? `${NO_VERDICT}: ${EARLY_END}`;
  return done > 1 ? `${last} (${done} attempts)` : last;
}

function parseHistoryEntry(value: unknown): HistoryEntry | undefined {
  const { at, version, from, result, reason } = asObject(value);
  if (typeof at !== 'number' || typeof version !== 'string') return undefined;
  if (result !== 'good' && result !== 'failed' && result !== 'interrupted' && result !== 'replaced') {
    return undefined;
  }
  return {
    at,
    version,
    ...(typeof from === 'string' ? { from } : {}),
    result,
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

function parsePending(value: Record<string, unknown>): PendingUpdate | undefined {
  const { version, from, at, isDowngrade, attempts } = value;
  if (typeof version !== 'string' || typeof at !== 'number') return undefined;
  const known = Array.isArray(attempts) ? attempts.map(parseAttempt) : [];
  return {
    version,
    ...(typeof from === 'string' ? { from } : {}),
    at,
    isDowngrade: isDowngrade === true,
    attempts: known.filter((attempt) => attempt !== undefined).slice(-MAX_ATTEMPTS),
  };
}

function parseAttempt(value: unknown): Attempt | undefined {
  const { number, at, reason } = asObject(value);
  if (typeof number !== 'number' || typeof at !== 'number' || typeof reason !== 'string') return undefined;
  return { number, at, reason };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
