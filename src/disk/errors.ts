/** Coded errors of disks. Messages say what to do where a person can act. */
import { CodedError } from '../linux/mod.ts';

export type DiskErrorCode =
  /** No disk of that name, or no boot disk within the time. */
  | 'not-found'
  /** More than one disk matches. */
  | 'ambiguous'
  /** The disk is unsuitable: the box runs from it, it is in use, too small, or has another sector size. */
  | 'refused'
  /** Another installation is running. */
  | 'busy'
  /** The box shuts down. */
  | 'aborted'
  /** The data read back differs from the data written. */
  | 'verification'
  /** A read, a write or a tool failed. */
  | 'io';

export class DiskError extends CodedError<DiskErrorCode> {
  override readonly name = 'DiskError';
}
