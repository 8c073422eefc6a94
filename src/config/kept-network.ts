/** The appliance.ini of a box that begins anew, and is to be reached as before. */
import { renderDefaultIni } from './default-ini.ts';
import { formatAt } from './difference.ts';
import { LEAVES } from './sections.ts';
import type { Config } from './types.ts';

/**
 * All defaults, and `[management]` as `config` has it.
 *
 * @param inUse kernel name of the NIC that management uses now. It is named where the configuration names none: the one
 *   that is chosen by itself would be another, when VPP gets no NIC any more
 */
export function renderKeptNetwork(config: Config, inUse: string | undefined): string {
  const given = new Map<string, string>();
  if (inUse !== undefined) given.set('management.interface', inUse);
  for (const leaf of LEAVES) {
    const value = leaf.section.name === 'management' ? formatAt(leaf, config.management) : undefined;
    if (value !== undefined) given.set(leaf.path, value);
  }
  return renderDefaultIni(given);
}
