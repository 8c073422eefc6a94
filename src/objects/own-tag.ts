/** Marks of what this program made. */
import { OWN_TAG } from '../vpp/api/mod.ts';

/** Whether a tag marks something of ours; with `name`, under that name. */
export function isOwnTag(tag: string, name?: string): boolean {
  return name === undefined ? tag.startsWith(OWN_TAG) : tag === OWN_TAG + name;
}

/**
 * The names of what bears tags of ours, by its number in VPP. That of others is their number, which no name of ours is;
 * so is the second with the same tag, which VPP does not prevent.
 */
export function namesByTag(
  all: readonly { readonly index: number; readonly tag: string }[],
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const taken = new Set<string>();
  for (const { index, tag } of all.toSorted((a, b) => a.index - b.index)) {
    const isNamed = isOwnTag(tag) && !taken.has(tag);
    names.set(index, isNamed ? tag.slice(OWN_TAG.length) : `#${index}`);
    taken.add(tag);
  }
  return names;
}
