/** Errors of this room: why an update was refused or did not come through. */

/**
 * `bad-manifest`, `bad-signature`: the manifest is malformed, or nobody whose key is known signed it.
 * `wrong-architecture`, `not-efi`: the image is for another machine, or none at all.
 * `too-large`, `no-space`: it does not fit. `size-mismatch`, `hash-mismatch`: the body is not what was signed.
 * `verification`: the body was, but what was read back from the disk is not.
 * `too-old`: the owner of this box takes none that is so old. `busy`, `on-trial`, `same-version`: not now. `aborted`: the sender or this machine ended it. `io`: the boot partition failed.
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

/** An update that was refused. The message is for the person who sent it. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
  readonly code: UpdateErrorCode;

  constructor(code: UpdateErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
