/** Owns the responses of changing requests: JSON with messages, and the HTTP status of each error. */
import {
  type ConfigChange,
  type ConfigProblem,
  formatPlan,
  formatProblem,
  type VppStep,
} from '../config/mod.ts';
import { type Exchange, RequestError } from '../telemetry/mod.ts';
import { formatTime, plural } from '../report/mod.ts';
import { reasonOf } from '../linux/mod.ts';
import type { Refusal } from './guard.ts';

/** The fields of a small body. */
export type Fields = ReadonlyMap<string, string>;

/** An input that cannot be parsed, or is of the wrong type. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly status: 400 | 415;

  constructor(message: string, status: 400 | 415 = 400) {
    super(message);
    this.status = status;
  }
}

/** A request that is refused although its caller was admitted. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: Refusal['status'];
  readonly headers: Refusal['headers'];

  constructor({ status, reason, headers }: Refusal) {
    super(reason);
    this.status = status;
    this.headers = headers;
  }
}

/** By the error's code: of UpdateError, DiskError, LiveConfigError, VppError and VppApiError. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'bad-manifest': 400,
  'cli-refused': 400,
  'size-mismatch': 400,
  'hash-mismatch': 400,
  aborted: 400,
  'bad-signature': 403,
  'not-found': 404,
  busy: 409,
  'on-trial': 409,
  'same-version': 409,
  'too-old': 409,
  'not-waiting': 409,
  refused: 409,
  ambiguous: 409,
  'too-large': 413,
  'wrong-architecture': 422,
  'not-efi': 422,
  failed: 422,
  'cli-closed': 502,
  'cli-output-too-long': 502,
  stopped: 503,
  'cli-busy': 503,
  'cli-unreachable': 503,
  disconnected: 503,
  timeout: 504,
  'no-space': 507,
  ENOSPC: 507,
};

/** The HTTP status of an error of the target. */
export function statusOf(error: unknown): number {
  if (error instanceof InputError || error instanceof RequestError || error instanceof RefusedError) {
    return error.status;
  }
  // an error in the body, wrapped by its reader
  if (error instanceof Error && error.cause instanceof RequestError) return error.cause.status;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (Object.hasOwn(STATUS_OF_CODE, code) ? STATUS_OF_CODE[code] : undefined) ?? 500;
}

/** Describes the outcome of a change, in lines. */
export function describeChange(change: ConfigChange): string[] {
  switch (change.result) {
    case 'unchanged':
      return ['Nothing changes.'];
    case 'planned':
      return [
        'This would change:',
        ...formatPlan(change.plan),
        ...vppLines(change.vpp),
        ...problemLines(change.warnings),
      ];
    case 'rejected':
      return ['The configuration was rejected, nothing was changed:', ...problemLines(change.problems)];
    case 'applied': {
      const lines = ['Applied:', ...formatPlan(change.plan), ...problemLines(change.warnings)];
      if (change.pendingRestart) lines.push('Changes that need a restart wait for it.');
      if (change.confirmBefore !== undefined) {
        lines.push(`Confirm it before ${formatTime(change.confirmBefore)}, or the previous one is restored.`);
      }
      return lines;
    }
  }
}

function vppLines(steps: readonly VppStep[] | 'not connected'): string[] {
  if (steps === 'not connected') return ['VPP is not connected: its steps are not known.'];
  if (steps.length === 0) return [];
  const lines = steps.map(({ words, interrupts }, index) => {
    const what = interrupts === undefined ? '' : ` (interrupts ${interrupts})`;
    return `${index + 1}. ${words}${what}`;
  });
  return ['In VPP:', ...lines];
}

function problemLines(problems: readonly ConfigProblem[] = []): string[] {
  return problems.map((problem) => formatProblem('appliance.ini', problem));
}

/** Sends 200, or 422 with the problems. */
export function sendChange(exchange: Exchange, change: ConfigChange): void {
  const words = describeChange(change);
  if (change.result === 'rejected') {
    const count = change.problems.filter(({ severity }) => severity === 'error').length;
    const error = `the configuration was rejected: ${plural(count, 'mistake')}`;
    exchange.sendJson(422, { error, ...change, words });
  } else {
    exchange.sendJson(200, { ...change, words });
  }
}

/** Whether a switch such as `?dry-run` is on. Throws InputError. */
export function readSwitch({ url }: Exchange, name: string): boolean {
  const value = url.searchParams.get(name);
  if (value === null || value === '0' || value === 'false') return false;
  if (value === '' || value === '1' || value === 'true') return true;
  throw new InputError(`expected ?${name}, ?${name}=true or ?${name}=false, got "${value}"`);
}

/** Reads the fields of a small body, JSON or a form. Rejects with InputError, RequestError. */
export async function readFields(exchange: Exchange, maxBytes: number): Promise<Fields> {
  const type = contentType(exchange);
  if (type !== '' && type !== 'application/json' && type !== 'application/x-www-form-urlencoded') {
    throw new InputError(`expected a body of JSON or a form, got "${type}"`, 415);
  }
  const text = await exchange.text(maxBytes);
  if (type !== 'application/json') return new Map(new URLSearchParams(text));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`cannot parse the body as JSON: ${reasonOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('expected a JSON object in the body');
  }
  return new Map(Object.entries(value).map(([name, field]) => [name, String(field)]));
}

/** Whether a field such as `keep-network` of `readFields` is on; off when it is absent. Throws InputError. */
export function readFlag(fields: Fields, name: string): boolean {
  const value = fields.get(name) ?? 'false';
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new InputError(`expected ${name} to be true or false, got "${value}"`);
}

/** The Content-Type in lower case and without parameters; empty when absent. */
export function contentType(exchange: Exchange): string {
  return (exchange.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}
