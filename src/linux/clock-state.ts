/**
 * Owns reading the state of the kernel's clock: adjtimex(2). Changes nothing.
 *
 *   struct timex { u32 modes; s64 offset, freq, maxerror, esterror; s32 status; … }   208 bytes on LP64
 *
 * Source: linux/timex.h.
 */
import { check } from './check.ts';
import { libc, nativeBuffer } from './libc.ts';

const TIMEX_BYTES = 208;
const MAX_ERROR = 24;
const ESTIMATED_ERROR = 32;
const STATUS = 40;
/** The clock is not synchronised; an NTP client clears the bit. */
const STA_UNSYNC = 0x40;

export interface ClockState {
  readonly synchronised: boolean;
  /** Estimated error, in seconds. */
  readonly estimatedErrorSeconds: number;
  /** Maximum error, in seconds; grows until the next measurement. */
  readonly maximumErrorSeconds: number;
}

/** Whether the clock is synchronised, and how accurately. Throws LinuxError. */
export function readClockState(): ClockState {
  // modes is 0: read only. The return value is a state of the clock (5 while unsynchronised), not an error.
  const timex = nativeBuffer(TIMEX_BYTES);
  check(libc.adjtimex(timex), 'adjtimex');
  return {
    synchronised: (timex.readInt32LE(STATUS) & STA_UNSYNC) === 0,
    estimatedErrorSeconds: Number(timex.readBigInt64LE(ESTIMATED_ERROR)) / 1e6,
    maximumErrorSeconds: Number(timex.readBigInt64LE(MAX_ERROR)) / 1e6,
  };
}
