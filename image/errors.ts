/** The errors of the image tools. Messages name the attempt and the reason, for a person at a shell. */
import { CodedError } from '../src/linux/mod.ts';

export type ImageErrorCode =
  | 'bad-elf'
  | 'bad-argument'
  | 'command-failed'
  | 'conflict'
  | 'console-timeout'
  | 'guest-exited'
  | 'missing-artefact'
  | 'missing-library'
  | 'missing-module'
  | 'missing-package'
  | 'missing-tool'
  | 'qmp'
  | 'too-large';

export class ImageError extends CodedError<ImageErrorCode> {
  override readonly name = 'ImageError';
}
