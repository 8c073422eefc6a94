/**
 * Owns the routes of the control page: login and logout, the page, and the actions of its forms. The actions are those
 * of the requests of programs, but forms are admitted by session and form token only, so that a password remembered by
 * a browser is not sufficient.
 */
import type { ConfigChange } from '../config/mod.ts';
import { ContentType, type ContributedRoute, type Exchange, refusalOfPlainHttp } from '../telemetry/mod.ts';
import { afterAnswer, changePassword, factoryReset, install, type Outcome, power } from './actions.ts';
import { describeChange, type Fields, InputError, readFields, statusOf } from './answer.ts';
import type { Certificate } from './certificate.ts';
import { type Caller, NOT_LOGGED_IN, type Refusal, sessionCookie } from './guard.ts';
import { type Notice, renderControl, renderElsewhere, renderLogin } from './page.ts';
import { MAX_FIELDS_BYTES, peerOf, type RequestContext } from './requests.ts';
import { reasonOf } from '../linux/mod.ts';

/** The textarea's text, percent-encoded. */
const MAX_FORM_BYTES = 512 * 1024;

export interface PageContext extends RequestContext {
  readonly hostname: () => string;
  readonly certificate: () => Certificate | undefined;
}

type SessionCaller = Extract<Caller, { kind: 'session' }>;

/** As telemetry's, but forms may be sent to this box. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
};

export function pageRoutes(context: PageContext): ContributedRoute[] {
  return [
    { method: 'GET', path: '/control', handler: (exchange) => show(exchange, context), visitors: 'links' },
    { method: 'POST', path: '/control', handler: (exchange) => act(exchange, context) },
    { method: 'POST', path: '/login', handler: (exchange) => logIn(exchange, context) },
    { method: 'POST', path: '/logout', handler: (exchange) => logOut(exchange, context) },
  ];
}

async function show(exchange: Exchange, context: PageContext): Promise<void> {
  if (refusalOfPlainHttp(exchange) !== undefined) {
    sendPage(exchange, 200, renderElsewhere(factsOf(context), exchange.httpsUrl));
    return;
  }
  const caller = context.guard.sessionOf(exchange);
  if (caller === undefined) sendLogin(exchange, 200, context);
  else await sendControl(exchange, 200, context, caller);
}

async function logIn(exchange: Exchange, context: PageContext): Promise<void> {
  const { guard } = context;
  const isForm = exchange.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
  const refuse = ({ status, reason, headers }: Refusal): void => {
    if (isForm) sendLogin(exchange, status, context, reason, withoutBasic(headers));
    else exchange.sendJson(status, { error: reason }, withoutBasic(headers));
  };
  const early = guard.checkWay(exchange);
  if (early !== undefined) return refuse(early);
  let fields: Fields;
  try {
    fields = await readFields(exchange, MAX_FIELDS_BYTES);
  } catch (error) {
    exchange.sendJson(statusOf(error), { error: reasonOf(error) });
    return;
  }
  const verdict = await guard.checkPassword(exchange, fields.get('password') ?? '');
  if (!verdict.admitted) return refuse(verdict);
  const { token } = guard.sessions.begin();
  context.logger(`logged in from ${peerOf(exchange)}`);
  const headers = { 'Set-Cookie': sessionCookie(exchange, token) };
  if (isForm) redirect(exchange, headers);
  else exchange.sendJson(200, { result: 'logged-in', message: 'logged in' }, headers);
}

function logOut(exchange: Exchange, { guard }: PageContext): void {
  const refusal = guard.checkWay(exchange);
  const caller = guard.sessionOf(exchange);
  if (refusal !== undefined) exchange.sendJson(refusal.status, { error: refusal.reason });
  else if (caller === undefined) exchange.sendJson(401, { error: NOT_LOGGED_IN });
  else {
    guard.sessions.end(caller.token);
    redirect(exchange, { 'Set-Cookie': sessionCookie(exchange, '') });
  }
}

async function act(exchange: Exchange, context: PageContext): Promise<void> {
  const { guard } = context;
  // before the body is read, whose token identifies a form of ours
  const early = guard.checkWay(exchange);
  if (early !== undefined) return sendLogin(exchange, early.status, context, early.reason, early.headers);
  if (guard.sessionOf(exchange) === undefined) {
    return sendLogin(exchange, 401, context, NOT_LOGGED_IN);
  }
  let fields: Fields;
  try {
    fields = await readFields(exchange, MAX_FORM_BYTES);
  } catch (error) {
    return sendLogin(exchange, statusOf(error), context, error instanceof Error ? error.message : '');
  }
  const verdict = guard.admitForm(exchange, fields.get('token') ?? '');
  if (!verdict.admitted || verdict.caller.kind !== 'session') {
    return sendLogin(exchange, 403, context, verdict.admitted ? '' : verdict.reason);
  }
  exchange.keepOpen();
  const action = fields.get('do') ?? fields.get('action') ?? '';
  const typed = fields.get('config')?.replaceAll('\r\n', '\n');
  try {
    const outcome = await perform(action, fields, exchange, context, verdict.caller);
    const notice: Notice = { level: outcome.level, lines: outcome.words.map(asSentence) };
    context.logger(`${action} on the page from ${peerOf(exchange)}: ${notice.lines[0]}`);
    // a text that was only checked, or rejected, is still being edited
    const keepsTyped = action === 'check' || notice.level === 'error';
    await sendControl(exchange, 200, context, verdict.caller, notice, keepsTyped ? typed : undefined);
    await afterAnswer(exchange, outcome);
  } catch (error) {
    if (exchange.signal.aborted) return;
    const reason = reasonOf(error);
    context.logger(`${action} on the page from ${peerOf(exchange)}: ${reason}`);
    const notice: Notice = { level: 'error', lines: ['The action failed', reason] };
    await sendControl(exchange, statusOf(error), context, verdict.caller, notice, typed);
  }
}

async function perform(
  action: string,
  fields: Fields,
  exchange: Exchange,
  context: PageContext,
  caller: SessionCaller,
): Promise<Outcome> {
  const { target } = context;
  const restartVpp = fields.get('restart-vpp') === '1';
  switch (action) {
    case 'check':
    case 'apply': {
      const text = withNewlines(fields.get('config') ?? '', target.config.current());
      return outcomeOf(await target.config.put(text, { dryRun: action === 'check', restartVpp }));
    }
    case 'confirm':
      return outcomeOf(await target.config.confirm());
    case 'reload':
      return outcomeOf(await target.config.reload({ dryRun: false, restartVpp }));
    case 'restart':
    case 'power-off':
      return power(context, action);
    case 'install':
      return install(context, fields.get('disk')?.trim() ?? '');
    case 'password':
      return changePassword(context, exchange, caller, fields);
    case 'erase':
      return factoryReset(context, fields);
    default:
      throw new InputError(`unknown action "${action}"`);
  }
}

function outcomeOf(change: ConfigChange): Outcome {
  const { result } = change;
  return { result, level: result === 'rejected' ? 'error' : 'ok', words: describeChange(change) };
}

/** The first line is a heading. */
function asSentence(line: string, index: number): string {
  return index === 0 ? line.replace(/^./, (first) => first.toUpperCase()).replace(/\w$/, '$&.') : line;
}

