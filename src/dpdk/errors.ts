/** Errors of src/dpdk: one class, coded. A failure of one NIC is an outcome, not an error. */

export type DpdkErrorCode =
  /** RUN/nics.json could not be written: nothing was unbound. */
  | 'record-unwritable'
  /** RUN/nics.json exists and is not a record that `bindNics` wrote. */
  | 'record-unreadable';

export class DpdkError extends Error {
  override readonly name = 'DpdkError';
  readonly code: DpdkErrorCode;

  constructor(code: DpdkErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
