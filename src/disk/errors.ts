/** What can go wrong with a disk, as a coded error. Messages say what to do where a person can do something. */

export type DiskErrorCode =
  /** No disk of that name, or no boot disk within the time. */
  | 'not-found'
  /** More than one disk could be meant. */
  | 'ambiguous'
  /** The request makes no sense for that disk: it runs the box, is in use, too small, of another sector size. */
  | 'refused'
  /** Another installation runs. */
  | 'busy'
  | 'aborted'
  /** What was read back is not what was written. */
  | 'verification'
  /** A read, a write or a tool failed. */
  | 'io';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;

  constructor(code: DiskErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
