/** NAT44: nat44_ed.api of the NAT plugin. */
import { ALL_ONES, type Answer, type Handler, type HandlerContext, i32, replyOf, text } from './handler.ts';
import { ADDRESS_ONLY, INSIDE, type Mapping } from './nat44.ts';

type Act = (request: Buffer, context: HandlerContext) => number;

const acting =
  (name: string, act: Act): Handler =>
  (request, context) =>
    replyOf(name, act(request, context));

/** is_add@10, match_pool@11, flags@12, pool@13, local@17, external@21, protocol@25, ports@26 and @28, index@30, tag@38 */
function readMapping(request: Buffer): Mapping {
  const flags = request.readUInt8(12);
  const isWhole = (flags & ADDRESS_ONLY) !== 0;
  return {
    isIdentity: false,
    flags,
    local: request.readUInt32BE(17),
    external: request.readUInt32BE(21),
    protocol: isWhole ? 0 : request.readUInt8(25),
    localPort: isWhole ? 0 : request.readUInt16BE(26),
    externalPort: isWhole ? 0 : request.readUInt16BE(28),
    swIfIndex: request.readUInt32BE(30),
    tag: text(request, 38, 64),
  };
}

/** is_add@10, flags@11, address@12, protocol@16, port@17, index@19, tag@27 */
function readIdentity(request: Buffer): Mapping {
  const flags = request.readUInt8(11);
  const isWhole = (flags & ADDRESS_ONLY) !== 0;
  const address = request.readUInt32BE(12);
  const port = isWhole ? 0 : request.readUInt16BE(17);
  return {
    isIdentity: true,
    flags,
    local: address,
    external: address,
    protocol: isWhole ? 0 : request.readUInt8(16),
    localPort: port,
    externalPort: port,
    swIfIndex: request.readUInt32BE(19),
    tag: text(request, 27, 64),
  };
}

function mappingDetails(one: Mapping): Answer {
  const body = Buffer.alloc(86);
  body.writeUInt8(one.flags, 0);
  body.writeUInt32BE(one.local, 1);
  body.writeUInt32BE(one.external, 5);
  body.writeUInt8(one.protocol, 9);
  body.writeUInt16BE(one.localPort, 10);
  body.writeUInt16BE(one.externalPort, 12);
  body.writeUInt32BE(one.swIfIndex, 14);
  body.writeUInt32BE(one.swIfIndex === ALL_ONES ? 0 : ALL_ONES, 18);
  body.write(one.tag, 22, 63);
  return { name: 'nat44_static_mapping_details', body };
}

function identityDetails(one: Mapping): Answer {
  const body = Buffer.alloc(80);
  body.writeUInt8(one.flags, 0);
  body.writeUInt32BE(one.local, 1);
  body.writeUInt8(one.protocol, 5);
  body.writeUInt16BE(one.localPort, 6);
  body.writeUInt32BE(one.swIfIndex, 8);
  body.writeUInt32BE(one.swIfIndex === ALL_ONES ? 0 : ALL_ONES, 12);
  body.write(one.tag, 16, 63);
  return { name: 'nat44_identity_mapping_details', body };
}

function mappings({ state }: HandlerContext, isIdentity: boolean): Mapping[] {
  const { mappings: all, templates } = state.nat44;
  // A template has no address of its own.
  const followers = templates.map(({ mapping }) => ({
    ...mapping,
    external: 0,
    ...(isIdentity ? { local: 0 } : {}),
  }));
  return [...all, ...followers].filter((one) => one.isIdentity === isIdentity);
}

