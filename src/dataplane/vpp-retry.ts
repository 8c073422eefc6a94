/** Handles a request to start VPP at once. Shown by test/system/vpp-hang.test.ts. */
import type { VppConfig } from '../config/types.ts';
import type { VppRetry } from '../control/mod.ts';
import { describeService } from '../supervise/status.ts';
import { plural } from '../report/mod.ts';
import type { Service } from '../supervise/mod.ts';

/** Starts a VPP that waits for its next start; throws an error with the code `refused` when we do not run VPP. */
export function retryVpp(service: Service | undefined, { enabled }: VppConfig): VppRetry {
  if (service === undefined) {
    const why = enabled ? 'external (vpp.external = true)' : 'disabled (vpp.enabled = false)';
    throw Object.assign(new Error(`VPP is ${why}: it is not started here`), { code: 'refused' });
  }
  const { status } = service;
  if (status.state !== 'looping' && status.state !== 'backoff') {
    const message = `VPP is ${describeService(status, Date.now())}: there is nothing to retry`;
    return { result: 'unchanged', message };
  }
  service.retryNow();
  const failed = `it had failed ${plural(status.failures, 'time')} in a row: ${status.reason}`;
  return { result: 'retried', message: `VPP is started now; ${failed}` };
}
