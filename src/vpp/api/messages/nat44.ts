/** NAT44, endpoint-dependent: nat44_ed.api of the NAT plugin. */

import { struct } from '../block.ts';
import { details, dump, reply, request } from '../message.ts';
import { alias, bool, bytes, enumeration8, fixedString, u16, u32, u8 } from '../schema.ts';
import { interfaceIndex } from '../types.ts';

/** Members of `nat_config_flags`. */
export const NatFlag = { addressOnly: 8, outside: 16, inside: 32 } as const;
const natFlags = enumeration8('nat_config_flags');
const nat44Flags = enumeration8('nat44_config_flags');
const natLogLevel = enumeration8('nat_log_level');
const ip4Address = alias('ip4_address', bytes(4));
/** Seconds. */
const timeouts = { udp: u32, tcp_established: u32, tcp_transitory: u32, icmp: u32 };

export const nat44EdPluginEnableDisable = request('nat44_ed_plugin_enable_disable', 0xbe17f8dd, {
  inside_vrf: u32,
  outside_vrf: u32,
  sessions: u32,
  session_memory: u32,
  enable: bool,
  flags: nat44Flags,
});

/** Sessions are 0 while it is off. */
export const nat44ShowRunningConfig = request(
  'nat44_show_running_config',
  0x51077d14,
  {},
  reply('nat44_show_running_config_reply', 0x93d8e267, {
    inside_vrf: u32,
    outside_vrf: u32,
    users: u32,
    sessions: u32,
    user_sessions: u32,
    user_buckets: u32,
    translation_buckets: u32,
    forwarding_enabled: bool,
    ipfix_logging_enabled: bool,
    timeouts: struct('nat_timeouts', timeouts),
    log_level: natLogLevel,
    flags: nat44Flags,
  }),
);

export const nat44ForwardingEnableDisable = request('nat44_forwarding_enable_disable', 0xb3e225d2, {
  enable: bool,
});

export const natSetTimeouts = request('nat_set_timeouts', 0xd4746b16, timeouts);

const mssClamping = { mss_value: u16, enable: bool };

export const natSetMssClamping = request('nat_set_mss_clamping', 0x25e90abb, mssClamping);

export const natGetMssClamping = request(
  'nat_get_mss_clamping',
  0x51077d14,
  {},
  reply('nat_get_mss_clamping_reply', 0x1c0b2a78, mssClamping),
);

export const nat44InterfaceAddDelFeature = request('nat44_interface_add_del_feature', 0xf3699b83, {
  is_add: bool,
  flags: natFlags,
  sw_if_index: interfaceIndex,
});

export const nat44InterfaceDump = dump(
  'nat44_interface_dump',
  0x51077d14,
  {},
  details('nat44_interface_details', 0x5d286289, { flags: natFlags, sw_if_index: interfaceIndex }),
);

/** `vrf_id` 0xffffffff: any. On an error the addresses before it stay. */
export const nat44AddDelAddressRange = request('nat44_add_del_address_range', 0x6f2b8055, {
  first_ip_address: ip4Address,
  last_ip_address: ip4Address,
  vrf_id: u32,
  is_add: bool,
  flags: natFlags,
});

/** Also the addresses that interfaces give (`nat44_interface_addr_dump`). */
export const nat44AddressDump = dump(
  'nat44_address_dump',
  0x51077d14,
  {},
  details('nat44_address_details', 0x0d1beac1, { ip_address: ip4Address, flags: natFlags, vrf_id: u32 }),
);

export const nat44AddDelInterfaceAddr = request('nat44_add_del_interface_addr', 0x4aed50c0, {
  is_add: bool,
  sw_if_index: interfaceIndex,
  flags: natFlags,
});

export const nat44InterfaceAddrDump = dump(
  'nat44_interface_addr_dump',
  0x51077d14,
  {},
  details('nat44_interface_addr_details', 0xe4aca9ca, { sw_if_index: interfaceIndex, flags: natFlags }),
);

const staticMapping = {
  local_ip_address: ip4Address,
  external_ip_address: ip4Address,
  protocol: u8,
  local_port: u16,
  external_port: u16,
  external_sw_if_index: interfaceIndex,
  vrf_id: u32,
  tag: fixedString(64),
};

export const nat44AddDelStaticMappingV2 = request('nat44_add_del_static_mapping_v2', 0x5e205f1a, {
  is_add: bool,
  match_pool: bool,
  flags: natFlags,
  pool_ip_address: ip4Address,
  ...staticMapping,
});

/** One that follows an interface is there twice while the interface has an address: as written, and with the address. */
export const nat44StaticMappingDump = dump(
  'nat44_static_mapping_dump',
  0x51077d14,
  {},
  details('nat44_static_mapping_details', 0x06cb40b2, { flags: natFlags, ...staticMapping }),
);

const identityMapping = {
  flags: natFlags,
  ip_address: ip4Address,
  protocol: u8,
  port: u16,
  sw_if_index: interfaceIndex,
  vrf_id: u32,
  tag: fixedString(64),
};

export const nat44AddDelIdentityMapping = request('nat44_add_del_identity_mapping', 0x02faaa22, {
  is_add: bool,
  ...identityMapping,
});

export const nat44IdentityMappingDump = dump(
  'nat44_identity_mapping_dump',
  0x51077d14,
  {},
  details('nat44_identity_mapping_details', 0x2a52a030, identityMapping),
);
