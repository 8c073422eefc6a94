/**
 * MPLS labels as routes write them (RFC 3032, section 2.1): the local label of a line, and the stacks that are pushed or
 * swapped in.
 */
import type { Read } from './network-values.ts';
import { quote } from './problems.ts';

/** Labels below are reserved (RFC 3032, RFC 7274): no packet's path may be named by one. */
export const FIRST_LOCAL_LABEL = 16;
export const MAX_LABEL = 0xf_ffff;
/** Labels of one stack. */
export const MAX_STACK = 16;
/** VPP 25.02 takes more on a path, and imposes no more than these. */
export const MAX_VPP_STACK = 12;
/** Implicit null: signalled, never in a packet (RFC 3032). */
const IMPLICIT_NULL = 3;

/** The label after `mpls`. */
export function readLocalLabel(text: string): Read<number> {
  const label = wholeNumber(text);
  if (label === undefined || label > MAX_LABEL) {
    return {
      error: `expected a label (${FIRST_LOCAL_LABEL}–${MAX_LABEL}) after mpls, got ${quote(text)}`,
    };
  }
  if (label < FIRST_LOCAL_LABEL) {
    return {
      error: `${quote(text)} is a reserved label: expected ${FIRST_LOCAL_LABEL}–${MAX_LABEL} after mpls`,
    };
  }
  return { value: label };
}

/** `100/200`, outermost first; `word` is what stands before it. */
export function readStack(text: string, word: 'label' | 'swap'): Read<number[]> {
  const parts = text.split('/');
  if (parts.length > MAX_STACK) return { error: `${parts.length} labels exceed the limit of ${MAX_STACK}` };
  const labels: number[] = [];
  for (const part of parts) {
    const label = wholeNumber(part);
    if (label === undefined || label > MAX_LABEL) {
      const place = parts.length === 1 ? quote(part) : `${quote(part)} in ${quote(text)}`;
      return { error: `expected labels (0–${MAX_LABEL}) such as ${word} 100/200, got ${place}` };
    }
    if (label === IMPLICIT_NULL) {
      const instead = word === 'swap' ? 'write pop' : 'omit it';
      return { error: `${quote(part)} is implicit null, which no packet carries: ${instead}` };
    }
    labels.push(label);
  }
  return { value: labels };
}

/** Decimal digits without sign or leading zeros. */
export function wholeNumber(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined;
}
