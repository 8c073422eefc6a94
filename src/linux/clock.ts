/** Owns setting the system clock. */
import { check } from './check.ts';
import { libc } from './libc.ts';

const CLOCK_REALTIME = 0;
const TIMESPEC_BYTES = 16;

/**
 * Sets the wall clock, in milliseconds since 1970-01-01 UTC, at once. Throws RangeError for an invalid time,
 * LinuxError: EPERM.
 */
export function setClock(epochMs: number): void {
  if (!Number.isFinite(epochMs) || epochMs < 0)
    throw new RangeError(`time ${epochMs}: expected ms since 1970`);
  // struct timespec { i64 tv_sec; i64 tv_nsec; }
  const time = Buffer.alloc(TIMESPEC_BYTES);
  const seconds = Math.floor(epochMs / 1000);
  time.writeBigInt64LE(BigInt(seconds), 0);
  time.writeBigInt64LE(BigInt(Math.floor((epochMs - seconds * 1000) * 1e6)), 8);
  // Before the call: formatting a date changes errno.
  const words = new Date(epochMs).toISOString();
  check(libc.clock_settime(CLOCK_REALTIME, time), 'clock_settime', words);
}
