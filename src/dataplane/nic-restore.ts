/** Returns recorded NICs, all or the given ones, to their original drivers, and reports the outcome of each. */
import { restoreNics } from '../dpdk/mod.ts';
import type { Logger } from '../log/mod.ts';

/** Returns one line for the shutdown's log; failures are logged as errors. Never rejects. */
export async function giveNicsBack(
  runDir: string,
  logger: Logger,
  pciAddresses?: readonly string[],
): Promise<string> {
  const outcomes = await restoreNics({ runDir, ...(pciAddresses === undefined ? {} : { pciAddresses }) });
  for (const { pciAddress, state, driver, kernelName, reason } of outcomes) {
    const where = kernelName === undefined ? '' : ` (${kernelName})`;
    const words = `${pciAddress} ${state}, driver ${driver ?? 'none'}${where}`;
    if (state === 'failed') logger.error('nic', `${words}: ${reason ?? 'unknown reason'}`);
    else logger.info('nic', words);
  }
  if (outcomes.length === 0) return 'no NIC was taken';
  return outcomes.map(({ pciAddress, driver }) => `${pciAddress} on ${driver ?? 'no driver'}`).join(', ');
}
