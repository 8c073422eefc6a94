/** The messages without which the appliance cannot drive VPP; linux_cp's are asked for only where it is enabled. */

import type { MessageDef } from './message.ts';
import { fibSourceDump } from './messages/fib.ts';
import * as interfaces from './messages/interface.ts';
import * as ip from './messages/ip.ts';
import { lcpItfPairAddDelV2, lcpItfPairGet } from './messages/lcp.ts';
import { controlPing } from './messages/memclnt.ts';
import * as mpls from './messages/mpls.ts';
import { showVersionRequest } from './messages/vpe.ts';

/** What every appliance needs. */
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
  interfaces.createLoopbackInstance,
  ip.ipTableAddDel,
  ip.ipTableReplaceBegin,
  ip.ipTableReplaceEnd,
  ip.ipRouteAddDel,
  ip.ipRouteDump,
  ip.ipAddressDump,
  mpls.mplsTableAddDel,
  mpls.mplsTableDump,
  mpls.mplsRouteAddDel,
  mpls.mplsRouteDump,
  mpls.mplsInterfaceDump,
  mpls.swInterfaceSetMplsEnable,
];

/** What looking at the routes in VPP needs; without them it is not looked at. */
export const FIB_AUDIT_MESSAGES: readonly MessageDef<unknown>[] = [ip.ipRouteLookupV2, fibSourceDump];

/** What `vpp.lcp.enabled` needs besides. */
export const LCP_MESSAGES: readonly MessageDef<unknown>[] = [lcpItfPairAddDelV2, lcpItfPairGet];
