/**
 * Owns the requests of programs: their input, the call of the target and the response. All of them pass `guarded`, which
 * admits the Unix socket or the password.
 */
import { ContentType, type ContributedRoute, type Exchange } from '../telemetry/mod.ts';
import { printable } from '../report/mod.ts';
import { VPP_COMMANDS } from '../vpp/mod.ts';
import {
  type ActionContext,
  afterAnswer,
  changePassword,
  factoryReset,
  install,
  type Outcome,
  power,
} from './actions.ts';
import {
  contentType,
  InputError,
  readFields,
  readSwitch,
  RefusedError,
  sendChange,
  statusOf,
} from './answer.ts';
import type { Caller, Verdict } from './guard.ts';
import type { ControlTarget } from './target.ts';
import type { ChangeOptions } from '../live/mod.ts';
import { reasonOf } from '../linux/mod.ts';

/** The size of the boot partition bounds the image. */
const MAX_IMAGE_BYTES = 512 * 1024 * 1024;
/** The same limit as in `src/live`. */
const MAX_CONFIG_BYTES = 1024 * 1024;
/** A few fields. */
export const MAX_FIELDS_BYTES = 16 * 1024;
/** The base64 of 4,096 bytes. */
const MAX_MANIFEST_CHARACTERS = 5464;
/** A condition behind 503 may end soon. */
const RETRY_AFTER_S = '1';

export interface RequestContext extends ActionContext {
  /** One line per admitted request. */
  readonly logger: (line: string) => void;
}

type Handler = (exchange: Exchange, caller: Caller) => Promise<void> | void;

/** The routes of programs. */
export function requestRoutes(context: RequestContext): ContributedRoute[] {
  const { target } = context;
  const change = (method: 'PUT' | 'POST', path: string, handler: Handler): ContributedRoute => ({
    method,
    path,
    handler: guarded(context, (exchange) => context.guard.admitChange(exchange), handler),
  });
  const read = (path: string, handler: Handler): ContributedRoute => ({
    method: 'GET',
    path,
    handler: guarded(context, (exchange) => context.guard.admitReading(exchange), handler),
  });
  const act = (path: string, action: (...of: Parameters<Handler>) => Promise<Outcome> | Outcome) =>
    change('POST', path, async (exchange, caller) => {
      const outcome = await action(exchange, caller);
      const { result, words, facts } = outcome;
      exchange.sendJson(200, { result, message: words[0], ...facts });
      await afterAnswer(exchange, outcome);
    });
  return [
    read('/vppctl', (exchange) => vppctl(exchange, target)),
    change('PUT', '/update', (exchange) => update(exchange, target)),
    read('/config', (exchange) => exchange.send(200, ContentType.text, target.config.current())),
    change('PUT', '/config', (exchange) => putConfig(exchange, target)),
    change('POST', '/config/confirm', async (exchange) =>
      sendChange(exchange, await target.config.confirm()),
    ),
    change('POST', '/reload', async (exchange) =>
      sendChange(exchange, await target.config.reload(optionsOf(exchange))),
    ),
    change('POST', '/vpp/retry', (exchange) => exchange.sendJson(200, target.retryVpp())),
    act('/power/restart', () => power(context, 'restart')),
    act('/power/off', () => power(context, 'power-off')),
    act('/factory-reset', async (exchange) =>
      factoryReset(context, await readFields(exchange, MAX_FIELDS_BYTES)),
    ),
    read('/install', async (exchange) => exchange.sendJson(200, { targets: await target.installTargets() })),
    act('/install', ({ url }) => install(context, url.searchParams.get('disk') ?? '')),
    act('/password', async (exchange, caller) =>
      changePassword(context, exchange, caller, await readFields(exchange, MAX_FIELDS_BYTES)),
    ),
  ];
}

/** Nothing of the request is read before it is admitted; errors of the target are sent with their messages. */
function guarded(
  { logger }: RequestContext,
  admit: (exchange: Exchange) => Promise<Verdict>,
  handler: Handler,
): ContributedRoute['handler'] {
  return async (exchange) => {
    const verdict = await admit(exchange);
    if (!verdict.admitted) {
      exchange.sendJson(verdict.status, { error: verdict.reason }, verdict.headers);
      return;
    }
    // from here on the rate of the body and the target bound the time
    exchange.keepOpen();
    const what = `${exchange.method} ${exchange.url.pathname} from ${peerOf(exchange)}`;
    try {
      await handler(exchange, verdict.caller);
      if (exchange.method !== 'GET' && exchange.method !== 'HEAD') logger(`${what}: done`);
    } catch (error) {
      const reason = reasonOf(error);
      logger(`${what}: ${reason}`);
      if (exchange.signal.aborted) return;
      const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
      if (exchange.hasStarted) exchange.destroy();
      else {
        const status = statusOf(error);
        const later: Record<string, string> = status === 503 ? { 'Retry-After': RETRY_AFTER_S } : {};
        const headers = error instanceof RefusedError ? error.headers : later;
        exchange.sendJson(status, { error: reason, ...code }, headers);
      }
    }
  };
}

export function peerOf({ connection }: Exchange): string {
  return connection.kind === 'unix' ? 'the local socket' : connection.peer;
}

/** Runs a command; lists the available ones without one. */
async function vppctl(exchange: Exchange, target: ControlTarget): Promise<void> {
  const command = exchange.url.searchParams.get('command') ?? '';
  const isRequested = command.trim() !== '' && !exchange.isHead;
  const text = isRequested ? await target.runVppCommand(command) : VPP_COMMANDS.join('\n');
  if (!exchange.signal.aborted) exchange.send(200, ContentType.text, printable(`${text}\n`));
}

function optionsOf(exchange: Exchange): ChangeOptions {
  return { dryRun: readSwitch(exchange, 'dry-run'), restartVpp: readSwitch(exchange, 'restart-vpp') };
}

async function update(exchange: Exchange, target: ControlTarget): Promise<void> {
  const header = exchange.header('appliance-manifest') ?? '';
  const hint = 'Appliance-Manifest: the base64 of the file image.efi.sig';
  if (header === '')
    throw new InputError(`missing header with the signed manifest of the image: expected ${hint}`);
  if (header.length > MAX_MANIFEST_CHARACTERS || !/^[A-Za-z0-9+/]+={0,2}$/.test(header)) {
    throw new InputError(`the header with the manifest is not base64, or too long: expected ${hint}`);
  }
  const manifest = Buffer.from(header, 'base64').toString('utf8');
  const body = exchange.body(MAX_IMAGE_BYTES);
  const received = await target.update.receive(manifest, body, { signal: exchange.signal });
  const message = `version ${received.version} is in place: the next restart tries it`;
  exchange.sendJson(200, { result: 'received', ...received, message });
}

async function putConfig(exchange: Exchange, target: ControlTarget): Promise<void> {
  const type = contentType(exchange);
  if (type !== '' && type !== 'text/plain' && type !== 'application/octet-stream') {
    throw new InputError(`expected a configuration as text/plain, as sent by curl -T, got "${type}"`, 415);
  }
  const options = optionsOf(exchange);
  sendChange(exchange, await target.config.put(await exchange.text(MAX_CONFIG_BYTES), options));
}
