/**
 * The configuration: INI text in, typed `Config` or every mistake at once out.
 *
 * This file names what the rest of the appliance may import. `src/config` imports nobody; ajv and esbuild are needed
 * only by `generate.ts`, at build time.
 */

export {
  expandAcl,
  expandMacip,
  type FilterLists,
  filterLists,
  ruleNumbers,
  type FilterRule,
  itemsOf,
} from './acl-expand.ts';
export { type AclRule, protocolName } from './acl-rule.ts';
export type { ParsedAddress, ParsedPrefix } from './addresses.ts';
export {
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './addresses.ts';
export { renderDefaultIni } from './default-ini.ts';
export {
  type ChangePlan,
  type ConfigChange,
  formatPlan,
  inForceAfter,
  isEmptyPlan,
  planChange,
  startsVpp,
  type VppStep,
} from './difference.ts';
export { formatRange, type NumberRange } from './filter-values.ts';
export { type MacipRule } from './macip-rule.ts';
export { type Encapsulation, encapsulationOf, MAX_VLAN } from './encapsulation.ts';
export { hostNamesOf } from './host-names.ts';
export { interfaceConfig } from './interface-config.ts';
export { isImageVersion } from './image-version.ts';
export { renderKeptNetwork } from './kept-network.ts';
export { type ChangePart, READY_CHECKS, type ReadyCheckName } from './leaf.ts';
export type { MachineFacts } from './machine.ts';
export { machineProblems } from './machine.ts';
export { type AddressRange, formatAddressRange, ipv4Number, ipv4Text } from './nat-values.ts';
export { nearest } from './nearest.ts';
export { defaultConfig, parseConfig } from './parse.ts';
export { type Port, portsOf, portTraits } from './ports.ts';
export { formatProblem } from './problems.ts';
export { formatAction, formatDestination } from './route-difference.ts';
export { readRouteLine } from './route-line.ts';
export { LEAVES } from './sections.ts';
export { BGP_FAMILIES, type BgpFamilyName } from './sections/bgp.ts';
export { LOOPBACK_NAME } from './sections/interfaces.ts';
export { subInterfaceName } from './sub-interface-name.ts';
export { DEFAULT_VRF, tableOfVrf } from './vrf-checks.ts';
export { type Tunnel, tunnelsOf } from './tunnels.ts';
export type * from './types.ts';
