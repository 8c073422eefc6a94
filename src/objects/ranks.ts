/**
 * The total order of all steps. What is removed comes first, from the outside of the graph inwards; then what is
 * created, from the inside outwards; then what is set on finished interfaces.
 *
 * Most of VPP's objects do not notice when the interface that they stand on is deleted, and the next interface with the
 * same index meets them: so they are removed before.
 */
const ORDER = [
  // Removed.
  'natRulesOff',
  'natInterfacesOff',
  'natPoolsOff',
  'natOff',
  'filtersOff',
  'featuresOff',
  'neighborsOff',
  /** A bond takes the address that its first member has. */
  'macsOff',
  /** The pairs of linux-cp of interfaces that go: by the owner of the pairs, not by a kind. */
  'interfacesReleased',
  'crossConnectsOff',
  'portsOff',
  'bridgesOff',
  'innerSubInterfacesOff',
  'subInterfacesOff',
  'tunnelsOff',
  'membersOff',
  'bondsOff',
  'loopbacksOff',
  // Created.
  'filters',
  'loopbacks',
  'bonds',
  'members',
  'tunnels',
  /** Of NICs and of all that was made, before pairs are made of them. */
  'macs',
  'subInterfaces',
  'innerSubInterfaces',
  'bridges',
  'ports',
  'crossConnects',
  // Here pairs are made and interfaces are bound to their tables. Set before an interface is up:
  'filtersOn',
  'sourceChecks',
  'nat',
  'natPools',
  'natInterfaces',
  'natRules',
  // Set on what is finished: it has its addresses, and is up.
  'features',
  'neighbors',
  'filtersGone',
] as const;

export type Rank = (typeof ORDER)[number];

/** Where a rank stands, from 0. */
export function placeOfRank(rank: Rank): number {
  return ORDER.indexOf(rank);
}

/** Up to this rank objects are removed and made; the ones after it are set on interfaces that have their pairs. */
const LAST_STRUCTURE = placeOfRank('crossConnects');

/** Whether a step comes before the pairs and the attributes of interfaces. */
export function isStructure({ rank }: { readonly rank: Rank }): boolean {
  return placeOfRank(rank) <= LAST_STRUCTURE;
}

const FIRST_FINISH = placeOfRank('features');

/** Whether a step comes before the addresses of interfaces, and before they are up. */
export function isSecurity(step: { readonly rank: Rank }): boolean {
  return !isStructure(step) && placeOfRank(step.rank) < FIRST_FINISH;
}
