/** Errors of src/vpp (not of its api and stats, which have their own): one class, coded. */

export type VppErrorCode =
  /** There is no file at the path of the VPP binary. */
  | 'binary-missing'
  /** The file may not be executed, or is no program for this machine. */
  | 'binary-unusable'
  /** The dynamic loader could not start it. */
  | 'libraries-missing'
  | 'version-unknown'
  /** A value cannot be written into startup.conf without changing its meaning. */
  | 'unsafe-value'
  /** Not a command of the table, or no argument for it. */
  | 'cli-refused'
  /** Another command runs. */
  | 'cli-busy'
  /** Nobody listens at the CLI socket. */
  | 'cli-unreachable'
  | 'cli-closed'
  | 'cli-output-too-long'
  | 'cli-bad-command'
  | 'timeout'
  | 'aborted';

export class VppError extends Error {
  override readonly name = 'VppError';
  readonly code: VppErrorCode;

  constructor(code: VppErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
