/**
 * Brings the interfaces of VPP to their targets, in the order that VPP requires: all removals before all additions,
 * over all interfaces; the failure of one interface does not affect the others.
 */
import { formatPrefix, parsePrefix } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';
import type { VppApiClient } from '../vpp/api/mod.ts';
import type { Mirror, Mirrored } from './mirror.ts';
import type { Target } from './targets.ts';
import { afterParent, bind, configure, prune } from './vpp-configure.ts';
import type { Known } from './vpp-status.ts';
import type { ProxyMember, VppProxyArp } from './vpp-proxy-arp.ts';
import type { VppTables } from './vpp-tables.ts';

/** One run. */
export interface Run {
  readonly client: VppApiClient;
  readonly targets: readonly Target[];
  readonly mirror: Mirror | undefined;
  readonly tables: VppTables;
  /** The VRFs of the configuration: the numbers of their tables, with their names. */
  readonly vrfs: ReadonlyMap<number, string>;
  readonly proxyArp: VppProxyArp;
  /** Prefixes inside a network of an interface that have routes through others. */
  readonly elsewhere: (name: string, network: Prefix, tableId: number) => readonly Prefix[];
  /** VPP refused something. */
  readonly fail: (name: string, known: Known, reason: string) => void;
}

/**
 * From tables to admin states; `present` is VPP's state. `secure` is called before an interface is set up, when all are
 * in their tables. Rejects when the connection broke.
 */
export async function applyTargets(
  run: Run,
  present: ReadonlyMap<string, Known>,
  secure: () => Promise<void>,
): Promise<void> {
  const { client, targets, mirror } = run;
  // A failure of a common step stops none of the others, so it is reported last.
  const common = [await together(run, 'tables', () => run.tables.make(client, neededTables(run)))];
  for (const step of [prune, bind]) {
    for (const { name, known, wanted } of targets) {
      if (known.failure === undefined) await attempt(run, name, known, () => step(client, known, wanted));
    }
  }
  common.push(
    await together(run, 'multicast', (mirrored) =>
      mirror?.acceptMulticast(client, mirrored, present, run.tables),
    ),
  );
  await secure();
  // A sub-interface goes up only while its parent is.
  const parentsFirst = targets.toSorted((a, b) => Number(isSub(a)) - Number(isSub(b)));
  const byIndex = new Map(targets.map((target) => [target.known.vpp.swIfIndex, target]));
  for (const target of parentsFirst) {
    const { name, known, wanted, mirrored } = target;
    if (known.failure !== undefined) continue;
    const parent = isSub(target) ? byIndex.get(known.vpp.supSwIfIndex) : undefined;
    const now = parent === undefined ? known : afterParent(known, parent.known, parent.wanted);
    await attempt(run, name, known, async () => {
      const refusals = await configure(client, now, wanted);
      if (mirrored !== undefined) await mirror?.enableIpv4(client, mirrored, known);
      if (refusals.length > 0) throw new Error(refusals.join('; '));
    });
  }
  for (const reason of common) failAll(run, present, reason);
}

/** The tables of the configured VRFs, and those of VRFs of Linux that have interfaces. */
function neededTables({ targets, vrfs }: Run): Map<number, string> {
  const needed = new Map(vrfs);
  for (const { mirrored, wanted } of targets) {
    const { tableId = 0 } = wanted;
    if (tableId !== 0 && !needed.has(tableId)) needed.set(tableId, mirrored?.link.vrf?.name ?? '');
  }
  return needed;
}

function isSub({ known: { vpp } }: Target): boolean {
  return vpp.swIfIndex !== vpp.supSwIfIndex;
}

/** Proxy ARP where the configuration or a TAP has it. Rejects with VPP's reason. */
function completeProxyArp(
  { client, targets, proxyArp, elsewhere }: Run,
  present: ReadonlyMap<string, Known>,
): Promise<void> {
  const ours = new Set(targets.map(({ known }) => known.vpp.swIfIndex));
  const members = targets.flatMap(({ name, hasProxyArp }): ProxyMember[] => {
    const found = present.get(name);
    if (!hasProxyArp || found === undefined) return [];
    const { vpp, addresses, tables } = found;
    const tableId = tables?.[4] ?? 0;
    const others = addresses
      .map((text) => parsePrefix(text))
      .filter((network) => network !== undefined)
      .flatMap((network) => elsewhere(name, network, tableId))
      .map(formatPrefix);
    return [{ swIfIndex: vpp.swIfIndex, tableId, addresses, elsewhere: others }];
  });
  return proxyArp.reconcile(client, members, ours);
}

/** The remaining steps, with VPP's state after `applyTargets`. Rejects when the connection broke. */
export async function completeTargets(run: Run, present: ReadonlyMap<string, Known>): Promise<void> {
  const { client } = run;
  const reasons = [
    await together(run, 'proxy ARP', () => completeProxyArp(run, present)),
    await together(run, 'tables', () => run.tables.release(client, present)),
  ];
  for (const reason of reasons) failAll(run, present, reason);
}

/** Records VPP's reason when it refuses. Rejects when the connection broke. */
export async function attempt(
  { client, fail }: Pick<Run, 'client' | 'fail'>,
  name: string,
  known: Known,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (client.isClosed) throw error;
    fail(name, known, reasonOf(error));
  }
}

/**
 * Runs a step for all interfaces with a TAP; resolves with VPP's reason when it refuses. Rejects when the connection
 * broke.
 */
async function together(
  { client, targets }: Run,
  what: string,
  step: (mirrored: readonly Mirrored[]) => Promise<void> | undefined,
): Promise<string | undefined> {
  try {
    await step(targets.map(({ mirrored }) => mirrored).filter((one) => one !== undefined));
    return undefined;
  } catch (error) {
    if (client.isClosed) throw error;
    return `${what}: ${reasonOf(error)}`;
  }
}

function failAll({ targets, fail }: Run, present: ReadonlyMap<string, Known>, reason?: string): void {
  if (reason === undefined) return;
  for (const { name, mirrored, wanted, hasProxyArp } of targets) {
    const known = present.get(name);
    const isConcerned = mirrored !== undefined || hasProxyArp || (wanted.tableId ?? 0) !== 0;
    if (isConcerned && known !== undefined) fail(name, known, reason);
  }
}
