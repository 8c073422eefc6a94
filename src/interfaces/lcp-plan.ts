/**
 * Which interfaces of VPP are to have a TAP in Linux (a pair of linux-cp), and the steps to get there. Pure.
 *
 * A TAP has the name of its interface. An existing pair that differs stays as it is, and is reported: a routing daemon
 * may use it. Pairs of interfaces that nobody named belong to others: for example to
 * lcp-auto-subint, which makes those of sub-interfaces.
 *
 * Facts of VPP 25.02 and 26.06 (lcp_interface.c, tap.c): a name that is too long or has other characters is refused;
 * the name of another TAP in the namespace is accepted, and both interfaces then share that TAP.
 */
import type { LcpPair, SwIfIndex, VppInterface } from '../vpp/api/mod.ts';

/** Characters of a Linux interface's name: IFNAMSIZ with its NUL is 16. */
const MAX_NAME = 15;
/** lcp_validate_if_name */
const NAME = /^[A-Za-z0-9\-_%@:.]+$/;

export interface LcpStep {
  readonly step: 'add' | 'remove';
  readonly name: string;
  readonly swIfIndex: SwIfIndex;
  /** A TUN has IP packets: for tunnels without Ethernet. */
  readonly hostType: LcpPair['hostType'];
}

export interface LcpPlan {
  /** In this order: removals first, parents before their sub-interfaces. */
  readonly steps: readonly LcpStep[];
  /** Why an interface gets no pair, by its name. */
  readonly refusals: ReadonlyMap<string, string>;
}

export interface LcpNeeds {
  /** Interfaces that are to have a TAP. */
  readonly wanted: ReadonlySet<string>;
  /** Interfaces that are no longer to have one. */
  readonly released: ReadonlySet<string>;
  /** The namespace of the TAPs. */
  readonly netns: string;
}

/** The steps that make VPP's pairs match the needs; interfaces that VPP does not have are skipped. */
export function planPairs(
  needs: LcpNeeds,
  interfaces: Iterable<VppInterface>,
  pairs: readonly LcpPair[],
): LcpPlan {
  const { wanted, released, netns } = needs;
  const byInterface = new Map(pairs.map((pair) => [pair.phySwIfIndex, pair]));
  const owners = new Map(pairs.map((pair) => [`${pair.netns}/${pair.hostIfName}`, pair.phySwIfIndex]));
  const removals: LcpStep[] = [];
  const additions: VppInterface[] = [];
  const refusals = new Map<string, string>();
  const names = new Map<SwIfIndex, string>();
  const tags = new Map<SwIfIndex, number>();
  for (const one of interfaces) {
    names.set(one.swIfIndex, one.name);
    tags.set(one.swIfIndex, isSub(one) ? (one.sub?.tags ?? 1) : 0);
  }
  const tagsOf = (index: SwIfIndex): number => tags.get(index) ?? 0;
  for (const one of interfaces) {
    const { name, swIfIndex } = one;
    const pair = byInterface.get(swIfIndex);
    if (!wanted.has(name)) {
      const isOurs = pair?.hostIfName === name && pair.netns === netns;
      if (released.has(name) && isOurs) {
        removals.push({ step: 'remove', name, swIfIndex, hostType: hostTypeOf(one) });
      }
      continue;
    }
    const owner = owners.get(`${netns}/${name}`);
    const refusal =
      pair === undefined ? refusalOf(name, netns, owner, names) : differenceOf(pair, name, netns);
    if (refusal !== undefined) refusals.set(name, refusal);
    else if (pair === undefined) additions.push(one);
  }
  // The TAP of a parent takes those of its VLANs with it, and leaves their pairs behind.
  removals.sort((a, b) => tagsOf(b.swIfIndex) - tagsOf(a.swIfIndex));
  additions.sort((a, b) => Number(isSub(a)) - Number(isSub(b)));
  const steps = additions.map((one): LcpStep => {
    const { name, swIfIndex } = one;
    return { step: 'add', name, swIfIndex, hostType: hostTypeOf(one) };
  });
  return { steps: [...removals, ...steps], refusals };
}

/** The pairs with a TAP in a namespace, by the names of their interfaces in VPP. */
export function pairsOf(
  netns: string,
  interfaces: Iterable<VppInterface>,
  pairs: readonly LcpPair[],
): Map<string, LcpPair> {
  const names = new Map<SwIfIndex, string>();
  for (const { swIfIndex, name } of interfaces) names.set(swIfIndex, name);
  const found = new Map<string, LcpPair>();
  for (const pair of pairs) {
    const name = names.get(pair.phySwIfIndex);
    if (pair.netns === netns && name !== undefined) found.set(name, pair);
  }
  return found;
}

/** VPP refuses a TAP for an interface without Ethernet, which has no MAC address; nor has VPP's view of a sub-interface. */
function hostTypeOf(one: VppInterface): LcpPair['hostType'] {
  return one.mac === '00:00:00:00:00:00' && !isSub(one) ? 'tun' : 'tap';
}

function isSub({ swIfIndex, supSwIfIndex }: VppInterface): boolean {
  return swIfIndex !== supSwIfIndex;
}

function refusalOf(
  name: string,
  netns: string,
  owner: SwIfIndex | undefined,
  names: ReadonlyMap<SwIfIndex, string>,
): string | undefined {
  if (name.length > MAX_NAME) {
    return `"${name}" has ${name.length} characters, expected at most ${MAX_NAME}, as Linux allows`;
  }
  if (!NAME.test(name))
    return `"${name}" has characters that VPP does not allow for a TAP, expected A-Z a-z 0-9 - _ % @ : .`;
  if (owner === undefined) return undefined;
  return `"${name}" in the namespace ${netns} is already the TAP of ${names.get(owner) ?? `interface ${owner}`}`;
}

function differenceOf(pair: LcpPair, name: string, netns: string): string | undefined {
  if (pair.hostIfName === name && pair.netns === netns) return undefined;
  const where = pair.netns === '' ? "VPP's own namespace" : `the namespace ${pair.netns}`;
  return `it already has the TAP "${pair.hostIfName}" in ${where}, expected "${name}" in ${netns}: remove the other pair`;
}
