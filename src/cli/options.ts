/** The options that many commands take. */
import type { OptionSpec } from './command.ts';
import type { Target } from './transport.ts';

const heading = 'Which appliance, and how:';

export const RUN_DIR = {
  value: 'dir',
  about: 'Directory of its socket on this machine',
  default: '/run/appliance',
  source: 'file',
} as const satisfies OptionSpec;

export const JSON_OUTPUT = { about: 'Print JSON' } as const satisfies OptionSpec;

/** Of a command that speaks to an appliance, on this machine or another. */
export const REMOTE = {
  json: JSON_OUTPUT,
  runDir: { ...RUN_DIR, heading },
  host: { value: 'url', about: 'Another machine, such as https://192.0.2.1:8443', heading },
  fingerprint: { value: 'sha256', about: 'Fingerprint of its self-signed certificate', heading },
  insecure: { about: 'Accept any certificate', heading },
  passwordFile: {
    value: 'file',
    about: 'File with the password; otherwise APPLIANCE_PASSWORD, or a question on the terminal',
    source: 'file',
    heading,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export interface RemoteOptions extends Target {
  readonly json: boolean;
}
