/** Errors of src/vpp (not of its api and stats, which have their own): one class, coded. */
import { CodedError } from '../linux/mod.ts';

export type VppErrorCode =
  /** No file exists at the path of the VPP binary. */
  | 'binary-missing'
  /** The file is not executable, or is not a program for this machine. */
  | 'binary-unusable'
  /** The dynamic loader could not start it. */
  | 'libraries-missing'
  | 'version-unknown'
  /** A value cannot be written into startup.conf without changing its meaning. */
  | 'unsafe-value'
  /** The command or its argument is not in the table. */
  | 'cli-refused'
  /** Another command is running. */
  | 'cli-busy'
  /** Nothing listens on the CLI socket. */
  | 'cli-unreachable'
  | 'cli-closed'
  | 'cli-output-too-long'
  | 'cli-bad-command'
  | 'timeout'
  | 'aborted';

export class VppError extends CodedError<VppErrorCode> {
  override readonly name = 'VppError';
}
