/**
 * Owns the requests of programs: their input, the call of the target and the response. All of them pass `guarded`, which
 * admits the Unix socket or the password.
 */
import { describeReset, type ResetReport } from '../disk/mod.ts';
import { ContentType, type ContributedRoute, type Exchange } from '../telemetry/mod.ts';
import { plural, printable } from '../report/mod.ts';
import { VPP_COMMANDS } from '../vpp/mod.ts';
import {
  contentType,
  InputError,
  readFields,
  readFlag,
  readSwitch,
  sendChange,
  sendJson,
  statusOf,
} from './answer.ts';
import type { Caller, Guard, Verdict } from './guard.ts';
import { Password } from './password.ts';
import type { ConfigOptions, ControlTarget } from './target.ts';
import { reasonOf } from '../linux/mod.ts';

/** The size of the boot partition bounds the image. */
const MAX_IMAGE_BYTES = 512 * 1024 * 1024;
/** The same limit as in `src/live`. */
const MAX_CONFIG_BYTES = 1024 * 1024;
/** A few fields. */
export const MAX_FIELDS_BYTES = 16 * 1024;
/** The base64 of 4,096 bytes. */
const MAX_MANIFEST_CHARACTERS = 5464;
/** Time for sending the response before the machine goes down regardless. */
const LAST_WORDS_MS = 1000;
/** A condition behind 503 may end soon. */
const RETRY_AFTER_S = '1';

export interface RequestContext {
  readonly target: ControlTarget;
  readonly password: Password;
  readonly guard: Guard;
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
    change('POST', '/vpp/retry', (exchange) => sendJson(exchange, 200, target.retryVpp())),
    change('POST', '/power/restart', (exchange) => power(exchange, target, 'restart')),
    change('POST', '/power/off', (exchange) => power(exchange, target, 'power-off')),
    change('POST', '/factory-reset', (exchange) => factoryReset(exchange, target)),
    read('/install', async (exchange) => sendJson(exchange, 200, { targets: await target.installTargets() })),
    change('POST', '/install', (exchange) => install(exchange, target)),
    change('POST', '/password', (exchange, caller) => changePassword(exchange, caller, context)),
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
      sendJson(exchange, verdict.status, { error: verdict.reason }, verdict.headers);
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
        const headers: Record<string, string> = status === 503 ? { 'Retry-After': RETRY_AFTER_S } : {};
        sendJson(exchange, status, { error: reason, ...code }, headers);
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

function optionsOf(exchange: Exchange): ConfigOptions {
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
  sendJson(exchange, 200, { result: 'received', ...received, message });
}

async function putConfig(exchange: Exchange, target: ControlTarget): Promise<void> {
  const type = contentType(exchange);
  if (type !== '' && type !== 'text/plain' && type !== 'application/octet-stream') {
    throw new InputError(`expected a configuration as text/plain, as sent by curl -T, got "${type}"`, 415);
  }
  const options = optionsOf(exchange);
  sendChange(exchange, await target.config.put(await exchange.text(MAX_CONFIG_BYTES), options));
}

/** Responds first: afterwards the connection may be lost. */
async function power(
  exchange: Exchange,
  target: ControlTarget,
  action: 'restart' | 'power-off',
): Promise<void> {
  const message = action === 'restart' ? 'the appliance restarts' : 'the appliance powers off';
  sendJson(exchange, 200, { result: action, message });
  await afterAnswer(exchange, () => target.power(action));
}

/** Runs `work` when the response was sent, or could not be sent in time. */
export async function afterAnswer(exchange: Exchange, work: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_WORDS_MS);
  });
  await Promise.race([exchange.sent(), patience]);
  clearTimeout(timer);
  work();
}

async function factoryReset(exchange: Exchange, target: ControlTarget): Promise<void> {
  const fields = await readFields(exchange, MAX_FIELDS_BYTES);
  if (fields.get('confirm') !== 'erase') {
    throw new InputError('a factory reset erases configuration, password and logs: expected confirm=erase');
  }
  const keepNetwork = readFlag(fields, 'keep-network');
  const report = await target.factoryReset({ keepNetwork });
  const words = resetWords(report, keepNetwork);
  const result = report.notErased.length === 0 ? 'erased' : 'incomplete';
  sendJson(exchange, 200, { result, message: words[0], ...report, words });
  await afterAnswer(exchange, () => target.power('restart'));
}

/** Describes the outcome of a factory reset, in lines; the first is a sentence. */
export function resetWords(report: ResetReport, keepNetwork: boolean): string[] {
  const what = 'everything but the image was erased';
  const missed =
    report.notErased.length === 0 ? '' : `, with ${plural(report.notErased.length, 'exception')}`;
  const kept = keepNetwork ? ', [management] was kept' : '';
  return [`${what}${missed}${kept}; the appliance restarts`, ...describeReset(report)];
}

async function install(exchange: Exchange, target: ControlTarget): Promise<void> {
  const disk = exchange.url.searchParams.get('disk') ?? '';
  if (disk === '')
    throw new InputError('missing disk: expected /install?disk=NAME with a disk that GET /install lists');
  await target.install(disk);
  sendJson(exchange, 200, { result: 'installed', disk, message: `the appliance is installed on ${disk}` });
}

async function changePassword(
  exchange: Exchange,
  caller: Caller,
  { guard, password }: RequestContext,
): Promise<void> {
  const fields = await readFields(exchange, MAX_FIELDS_BYTES);
  const wanted = fields.get('new') ?? '';
  const refusal = Password.refusal(wanted);
  if (refusal !== undefined) throw new InputError(refusal);
  // the socket's owner owns the box, and may have forgotten the old password
  if (caller.kind !== 'socket') {
    const old = fields.get('old');
    if (old === undefined) throw new InputError('missing old password: expected old and new');
    const verdict = await guard.checkPassword(exchange, old);
    if (!verdict.admitted) {
      sendJson(exchange, verdict.status, { error: `the old password: ${verdict.reason}` }, verdict.headers);
      return;
    }
  }
  await password.change(wanted);
  guard.sessions.endOthers(undefined);
  sendJson(exchange, 200, { result: 'changed', message: 'the password is changed' });
}
