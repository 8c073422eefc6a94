/** Handles a request to start VPP at once. Shown by test/system/vpp-hang.test.ts. */
import type { VppConfig } from '../config/types.ts';
import { describeService } from '../supervise/status.ts';
import { plural } from '../report/mod.ts';
import type { Service } from '../supervise/mod.ts';

/** The outcome of a request to start VPP at once. */
export interface VppRetry {
  /** `retried`: it waited for its next start and is started now; `unchanged`: it was not waiting. */
  readonly result: 'retried' | 'unchanged';
  readonly message: string;
}

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
