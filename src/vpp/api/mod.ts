/**
 * VPP's binary API over its Unix socket.
 *
 * Other folders import this file only: `VppConnection` for the long-lived connection, `VppApiClient` for a single one,
 * typed operations for requests to VPP, the messages that they need, and the parts from which `fib` builds its frames.
 */

export { BulkChannel, SILENT_WINDOW } from './bulk.ts';
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
export { type MessageDef, REQUEST_HEADER_BYTES, requestOffset } from './message.ts';
export { describeProblem } from './message-table.ts';
export { FIB_AUDIT_MESSAGES, LCP_MESSAGES, REQUIRED_MESSAGES } from './required-messages.ts';
export { encodeRequest } from './send-many.ts';
export { showVersion } from './show-version.ts';
export { NO_INTERFACE, type SwIfIndex, swIfIndex, type TableId, tableId } from './types.ts';
export { Retval } from './vpp-errors.ts';

export * from './acl-operations.ts';
export * from './attribute-operations.ts';
export * from './bond-operations.ts';
export * from './l2-operations.ts';
export * from './mpls-operations.ts';
export * from './multicast-operations.ts';
export * from './nat-operations.ts';
export * from './neighbor-operations.ts';
export * from './queue-operations.ts';
export * from './route-operations.ts';
export * from './tunnel-operations.ts';
export * from './operations.ts';

export * from './messages/acl.ts';
export * from './messages/bond.ts';
export * from './messages/gre.ts';
export * from './messages/interface.ts';
export * from './messages/ip.ts';
export * from './messages/ip6-nd.ts';
export * from './messages/ipip.ts';
export * from './messages/l2.ts';
export * from './messages/mpls.ts';
export * from './messages/mss-clamp.ts';
export * from './messages/nat44.ts';
export * from './messages/neighbor.ts';
export * from './messages/urpf.ts';
export { addNodeNext } from './messages/vpe.ts';
export * from './messages/vxlan.ts';
