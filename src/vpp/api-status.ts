/** Converts the status of the API connection to the one that is shown. */
import type { ApiStatus } from './status.ts';
import { describeProblem, type VppConnection } from './api/mod.ts';

/** VPP is pinged after a second of silence: a longer one is reported. */
const SILENCE_MS = 3_000;

/** The status of a connection in /status. */
export function apiStatus({ status, silentMs }: Pick<VppConnection, 'status' | 'silentMs'>): ApiStatus {
  switch (status.state) {
    case 'idle':
      return { state: 'idle', reason: 'VPP has not started yet' };
    case 'connecting':
      return {
        state: 'connecting',
        since: status.since,
        attempt: status.attempt,
        ...(status.lastError === undefined ? {} : { reason: status.lastError }),
      };
    case 'connected':
      return {
        state: 'connected',
        since: status.since,
        vpePid: status.vpePid,
        ...(silentMs < SILENCE_MS ? {} : { silentSince: Math.round(Date.now() - silentMs) }),
      };
    case 'incompatible':
      return {
        state: 'incompatible',
        since: status.since,
        reason: status.reason,
        messages: status.problems.map((problem) => ({
          name: problem.message,
          reason: describeProblem(problem),
        })),
      };
    case 'disconnected':
      return { state: 'disconnected', since: status.since, reason: status.reason };
  }
}
