/** Gives recorded NICs back to their drivers, all or those named, and says what became of each. */
import { restoreNics } from '../dpdk/mod.ts';
import type { Logger } from '../log/mod.ts';

/** One line for the log of the shutdown; what failed is logged as an error. Never rejects. */
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
