/** What VPP would leave behind of interfaces that it is about to delete, or to take the frames of. */
import { lcpPairDelete, lcpPairs, setMplsEnabled } from '../vpp/api/mod.ts';
import { attempt, type Run } from './apply-targets.ts';
import { bind, prune, RELEASED } from './vpp-configure.ts';
import type { Known } from './vpp-status.ts';

/**
 * Interfaces that are about to be deleted (`removed`), or to become ports (`taken`): their pairs go first, and with them
 * what VPP would leave for the next interface with the same index; of ports their addresses too. Rejects when the
 * connection broke.
 */
export async function releaseInterfaces(
  { client, fail, mirror, proxyArp, tables }: Omit<Run, 'targets' | 'vrfs' | 'elsewhere'>,
  present: ReadonlyMap<string, Known>,
  removed: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): Promise<void> {
  const paired = new Set((await lcpPairs(client).catch(() => [])).map(({ phySwIfIndex }) => phySwIfIndex));
  // Two tags before one, one before their parents: a parent's TAP takes the others' with it.
  const last = [...removed.union(taken)].sort((a, b) => b.split('.').length - a.split('.').length);
  for (const name of last) {
    const known = present.get(name);
    if (known === undefined) continue;
    const { swIfIndex } = known.vpp;
    await attempt({ client, fail }, name, known, async () => {
      await proxyArp.release(client, swIfIndex);
      await mirror?.release(client, name, swIfIndex, tables);
      if (known.mpls) await setMplsEnabled(client, swIfIndex, false);
      if (paired.has(swIfIndex)) await lcpPairDelete(client, swIfIndex);
      if (!taken.has(name)) return;
      await prune(client, known, RELEASED);
      await bind(client, known, RELEASED);
    });
  }
}
