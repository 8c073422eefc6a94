/** The emulator's handlers, by message name. */

import { runCommand } from './cli-commands.ts';
import { type Handler, i32, type ShortHandler } from './handler.ts';
import { ACL_HANDLERS } from './handlers-acl.ts';
import { BOND_HANDLERS } from './handlers-bonds.ts';
import { ATTRIBUTE_HANDLERS } from './handlers-attributes.ts';
import { BRIDGING_HANDLERS } from './handlers-bridging.ts';
import { INTERFACE_HANDLERS } from './handlers-interfaces.ts';
import { LCP_HANDLERS } from './handlers-lcp.ts';
import { MPLS_HANDLERS, MPLS_SHORT_HANDLERS } from './handlers-mpls.ts';
import { MULTICAST_HANDLERS } from './handlers-multicast.ts';
import { NAT44_HANDLERS } from './handlers-nat44.ts';
import { NEIGHBOR_HANDLERS } from './handlers-neighbor.ts';
import { QUEUE_HANDLERS } from './handlers-queues.ts';
import { ROUTE_HANDLERS, ROUTE_SHORT_HANDLERS } from './handlers-routes.ts';
import { TUNNEL_HANDLERS } from './handlers-tunnels.ts';
import { Retval } from './vpp-state.ts';

/** Messages whose reply is a retval and one u32, by name; looked up before the others. */
export const SHORT_HANDLERS: Readonly<Record<string, ShortHandler>> = {
  ...ROUTE_SHORT_HANDLERS,
  ...MPLS_SHORT_HANDLERS,
};

/** By message name; a name without a handler is dropped, as VPP does with unknown messages. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...ACL_HANDLERS,
  ...BOND_HANDLERS,
  ...BRIDGING_HANDLERS,
  ...INTERFACE_HANDLERS,
  ...ATTRIBUTE_HANDLERS,
  ...ROUTE_HANDLERS,
  ...MPLS_HANDLERS,
  ...LCP_HANDLERS,
  ...MULTICAST_HANDLERS,
  ...NAT44_HANDLERS,
  ...NEIGHBOR_HANDLERS,
  ...QUEUE_HANDLERS,
  ...TUNNEL_HANDLERS,
  sockclnt_delete: (_request, context) => {
    context.closeClient();
    return [{ name: 'sockclnt_delete_reply', body: i32(1) }];
  },
  control_ping: (_request, { clientIndex, vpePid }) => {
    const body = i32(0, 8);
    body.writeUInt32BE(clientIndex, 4);
    body.writeUInt32BE(vpePid, 8);
    return [{ name: 'control_ping_reply', body }];
  },
  show_version: (_request, { version, buildDate }) => {
    const body = Buffer.alloc(356);
    body.write('vpe', 4);
    body.write(version, 36, 31);
    body.write(buildDate, 68, 31);
    return [{ name: 'show_version_reply', body }];
  },
  cli_inband: (request, context) => {
    const command = request.toString('utf8', 14, 14 + request.readUInt32BE(10));
    const { output, isKnown } = runCommand(command, context.state, context);
    const bytes = Buffer.from(isKnown ? output : '');
    const body = i32(isKnown ? 0 : Retval.unspecified, 4);
    body.writeUInt32BE(bytes.length, 4);
    return [{ name: 'cli_inband_reply', body: Buffer.concat([body, bytes]) }];
  },
};
