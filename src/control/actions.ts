/** What admitted requests of programs and forms of the page do, with the words for it: once for both. */
import { describeReset } from '../disk/mod.ts';
import { type Level, plural } from '../report/mod.ts';
import type { Exchange } from '../telemetry/mod.ts';
import { type Fields, InputError, readFlag, RefusedError } from './answer.ts';
import type { Caller, Guard } from './guard.ts';
import { Password } from './password.ts';
import type { ControlTarget } from './target.ts';

/** Time for sending the response before the machine goes down regardless. */
const LAST_WORDS_MS = 1000;

/** What the actions work on. */
export interface ActionContext {
  readonly target: ControlTarget;
  readonly password: Password;
  readonly guard: Guard;
}

/** How an action ended. */
export interface Outcome {
  /** For programs, which compare it. */
  readonly result: string;
  readonly level: Level;
  /** In lines; the first is a sentence. */
  readonly words: readonly string[];
  /** Further fields of the answer to a program. */
  readonly facts?: object;
  /** What follows once the response was sent: afterwards the connection may be lost. */
  readonly after?: () => void;
}

export function power({ target }: ActionContext, action: 'restart' | 'power-off'): Outcome {
  const words = [action === 'restart' ? 'the appliance restarts' : 'the appliance powers off'];
  return { result: action, level: 'ok', words, after: () => target.power(action) };
}

/** @param disk empty: the caller named none */
export async function install({ target }: ActionContext, disk: string): Promise<Outcome> {
  if (disk === '') throw new InputError('expected the name of a disk that GET /install lists, got none');
  await target.install(disk);
  return {
    result: 'installed',
    level: 'ok',
    words: [`the appliance is installed on ${disk}`],
    facts: { disk },
  };
}

export async function factoryReset({ target }: ActionContext, fields: Fields): Promise<Outcome> {
  if (fields.get('confirm')?.trim() !== 'erase') {
    throw new InputError('a factory reset erases configuration, password and logs: expected confirm=erase');
  }
  const keepNetwork = readFlag(fields, 'keep-network');
  const report = await target.factoryReset({ keepNetwork });
  const missed = report.notErased.length;
  const exceptions = missed === 0 ? '' : `, with ${plural(missed, 'exception')}`;
  const kept = keepNetwork ? ', [management] was kept' : '';
  const first = `everything but the image was erased${exceptions}${kept}; the appliance restarts`;
  const words = [first, ...describeReset(report)];
  return {
    result: missed === 0 ? 'erased' : 'incomplete',
    level: missed === 0 ? 'ok' : 'warning',
    words,
    facts: { ...report, words },
    after: () => target.power('restart'),
  };
}

/** Changes the password and ends all other sessions. Rejects with InputError, or RefusedError for a wrong old one. */
export async function changePassword(
  { guard, password }: ActionContext,
  exchange: Exchange,
  caller: Caller,
  fields: Fields,
): Promise<Outcome> {
  const wanted = fields.get('new') ?? '';
  const session = caller.kind === 'session' ? caller.session : undefined;
  const differs = session !== undefined && fields.get('again') !== wanted;
  const refusal = differs ? 'the new passwords differ' : Password.refusal(wanted);
  if (refusal !== undefined) throw new InputError(refusal);
  // the socket's owner owns the box, and may have forgotten the old password
  if (caller.kind !== 'socket') {
    const old = fields.get('old');
    if (old === undefined) throw new InputError('missing old password: expected old and new');
    const verdict = await guard.checkPassword(exchange, old);
    if (!verdict.admitted)
      throw new RefusedError({ ...verdict, reason: `the old password: ${verdict.reason}` });
  }
  await password.change(wanted);
  guard.sessions.endOthers(session);
  return { result: 'changed', level: 'ok', words: ['the password is changed'] };
}

/** Runs what follows when the response was sent, or could not be sent in time. */
export async function afterAnswer(exchange: Exchange, { after }: Outcome): Promise<void> {
  if (after === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_WORDS_MS);
  });
  await Promise.race([exchange.sent(), patience]);
  clearTimeout(timer);
  after();
}
