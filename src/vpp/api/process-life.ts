/**
 * What is known of one process of VPP: attempts at it, and when it answered last. Made anew with each process, so that
 * nothing of one is held against the next.
 */
import { isErrno, reasonOf } from '../../linux/mod.ts';
import { VppApiError } from './errors.ts';
import { Silence } from './silence.ts';

export class ProcessLife {
  /** Another process is meant from now on: what is under way to this one is over. */
  readonly over = new AbortController();
  readonly silence = new Silence();
  /** `Date.now()` from which on there is no connection. */
  since = Date.now();
  /** Attempts since the last connection that failed, and those of them that found the socket there. */
  failures = 0;
  failuresWithSocket = 0;
  lastError: string | undefined;
  /** There was a complete connection: from then on silence counts. Before, whoever started it knows how long it may take. */
  hasAnswered = false;
  isHung = false;
  /** A ping is under way. */
  isAsked = false;

  heard(): void {
    this.silence.end();
    this.isHung = false;
  }

  connected(): void {
    this.hasAnswered = true;
    this.failures = this.failuresWithSocket = 0;
    this.lastError = undefined;
  }

  failed(error: unknown): void {
    this.failures++;
    this.lastError = reasonOf(error);
    if (!isSocketMissing(error)) this.failuresWithSocket++;
  }
}

function isSocketMissing(error: unknown): boolean {
  if (!(error instanceof VppApiError)) return false;
  return isErrno(error.cause, 'ENOENT');
}
