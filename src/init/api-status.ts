/** The API connection's own status in the words of telemetry. */
import type { ApiStatus } from '../telemetry/status.ts';
import { describeProblem, type VppConnection } from '../vpp/api/mod.ts';

/** What /status says of a connection. */
export function apiStatus(status: VppConnection['status']): ApiStatus {
  switch (status.state) {
    case 'idle':
      return { state: 'idle', reason: 'VPP was not started yet' };
    case 'connecting':
      return {
        state: 'connecting',
        since: status.since,
        attempt: status.attempt,
        ...(status.lastError === undefined ? {} : { reason: status.lastError }),
      };
    case 'connected':
      return { state: 'connected', since: status.since, vpePid: status.vpePid };
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
