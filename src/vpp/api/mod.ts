/**
 * VPP's binary API over its Unix socket.
 *
 * Other folders import this file only: `VppConnection` for the long-lived connection, `VppApiClient` for a single one,
 * typed operations for requests to VPP, and the parts from which `fib` builds its frames.
 */

export {
  addReplaceAcl,
  addReplaceMacip,
  deleteAcl,
  deleteMacip,
  dumpAclLists,
  dumpAcls,
  dumpMacips,
  dumpMacipInterfaces,
  setAclCounters,
  setAclList,
  setMacip,
} from './acl-operations.ts';
export {
  addBondMember,
  type BondLoadBalance,
  type BondMode,
  createBond,
  deleteBond,
  detachBondMember,
  dumpBondMembers,
  dumpBonds,
  dumpLacp,
  setBondWeight,
} from './bond-operations.ts';
export {
  addStaticNeighbor,
  deleteNeighbor,
  dumpStaticNeighbors,
  dumpUnnumbered,
  dumpUrpf,
  linkLocal,
  type MssClamp,
  mssClamps,
  setLinkLocal,
  setMacAddress,
  setMssClamp,
  setUnnumbered,
  setUrpf,
  type UrpfMode,
} from './attribute-operations.ts';
export { BulkChannel } from './bulk.ts';
export { VppApiClient } from './client.ts';
export {
  type ConnectedEvent,
  type ConnectKind,
  VppConnection,
  type VppConnectionStatus,
} from './connection.ts';
export { VppApiError, type VppApiErrorCode } from './errors.ts';
export {
  fibPathCodec,
  FIB_PATH_BYTES,
  type FibPath,
  FibPathProto,
  FibPathType,
  fibPath,
} from './fib-path.ts';
export {
  REQUEST_HEADER_BYTES,
  requestOffset,
} from './message.ts';
export { describeProblem } from './message-table.ts';
export type { MessageDef } from './message.ts';
export { greTunnelAddDel, greTunnelDump } from './messages/gre.ts';
export {
  aclAddReplace,
  aclDel,
  aclDump,
  aclInterfaceListDump,
  aclInterfaceSetAclList,
  aclStatsIntfCountersEnable,
  macipAclAddReplace,
  macipAclDel,
  macipAclDump,
  macipAclInterfaceAddDel,
  macipAclInterfaceListDump,
} from './messages/acl.ts';
export {
  bondAddMember,
  bondCreate,
  bondDelete,
  bondDetachMember,
  bondDump,
  bondSetWeight,
  memberDump,
} from './messages/bond.ts';
export {
  createLoopbackInstance,
  createSubif,
  deleteLoopbackRequest,
  deleteSubif,
  swInterfaceSetMacAddress,
  swInterfaceSetUnnumbered,
} from './messages/interface.ts';
export {
  addBridgePort,
  addCrossConnect,
  addStation,
  type BridgeSettings,
  createBridge,
  createBvi,
  deleteBridge,
  deleteBvi,
  dumpBridges,
  dumpCrossConnects,
  dumpStations,
  removeBridgePort,
  removeCrossConnect,
  removeStation,
  setBridge,
  setTagPop,
  tagPopOf,
  type VppBridge,
} from './l2-operations.ts';
export {
  ipRouteAddDel,
  ipUnnumberedDump,
  swInterfaceIp6GetLinkLocalAddress,
  swInterfaceIp6SetLinkLocalAddress,
} from './messages/ip.ts';
export { ipipAddTunnel, ipipDelTunnel, ipipTunnelDump } from './messages/ipip.ts';
export {
  nat44AddDelAddressRange,
  nat44AddDelIdentityMapping,
  nat44AddDelInterfaceAddr,
  nat44AddDelStaticMappingV2,
  nat44AddressDump,
  nat44EdPluginEnableDisable,
  nat44ForwardingEnableDisable,
  nat44IdentityMappingDump,
  nat44InterfaceAddDelFeature,
  nat44InterfaceAddrDump,
  nat44InterfaceDump,
  nat44ShowRunningConfig,
  nat44StaticMappingDump,
  natGetMssClamping,
  natSetMssClamping,
  natSetTimeouts,
} from './messages/nat44.ts';
export {
  bridgeAddDel,
  bridgeDump,
  bridgeSetFlags,
  bridgeSetMacAge,
  bviCreate,
  bviDelete,
  crossConnectDump,
  l2FibAddDel,
  l2FibDump,
  setL2Bridge,
  setL2CrossConnect,
  tagRewrite,
} from './messages/l2.ts';
export { ip6ndProxyAddDel } from './messages/ip6-nd.ts';
export { mplsRouteAddDel } from './messages/mpls.ts';
export { mssClampEnableDisable, mssClampGet } from './messages/mss-clamp.ts';
export { ipNeighborAddDel, ipNeighborDump } from './messages/neighbor.ts';
export { urpfInterfaceDump, urpfUpdate } from './messages/urpf.ts';
export { vxlanAddDelTunnel, vxlanTunnelDump } from './messages/vxlan.ts';
export {
  addDelMplsRoute,
  addDelMplsTable,
  dumpMplsInterfaces,
  dumpMplsRoutes,
  dumpMplsTables,
  FIRST_FREE_LABEL,
  IMPLICIT_NULL,
  labelStack,
  MAX_IMPOSED_LABELS,
  MAX_LABEL,
  MplsPayload,
  type MplsRoute,
  type MplsRouteChange,
  mplsRouteBody,
  setMplsEnabled,
} from './mpls-operations.ts';
export { addDelMulticastPath, dumpMulticast, type MulticastEntry } from './multicast-operations.ts';
export {
  addDelProxyArpRange,
  type Ipv4Range,
  neighborLimits,
  proxyArpInterfaces,
  releaseIpv6,
  setIpv6Off,
  setIpv6On,
  setNeighborLimits,
  setProxyArp,
  setProxyNd,
} from './neighbor-operations.ts';
export {
  addDelNatAddresses,
  addDelNatInterface,
  addDelNatInterfaceAddress,
  addDelNatMapping,
  disableNat44,
  dumpNatAddresses,
  dumpNatInterfaceAddresses,
  dumpNatInterfaces,
  dumpNatMappings,
  enableNat44,
  nat44Config,
  type NatMapping,
  type NatRole,
  type NatTimeouts,
  setNat44Options,
} from './nat-operations.ts';
export { countQueues } from './queue-operations.ts';
export {
  addDelAddress,
  createLoopback,
  createSubInterface,
  deleteLoopback,
  deleteSubInterface,
  dumpAddresses,
  dumpInterfaces,
  type InterfaceEvent,
  interfaceTable,
  isVppAtLeast,
  lcpEnableEthertype,
  lcpEnableOsi,
  type LcpPair,
  lcpPairAdd,
  lcpPairDelete,
  lcpPairs,
  markInterface,
  onInterfaceEvent,
  OWN_TAG,
  ping,
  runCliInband,
  setHardwareMtu,
  setInterfaceFlags,
  setInterfaceMtu,
  setInterfaceTable,
  setInterfaceTag,
  setPromiscuous,
  type VppInterface,
  wantInterfaceEvents,
} from './operations.ts';
export { FIB_AUDIT_MESSAGES, LCP_MESSAGES, REQUIRED_MESSAGES } from './required-messages.ts';
export {
  addDelLocalRoute,
  addDelRoute,
  addDelRoutes,
  addDelTable,
  beginTableReplace,
  dumpFibSources,
  dumpRoutes,
  dumpTables,
  endTableReplace,
  type FibSource,
  lookupRoute,
  lookupSourcedRoute,
  type RouteChange,
  routeBody,
  type VppRoute,
  type VppSourcedRoute,
} from './route-operations.ts';
export { encodeRequest } from './send-many.ts';
export {
  createGre,
  createIpip,
  createVxlan,
  deleteGre,
  deleteIpip,
  deleteVxlan,
  dumpGres,
  dumpIpips,
  dumpVxlans,
  type GreTunnel,
  type Listed,
  type TunnelEnds,
  type VxlanTunnel,
} from './tunnel-operations.ts';
export { NO_INTERFACE, type SwIfIndex, swIfIndex, type TableId, tableId } from './types.ts';
export { Retval } from './vpp-errors.ts';
export { showVersion } from './show-version.ts';
