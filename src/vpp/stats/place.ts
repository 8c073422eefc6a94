/** Where figures are in the stats segment, as its directory has them. */

/** An entry that is one figure, a vector, or names; of a symlink `value` is column × 2^32 + target. */
export interface Place {
  readonly entry: number;
  readonly type: number;
  readonly value: number;
}

/** Named rows of a table, without deleted ones. */
export interface Rows {
  readonly names: readonly string[];
  readonly indexes: readonly number[];
  /** The minimum length of the counters' vectors: the highest index plus one. */
  readonly width: number;
}
