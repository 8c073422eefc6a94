/** Whether a VPP that was just executed answers on its API in time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnPauses } from '../linux/mod.ts';
import type { VppConnection } from '../vpp/api/mod.ts';
import { exists } from './socket-path.ts';

/** Connection attempts after the API socket appeared, one per second, before VPP counts as stuck (the specification). */
const ATTEMPTS_WITH_SOCKET = 10;
/** Poll interval before the socket exists, short so that the first attempt follows at once. */
const SOCKET_POLL_MS = 20;
const MONITOR_MS = 250;

export interface AwaitAnswerOptions {
  readonly connection: VppConnection;
  readonly apiSocket: string;
  readonly pid: number;
  /** Aborts when the process ends. */
  readonly life: AbortSignal;
  /** `vpp.start-timeout` */
  readonly timeoutSeconds: number;
}

export type Answer =
  | { readonly state: 'answered' /** `performance.now()` */; readonly socketAtMs: number | undefined }
  | { readonly state: 'stuck'; readonly reason: string }
  /** The process ended meanwhile; its exit is reported elsewhere. */
  | { readonly state: 'ended' };

/** Waits until the process `pid` is connected, has ended, or counts as stuck. */
export async function awaitAnswer(options: AwaitAnswerOptions): Promise<Answer> {
  const { connection, apiSocket, pid, life, timeoutSeconds } = options;
  const pauses = new OwnPauses();
  let startedAt = performance.now();
  let socketAtMs: number | undefined;
  while (!life.aborted) {
    // Time in which this process did not run does not count.
    if (pauses.wasPaused()) startedAt = performance.now();
    const { status } = connection;
    if ('vpePid' in status && status.vpePid === pid) return { state: 'answered', socketAtMs };
    if (socketAtMs === undefined && exists(apiSocket)) {
      socketAtMs = performance.now();
      connection.retryNow();
    }
    if (performance.now() - startedAt > timeoutSeconds * 1000) {
      const what =
        socketAtMs === undefined ? 'did not open its API socket' : 'did not answer on its API socket';
      return { state: 'stuck', reason: `VPP ${what} within ${timeoutSeconds} s (vpp.start-timeout)` };
    }
    if (status.state === 'connecting' && status.attemptsWithSocket >= ATTEMPTS_WITH_SOCKET) {
      const last = status.lastError === undefined ? '' : `: ${status.lastError}`;
      return {
        state: 'stuck',
        reason: `VPP did not answer ${ATTEMPTS_WITH_SOCKET} connection attempts${last}`,
      };
    }
    await sleep(socketAtMs === undefined ? SOCKET_POLL_MS : MONITOR_MS);
  }
  return { state: 'ended' };
}
