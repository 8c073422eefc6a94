/**
 * The state of one process of VPP: attempts to connect, and its last answer. A new object for each process, so that
 * nothing of one is held against the next.
 */
import { isErrno, reasonOf } from '../../linux/mod.ts';
import { VppApiError } from './errors.ts';
import { Silence } from './silence.ts';

export class ProcessLife {
  /** Superseded by another process: attempts to connect to this one end. */
  readonly over = new AbortController();
  readonly silence = new Silence();
  /** `Date.now()` since when there is no connection. */
  since = Date.now();
  /** Attempts since the last connection that failed, and those of them that found the socket. */
  failures = 0;
  failuresWithSocket = 0;
  lastError: string | undefined;
  /** It was connected once: from then on silence counts. Before, only its starter knows how long it may take. */
  hasAnswered = false;
  isHung = false;
  /** A ping is pending. */
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