export const NAT44_HANDLERS: Readonly<Record<string, Handler>> = {
  nat44_ed_plugin_enable_disable: acting('nat44_ed_plugin_enable_disable', (request, { state }) =>
    request.readUInt8(26) === 0 ? state.nat44.disable() : state.nat44.enable(request.readUInt32BE(18)),
  ),
  nat44_show_running_config: (_request, { state }) => {
    const { sessions, forwarding, timeouts } = state.nat44;
    const body = i32(0, 48);
    body.writeUInt32BE(sessions, 16);
    body.writeUInt8(forwarding ? 1 : 0, 32);
    body.writeUInt32BE(timeouts.udp, 34);
    body.writeUInt32BE(timeouts.tcpEstablished, 38);
    body.writeUInt32BE(timeouts.tcpTransitory, 42);
    body.writeUInt32BE(timeouts.icmp, 46);
    body.writeUInt8(1, 51);
    return [{ name: 'nat44_show_running_config_reply', body }];
  },
  nat44_forwarding_enable_disable: acting('nat44_forwarding_enable_disable', (request, { state }) => {
    state.nat44.forwarding = request.readUInt8(10) !== 0;
    return 0;
  }),
  nat_set_timeouts: acting('nat_set_timeouts', (request, { state }) => {
    const [udp = 0, tcpEstablished = 0, tcpTransitory = 0, icmp = 0] = [10, 14, 18, 22].map((at) =>
      request.readUInt32BE(at),
    );
    state.nat44.timeouts = { udp, tcpEstablished, tcpTransitory, icmp };
    return 0;
  }),
  nat_set_mss_clamping: acting('nat_set_mss_clamping', (request, { state }) => {
    state.nat44.mssClamp = request.readUInt8(12) === 0 ? 0 : request.readUInt16BE(10);
    return 0;
  }),
  nat_get_mss_clamping: (_request, { state }) => {
    const body = i32(0, 3);
    body.writeUInt16BE(state.nat44.mssClamp, 4);
    body.writeUInt8(state.nat44.mssClamp > 0 ? 1 : 0, 6);
    return [{ name: 'nat_get_mss_clamping_reply', body }];
  },
  nat44_interface_add_del_feature: acting('nat44_interface_add_del_feature', (request, { state }) =>
    state.nat44.setRole(
      request.readUInt32BE(12),
      (request.readUInt8(11) & INSIDE) !== 0,
      request.readUInt8(10) !== 0,
    ),
  ),
  nat44_interface_dump: (_request, { state }) =>
    [...state.nat44.roles].map(([swIfIndex, roles]) => {
      const body = Buffer.alloc(5);
      body.writeUInt8(roles, 0);
      body.writeUInt32BE(swIfIndex, 1);
      return { name: 'nat44_interface_details', body };
    }),
  nat44_add_del_address_range: acting('nat44_add_del_address_range', (request, { state }) =>
    state.nat44.addDelRange(request.readUInt32BE(10), request.readUInt32BE(14), request.readUInt8(22) !== 0),
  ),
  nat44_address_dump: (_request, { state }) =>
    state.nat44.addresses.map((address) => {
      const body = Buffer.alloc(9);
      body.writeUInt32BE(address, 0);
      body.writeUInt32BE(ALL_ONES, 5);
      return { name: 'nat44_address_details', body };
    }),
  nat44_add_del_interface_addr: acting('nat44_add_del_interface_addr', (request, { state }) =>
    state.nat44.addDelInterfaceAddress(request.readUInt32BE(11), request.readUInt8(10) !== 0),
  ),
  nat44_interface_addr_dump: (_request, { state }) =>
    state.nat44.followed.map(({ swIfIndex }) => {
      const body = Buffer.alloc(5);
      body.writeUInt32BE(swIfIndex, 0);
      return { name: 'nat44_interface_addr_details', body };
    }),
  nat44_add_del_static_mapping_v2: acting('nat44_add_del_static_mapping_v2', (request, { state }) =>
    state.nat44.addDelMapping(readMapping(request), request.readUInt8(10) !== 0),
  ),
  nat44_static_mapping_dump: (_request, context) => mappings(context, false).map(mappingDetails),
  nat44_add_del_identity_mapping: acting('nat44_add_del_identity_mapping', (request, { state }) =>
    state.nat44.addDelMapping(readIdentity(request), request.readUInt8(10) !== 0),
  ),
  nat44_identity_mapping_dump: (_request, context) => mappings(context, true).map(identityDetails),
};
