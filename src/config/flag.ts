/** Leaves that are true or false. */
import type { Leaf } from './leaf.ts';
import { boolean } from './leaf-types.ts';

type Row = Pick<Leaf, 'sentence'> &
  Partial<Pick<Leaf, 'fails' | 'cannotFail' | 'effect' | 'parts' | 'instance'>>;

/** A switch, on or off unless the file says otherwise; its example is the other value. */
export function flag<const K extends string, const R extends Row>(key: K, isOn: boolean, row: R) {
  return { key, type: boolean, default: String(isOn), example: String(!isOn), ...row };
}
