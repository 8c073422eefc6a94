/** The messages that the appliance needs to drive VPP; linux_cp's are required only where it is enabled. */

import type { MessageDef } from './message.ts';
import { fibSourceDump } from './messages/fib.ts';
import * as interfaces from './messages/interface.ts';
import * as ip from './messages/ip.ts';
import { lcpItfPairAddDelV2, lcpItfPairGet } from './messages/lcp.ts';
import { controlPing } from './messages/memclnt.ts';
import * as mpls from './messages/mpls.ts';
import * as neighbor from './messages/neighbor.ts';
import { showVersionRequest } from './messages/vpe.ts';

/** Messages that every appliance needs. */
export const REQUIRED_MESSAGES: readonly MessageDef<unknown>[] = [
  controlPing,
  showVersionRequest,
  interfaces.swInterfaceDump,
  interfaces.wantInterfaceEventsRequest,
  interfaces.swInterfaceEvent,
  interfaces.swInterfaceSetFlags,
  interfaces.swInterfaceSetMtu,
  interfaces.hwInterfaceSetMtu,
  interfaces.swInterfaceAddDelAddress,
  interfaces.swInterfaceSetTable,
  interfaces.swInterfaceGetTable,
  interfaces.createLoopbackInstance,
  ip.ipTableAddDel,
  ip.ipTableReplaceBegin,
  ip.ipTableReplaceEnd,
  ip.ipTableDump,
  ip.ipRouteAddDel,
  ip.ipRouteAddDelV2,
  ip.ipRouteDump,
  ip.ipAddressDump,
  ip.ipMrouteAddDel,
  ip.ipMrouteDump,
  ip.swInterfaceIp6EnableDisable,
  neighbor.ipNeighborConfig,
  neighbor.proxyArpAddDel,
  neighbor.proxyArpIntfcEnableDisable,
  neighbor.proxyArpIntfcDump,
  mpls.mplsTableAddDel,
  mpls.mplsTableDump,
  mpls.mplsRouteAddDel,
  mpls.mplsRouteDump,
  mpls.mplsInterfaceDump,
  mpls.swInterfaceSetMplsEnable,
];

/** Messages for auditing the routes in VPP; without them the audit is skipped. */
export const FIB_AUDIT_MESSAGES: readonly MessageDef<unknown>[] = [ip.ipRouteLookupV2, fibSourceDump];

/** Further messages for `vpp.lcp.enabled`. */
export const LCP_MESSAGES: readonly MessageDef<unknown>[] = [lcpItfPairAddDelV2, lcpItfPairGet];
