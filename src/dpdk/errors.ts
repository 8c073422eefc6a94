/** Errors of src/dpdk: one class, coded. A failure of one NIC is an outcome, not an error. */
import { CodedError } from '../linux/mod.ts';

export type DpdkErrorCode =
  /** RUN/nics.json could not be written: nothing was unbound. */
  | 'record-unwritable'
  /** RUN/nics.json exists and is not a record that `bindNics` wrote. */
  | 'record-unreadable';

export class DpdkError extends CodedError<DpdkErrorCode> {
  override readonly name = 'DpdkError';
}
