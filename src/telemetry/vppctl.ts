/** Owns `GET /vppctl?command=show …`: which commands are let through, and the bounds on time, number and size. */
import { ContentType, type Exchange } from './exchange.ts';
import { printable } from './format.ts';
import type { StatusProvider } from './status.ts';

const MAX_COMMAND_CHARACTERS = 256;
const MAX_OUTPUT_CHARACTERS = 4 << 20;
const TIMEOUT_MS = 10_000;
/** VPP runs one command at a time, in its main thread. */
const MAX_AT_ONCE = 2;

export class Vppctl {
  readonly #source: StatusProvider;
  #running = 0;

  constructor(source: StatusProvider) {
    this.#source = source;
  }

  async answer(exchange: Exchange): Promise<void> {
    const checked = checkCommand(exchange.url.searchParams.get('command') ?? '');
    if (!checked.ok) {
      exchange.sendText(400, checked.reason);
      return;
    }
    if (exchange.isHead) {
      exchange.send(200, ContentType.text, '');
      return;
    }
    if (this.#running >= MAX_AT_ONCE) {
      exchange.sendText(503, `${MAX_AT_ONCE} commands are running already, try again`, {
        'Retry-After': '1',
      });
      return;
    }
    this.#running++;
    try {
      await this.#run(exchange, checked.command);
    } finally {
      this.#running--;
    }
  }

  async #run(exchange: Exchange, command: string): Promise<void> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = AbortSignal.any([exchange.signal, timeout]);
    let output: string;
    try {
      output = await raceAbort(this.#source.vppctl(command, signal), signal);
    } catch (error) {
      if (exchange.signal.aborted) return;
      if (timeout.aborted)
        exchange.sendText(504, `VPP did not answer "${command}" within ${TIMEOUT_MS / 1000} s`);
      else exchange.sendText(503, error instanceof Error ? error.message : String(error));
      return;
    }
    if (exchange.signal.aborted) return;
    const isCut = output.length > MAX_OUTPUT_CHARACTERS;
    const text = printable((isCut ? output.slice(0, MAX_OUTPUT_CHARACTERS) : output).replaceAll('\r', ''));
    const note = isCut ? `\n[cut after ${MAX_OUTPUT_CHARACTERS} of ${output.length} characters]\n` : '';
    exchange.send(200, ContentType.text, text + note);
  }
}

type CheckedCommand =
  | { readonly ok: true; readonly command: string }
  | { readonly ok: false; readonly reason: string };

/** Lets through one line of printable ASCII that begins with the whole word `show`. */
function checkCommand(text: string): CheckedCommand {
  const command = text.trim();
  if (command === '') return { ok: false, reason: 'which command? /vppctl?command=show+version' };
  if (text.length > MAX_COMMAND_CHARACTERS) {
    return { ok: false, reason: `a command may have at most ${MAX_COMMAND_CHARACTERS} characters` };
  }
  if (!/^[\x20-\x7e]+$/.test(text)) {
    return { ok: false, reason: 'a command is one line of printable ASCII characters' };
  }
  if (!/^show( |$)/.test(command)) {
    return {
      ok: false,
      reason: 'only commands that begin with "show" are run: nothing changes anything here',
    };
  }
  return { ok: true, command };
}

/** The work's outcome, or a rejection as soon as the signal is aborted, whether the work minds the signal or not. */
async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new Error('aborted', { cause: signal.reason }));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
