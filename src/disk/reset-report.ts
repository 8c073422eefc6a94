/** What a factory reset did, and how that is said. */
import type { Discard } from './discard.ts';

export interface ResetReport {
  /** Files that are as delivered again, `/boot/appliance.ini`. */
  readonly restored: readonly string[];
  /** Files, and directories with all that was in them, `/data/log`. */
  readonly erased: readonly string[];
  readonly notErased: readonly { readonly path: string; readonly reason: string }[];
  /** By file system; none for one in memory. */
  readonly discards: readonly Discard[];
}

/** More names than a person reads. */
const MAX_NAMES = 40;

/** In lines. */
export function describeReset({ restored, erased, notErased, discards }: ResetReport): string[] {
  return [
    `as delivered: ${namesOf(restored)}`,
    `erased: ${namesOf(erased)}`,
    ...notErased.map(({ path, reason }) => `not erased: ${path}: ${reason}`),
    ...discards.map(discardWords),
  ];
}

function namesOf(paths: readonly string[]): string {
  if (paths.length === 0) return 'nothing';
  const more = paths.length > MAX_NAMES ? ` and ${paths.length - MAX_NAMES} more` : '';
  return `${paths.slice(0, MAX_NAMES).join(', ')}${more}`;
}

function discardWords(discard: Discard): string {
  switch (discard.state) {
    case 'done':
      return `discarded: ${(discard.bytes / 2 ** 20).toFixed(0)} MiB that ${discard.root} does not use`;
    case 'unsupported':
      return `not discarded: the disk of ${discard.root} takes no discard, what was erased may still be read from it`;
    case 'failed':
      return `not discarded: what ${discard.root} does not use: ${discard.reason}`;
  }
}
