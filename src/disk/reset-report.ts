/** What a factory reset did, and its description. */
import type { Discard } from './discard.ts';

export interface ResetReport {
  /** Files restored to the delivered state, `/boot/appliance.ini`. */
  readonly restored: readonly string[];
  /** Files, and directories with their content, `/data/log`. */
  readonly erased: readonly string[];
  readonly notErased: readonly { readonly path: string; readonly reason: string }[];
  /** Per file system; none for one in memory. */
  readonly discards: readonly Discard[];
}

/** Most names listed per line. */
const MAX_NAMES = 40;

/** One line per finding. */
export function describeReset({ restored, erased, notErased, discards }: ResetReport): string[] {
  return [
    `restored: ${namesOf(restored)}`,
    `erased: ${namesOf(erased)}`,
    ...notErased.map(({ path, reason }) => `not erased: ${path}: ${reason}`),
    ...discards.map(describeDiscard),
  ];
}

function namesOf(paths: readonly string[]): string {
  if (paths.length === 0) return 'nothing';
  const more = paths.length > MAX_NAMES ? ` and ${paths.length - MAX_NAMES} more` : '';
  return `${paths.slice(0, MAX_NAMES).join(', ')}${more}`;
}

function describeDiscard(discard: Discard): string {
  switch (discard.state) {
    case 'done':
      return `discarded: ${(discard.bytes / 2 ** 20).toFixed(0)} MiB of free space on ${discard.root}`;
    case 'unsupported':
      return `not discarded: the disk of ${discard.root} does not support discard, erased data may still be readable`;
    case 'failed':
      return `not discarded: free space on ${discard.root}: ${discard.reason}`;
  }
}
