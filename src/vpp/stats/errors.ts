/** The errors of the stats segment reader. */

export type StatsErrorCode =
  /** The socket could not be reached or sent no descriptor. */
  | 'attach'
  /** A pointer, length or offset lies outside the segment, or the segment shrank. */
  | 'corrupt'
  /** The segment has an unsupported version. */
  | 'version'
  /** VPP kept changing the structure during every try. */
  | 'unstable'
  /** Reading the descriptor failed. */
  | 'read'
  /** Another read in slices is in progress. */
  | 'busy'
  /** Used after disposal. */
  | 'disposed';

export class StatsError extends Error {
  readonly code: StatsErrorCode;

  constructor(code: StatsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StatsError';
    this.code = code;
  }
}
