/** Errors of updates: why one was refused or failed. */
import { CodedError } from '../linux/mod.ts';

/**
 * `bad-manifest`, `bad-signature`: the manifest is malformed, or not signed with a known key.
 * `wrong-architecture`, `not-efi`: the image is for another machine, or not an image.
 * `too-large`, `no-space`: it does not fit. `size-mismatch`, `hash-mismatch`: the body differs from the signed image.
 * `verification`: the body matches, but the data read back from the disk differs.
 * `too-old`: older than the owner of this box allows. `busy`, `on-trial`, `same-version`: not now. `aborted`: the
 * sender or this machine ended it. `io`: the boot partition failed.
 */
export type UpdateErrorCode =
  | 'bad-manifest'
  | 'bad-signature'
  | 'wrong-architecture'
  | 'too-large'
  | 'no-space'
  | 'size-mismatch'
  | 'hash-mismatch'
  | 'verification'
  | 'not-efi'
  | 'busy'
  | 'aborted'
  | 'on-trial'
  | 'same-version'
  | 'too-old'
  | 'io';

/** A refused update. The message is for its sender. */
export class UpdateError extends CodedError<UpdateErrorCode> {
  override readonly name = 'UpdateError';
}