/** A form's text always has CRLF: converts it to the line ends of the file in force. */
function withNewlines(text: string, inForce: string): string {
  const plain = text.replaceAll('\r\n', '\n');
  return inForce.includes('\r\n') ? plain.replaceAll('\n', '\r\n') : plain;
}

function factsOf({ hostname, certificate }: PageContext): {
  hostname: string;
  fingerprint: string | undefined;
} {
  return { hostname: hostname(), fingerprint: certificate()?.fingerprint };
}

function sendLogin(
  exchange: Exchange,
  status: number,
  context: PageContext,
  reason?: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const notice: Notice | undefined = reason === undefined ? undefined : { level: 'error', lines: [reason] };
  sendPage(exchange, status, renderLogin({ ...factsOf(context), notice }), headers);
}

async function sendControl(
  exchange: Exchange,
  status: number,
  context: PageContext,
  { session }: SessionCaller,
  notice?: Notice,
  typed?: string,
): Promise<void> {
  const { target } = context;
  const disks = await target
    .installTargets()
    .catch((error: unknown) => `Cannot list the disks: ${reasonOf(error)}`);
  const scheme = exchange.connection.kind === 'tls' ? 'https' : 'http';
  const page = renderControl({
    ...factsOf(context),
    notice,
    formToken: session.formToken,
    address: `${scheme}://${exchange.host}`,
    config: typed ?? target.config.current(),
    confirmBefore: target.config.confirmBefore?.(),
    disks,
  });
  sendPage(exchange, status, page);
}

function sendPage(
  exchange: Exchange,
  status: number,
  page: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  exchange.send(status, ContentType.html, page, { ...PAGE_HEADERS, ...headers });
}

function redirect(exchange: Exchange, headers: Readonly<Record<string, string>>): void {
  // 303: the response to the form is a page that can be reloaded
  exchange.sendText(303, 'go to /control', { Location: '/control', ...headers });
}

/** Without the header by which a browser would prompt for a password and remember it: the form is used instead. */
function withoutBasic(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'WWW-Authenticate': _, ...rest } = headers;
  return rest;
}
