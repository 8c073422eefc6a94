/** Coded errors of disks. Messages say what to do where a person can act. */

export type DiskErrorCode =
  /** No disk of that name, or no boot disk within the time. */
  | 'not-found'
  /** More than one disk matches. */
  | 'ambiguous'
  /** The disk is unsuitable: the box runs from it, it is in use, too small, or has another sector size. */
  | 'refused'
  /** Another installation is running. */
  | 'busy'
  /** The data read back differs from the data written. */
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
