/** Marks of what this program made. */
import { OWN_TAG } from '../vpp/api/mod.ts';

/** Whether a tag marks something of ours; with `name`, under that name. */
export function isOwnTag(tag: string, name?: string): boolean {
  return name === undefined ? tag.startsWith(OWN_TAG) : tag === OWN_TAG + name;
}
