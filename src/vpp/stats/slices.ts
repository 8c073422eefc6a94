/**
 * Long reads in slices: a generator yields where it holds nothing borrowed, and its caller runs it either to
 * its end or with turns of the event loop in between.
 */
import { TimeSlice } from '../../linux/mod.ts';

/** `slice`: a good place to pause. `wait`: VPP is changing the segment and needs a moment. */
export type Pause = 'slice' | 'wait';

export type Sliced<T> = Generator<Pause, T>;

/** Longest run between two turns of the event loop, without the step that exceeds it (a step takes under 1 ms). */
const SLICE_MS = 2;

/** Runs it in one piece. */
export function inOnePiece<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Runs it with turns of the event loop in between. Rejects with what it throws. */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  const slice = new TimeSlice({ sliceMs: SLICE_MS });
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (step.value === 'wait' || slice.isOver()) await slice.next();
  }
}
