/**
 * Which interfaces of VPP are to have a TAP in Linux (a pair of linux-cp), and the steps to get there. Pure.
 *
 * A TAP has the name of its interface, or its own (`host-name`). An existing pair that differs stays as it is, and is
 * reported: a routing daemon may use it; one that had its name from us is made anew with another one. Pairs of interfaces that nobody named belong to others: for example to
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
  /** The name of the TAP. */
  readonly hostName: string;
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
  /** The names of TAPs that differ from those of their interfaces. */
  readonly hostNames: ReadonlyMap<string, string>;
  /** The names of the TAPs that we made or took over, by interface. */
  readonly known: ReadonlyMap<string, string>;
}

/** The steps that make VPP's pairs match the needs; interfaces that VPP does not have are skipped. */
export function planPairs(
  needs: LcpNeeds,
  interfaces: Iterable<VppInterface>,
  pairs: readonly LcpPair[],
): LcpPlan {
  const { wanted, released, netns, hostNames, known } = needs;
  const all = [...interfaces];
  const byInterface = new Map(pairs.map((pair) => [pair.phySwIfIndex, pair]));
  const hostNameOf = (name: string): string => hostNames.get(name) ?? name;
  const isRenamed = ({ name, swIfIndex }: VppInterface): boolean => {
    const pair = byInterface.get(swIfIndex);
    if (pair === undefined || pair.netns !== netns || !wanted.has(name)) return false;
    return pair.hostIfName !== hostNameOf(name) && pair.hostIfName === known.get(name);
  };
  const renamed = new Set(all.filter(isRenamed).map(({ swIfIndex }) => swIfIndex));
  // The TAP of a VLAN is on that of its parent.
  const anew = new Set(
    all
      .filter(({ swIfIndex, supSwIfIndex }) => renamed.has(swIfIndex) || renamed.has(supSwIfIndex))
      .filter(({ name, swIfIndex }) => wanted.has(name) && byInterface.has(swIfIndex))
      .map(({ swIfIndex }) => swIfIndex),
  );
  const staying = pairs.filter(({ phySwIfIndex }) => !anew.has(phySwIfIndex));
  const owners = new Map(staying.map((pair) => [`${pair.netns}/${pair.hostIfName}`, pair.phySwIfIndex]));
  const removals: LcpStep[] = [];
  const additions: VppInterface[] = [];
  const refusals = new Map<string, string>();
  const names = new Map<SwIfIndex, string>();
  const tags = new Map<SwIfIndex, number>();
  for (const one of all) {
    names.set(one.swIfIndex, one.name);
    tags.set(one.swIfIndex, isSub(one) ? (one.sub?.tags ?? 1) : 0);
  }
  const tagsOf = (index: SwIfIndex): number => tags.get(index) ?? 0;
  const stepOf = (step: LcpStep['step'], one: VppInterface): LcpStep => {
    const { name, swIfIndex } = one;
    return { step, name, hostName: hostNameOf(name), swIfIndex, hostType: hostTypeOf(one) };
  };
  for (const one of all) {
    const { name, swIfIndex } = one;
    const pair = anew.has(swIfIndex) ? undefined : byInterface.get(swIfIndex);
    if (anew.has(swIfIndex)) removals.push(stepOf('remove', one));
    if (!wanted.has(name)) {
      const isOurs = pair?.netns === netns && pair.hostIfName === (known.get(name) ?? name);
      if (released.has(name) && isOurs) removals.push(stepOf('remove', one));
      continue;
    }
    const hostName = hostNameOf(name);
    const owner = owners.get(`${netns}/${hostName}`);
    const refusal =
      pair === undefined ? refusalOf(hostName, netns, owner, names) : differenceOf(pair, hostName, netns);
    if (refusal !== undefined) refusals.set(name, refusal);
    else if (pair === undefined) additions.push(one);
  }
  // The TAP of a parent takes those of its VLANs with it, and leaves their pairs behind.
  removals.sort((a, b) => tagsOf(b.swIfIndex) - tagsOf(a.swIfIndex));
  additions.sort((a, b) => Number(isSub(a)) - Number(isSub(b)));
  const steps = additions.map((one) => stepOf('add', one));
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
