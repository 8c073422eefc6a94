/**
 * The messages that the emulator answers, with VPP 25.02's CRCs and the sizes of their fixed parts (header included),
 * and the table sent at the handshake.
 */

/** Name → CRC and minimum length of a request; VPP drops a frame that is shorter than its message. */
export const REQUESTS: Readonly<Record<string, readonly [crc: string, bytes: number]>> = {
  sockclnt_delete: ['8ac76db6', 14],
  control_ping: ['51077d14', 10],
  show_version: ['51077d14', 10],
  add_node_next: ['2457116d', 138],
  cli_inband: ['f8377302', 14],
  sw_interface_dump: ['aa610c27', 19],
  want_interface_events: ['476f5a08', 18],
  sw_interface_set_flags: ['f5aec1b8', 18],
  sw_interface_set_mtu: ['5cbe85e5', 30],
  hw_interface_set_mtu: ['e6746899', 16],
  sw_interface_add_del_address: ['5463d73b', 34],
  sw_interface_set_table: ['df42a577', 19],
  sw_interface_tag_add_del: ['426f8bc1', 79],
  sw_interface_rx_placement_dump: ['f9e6675e', 14],
  sw_interface_tx_placement_get: ['47250981', 18],
  create_loopback: ['42bb5d22', 16],
  create_loopback_instance: ['d36a3ee2', 21],
  delete_loopback: ['f9e6675e', 14],
  sw_interface_set_promisc: ['d40860d4', 15],
  create_subif: ['790ca755', 26],
  delete_subif: ['f9e6675e', 14],
  bridge_domain_add_del_v2: ['600b7170', 86],
  bridge_domain_dump: ['74396a43', 18],
  bridge_domain_set_mac_age: ['b537ad7b', 15],
  bridge_flags: ['1b0c5fbd', 19],
  bvi_create: ['f5398559', 20],
  bvi_delete: ['f9e6675e', 14],
  l2_fib_table_dump: ['c25fdce6', 14],
  l2_interface_vlan_tag_rewrite: ['62cc0bbc', 30],
  l2_xconnect_dump: ['51077d14', 10],
  l2fib_add_del: ['eddda487', 28],
  sw_interface_set_l2_bridge: ['d0678b13', 24],
  sw_interface_set_l2_xconnect: ['4fa28a85', 19],
  bond_create2: ['912fda76', 31],
  bond_delete: ['f9e6675e', 14],
  bond_add_member: ['e7d14948', 20],
  bond_detach_member: ['f9e6675e', 14],
  sw_bond_interface_dump: ['f9e6675e', 14],
  sw_member_interface_dump: ['f9e6675e', 14],
  sw_interface_set_bond_weight: ['deb510a0', 18],
  sw_interface_lacp_dump: ['51077d14', 10],
  sw_interface_set_mac_address: ['c536e7eb', 20],
  ip_table_add_del: ['0ffdaec0', 80],
  ip_table_dump: ['51077d14', 10],
  ip_table_flush: ['b9d2e09e', 79],
  ip_table_replace_begin: ['b9d2e09e', 79],
  ip_table_replace_end: ['b9d2e09e', 79],
  ip_route_add_del: ['b8ecfe0d', 39],
  ip_route_add_del_v2: ['521ef330', 40],
  ip_route_dump: ['b9d2e09e', 79],
  ip_route_v2_dump: ['d16f72e6', 80],
  ip_route_lookup: ['710d6471', 33],
  ip_mroute_add_del: ['0dd7e790', 60],
  ip_mroute_dump: ['b9d2e09e', 79],
  ip_route_lookup_v2: ['710d6471', 33],
  fib_source_dump: ['51077d14', 10],
  ip_address_dump: ['2d033de4', 15],
  sw_interface_get_table: ['2d033de4', 15],
  sw_interface_ip6_enable_disable: ['ae6cfcfb', 15],
  ip_neighbor_config: ['f4a5cf44', 20],
  ip_neighbor_config_get: ['a5db7bf7', 11],
  proxy_arp_add_del: ['1823c3e7', 23],
  proxy_arp_intfc_enable_disable: ['ae6cfcfb', 15],
  proxy_arp_intfc_dump: ['51077d14', 10],
  ip6nd_proxy_add_del: ['c2e4a686', 31],
  mpls_table_add_del: ['57817512', 79],
  mpls_table_dump: ['51077d14', 10],
  mpls_route_add_del: ['8e1d1e07', 24],
  mpls_route_dump: ['935fdefa', 78],
  sw_interface_set_mpls_enable: ['ae6cfcfb', 15],
  mpls_interface_dump: ['f9e6675e', 14],
  lcp_itf_pair_add_del_v2: ['40482b80', 64],
  lcp_ethertype_enable: ['f893dae1', 12],
  lcp_osi_proto_enable: ['bdd70c87', 11],
  lcp_itf_pair_add_del_v3: ['40482b80', 64],
  lcp_itf_pair_get: ['f75ba505', 14],
  sw_interface_ip6_set_link_local_address: ['1c10f15f', 30],
  sw_interface_ip6_get_link_local_address: ['f9e6675e', 14],
  sw_interface_set_unnumbered: ['154a6439', 19],
  ip_unnumbered_dump: ['f9e6675e', 14],
  urpf_update_v2: ['b873d028', 21],
  urpf_interface_dump: ['f9e6675e', 14],
  mss_clamp_enable_disable: ['d31b44e3', 20],
  mss_clamp_get: ['47250981', 18],
  ip_neighbor_add_del: ['0607c257', 39],
  ip_neighbor_dump: ['d817a484', 15],
  gre_tunnel_add_del: ['a27d7f17', 62],
  gre_tunnel_dump: ['f9e6675e', 14],
  ipip_add_tunnel: ['2ac399f5', 59],
  ipip_del_tunnel: ['f9e6675e', 14],
  ipip_tunnel_dump: ['f9e6675e', 14],
  vxlan_add_del_tunnel_v3: ['0072b037', 70],
  vxlan_tunnel_v2_dump: ['f9e6675e', 14],
  acl_add_replace: ['ee5c2f18', 82],
  acl_del: ['ef34fea4', 14],
  acl_dump: ['ef34fea4', 14],
  acl_interface_list_dump: ['f9e6675e', 14],
  acl_interface_set_acl_list: ['473982bd', 16],
  acl_stats_intf_counters_enable: ['b3e225d2', 11],
  macip_acl_add_replace: ['2a461dd4', 82],
  macip_acl_del: ['ef34fea4', 14],
  macip_acl_dump: ['ef34fea4', 14],
  macip_acl_interface_add_del: ['4b8690b1', 19],
  macip_acl_interface_list_dump: ['f9e6675e', 14],
  nat44_add_del_address_range: ['6f2b8055', 24],
  nat44_add_del_identity_mapping: ['02faaa22', 91],
  nat44_add_del_interface_addr: ['4aed50c0', 16],
  nat44_add_del_static_mapping_v2: ['5e205f1a', 102],
  nat44_address_dump: ['51077d14', 10],
  nat44_ed_plugin_enable_disable: ['be17f8dd', 28],
  nat44_forwarding_enable_disable: ['b3e225d2', 11],
  nat44_identity_mapping_dump: ['51077d14', 10],
  nat44_interface_add_del_feature: ['f3699b83', 16],
  nat44_interface_addr_dump: ['51077d14', 10],
  nat44_interface_dump: ['51077d14', 10],
  nat44_show_running_config: ['51077d14', 10],
  nat44_static_mapping_dump: ['51077d14', 10],
  nat_get_mss_clamping: ['51077d14', 10],
  nat_set_mss_clamping: ['25e90abb', 13],
  nat_set_timeouts: ['d4746b16', 26],
};

/** Answers that are more than a retval. */
const ANSWERS: Readonly<Record<string, string>> = {
  sockclnt_delete_reply: '8f38b1ee',
  control_ping_reply: 'f6b0b8ca',
  show_version_reply: 'c919bde1',
  add_node_next_reply: '2ed75f32',
  cli_inband_reply: '05879051',
  sw_interface_details: '6c221fc7',
  sw_interface_event: '2d3d95a7',
  sw_interface_rx_placement_details: '9e44a7ce',
  sw_interface_tx_placement_get_reply: '53b48f5d',
  sw_interface_tx_placement_details: '00381a2e',
  create_loopback_reply: '5383d31f',
  create_loopback_instance_reply: '5383d31f',
  bridge_domain_add_del_v2_reply: 'fcb1e980',
  bridge_domain_details: '0fa506fd',
  bridge_flags_reply: '29b2a2b3',
  bvi_create_reply: '5383d31f',
  l2_fib_table_details: 'a44ef6b8',
  l2_xconnect_details: '472b6b67',
  bond_create2_reply: '5383d31f',
  sw_bond_interface_details: '9428a69c',
  sw_member_interface_details: '3c4a0e23',
  sw_interface_lacp_details: 'd9a83d2f',
  create_subif_reply: '5383d31f',
  ip_table_details: 'c79fca0f',
  ip_route_add_del_reply: '1992deab',
  ip_route_add_del_v2_reply: '1992deab',
  ip_route_details: 'bda8f315',
  ip_route_v2_details: 'b09aa6c0',
  ip_route_lookup_reply: '5d8febcb',
  ip_route_lookup_v2_reply: '84cc9e03',
  fib_source_details: '8668acdb',
  ip_address_details: 'ee29b797',
  ip_mroute_add_del_reply: '1992deab',
  ip_mroute_details: 'c5cb23fc',
  sw_interface_get_table_reply: 'a6eb0109',
  ip_neighbor_config_get_reply: '798e6fdd',
  proxy_arp_intfc_details: 'f6458e5f',
  mpls_table_details: 'f03ecdc8',
  mpls_route_add_del_reply: '1992deab',
  mpls_route_details: '9b5043dc',
  mpls_interface_details: '0b45011c',
  lcp_itf_pair_add_del_v2_reply: '39452f52',
  lcp_itf_pair_add_del_v3_reply: 'c2502663',
  lcp_itf_pair_get_reply: '53b48f5d',
  lcp_itf_pair_details: '8b5481af',
  sw_interface_ip6_get_link_local_address_reply: 'd16b7130',
  ip_unnumbered_details: 'cc59bd42',
  urpf_interface_details: 'f94b5374',
  mss_clamp_get_reply: '53b48f5d',
  mss_clamp_details: 'd3a4de61',
  ip_neighbor_add_del_reply: '1992deab',
  ip_neighbor_details: 'e29d79f0',
  gre_tunnel_add_del_reply: '5383d31f',
  gre_tunnel_details: '24435433',
  ipip_add_tunnel_reply: '5383d31f',
  ipip_tunnel_details: 'd31cb34e',
  vxlan_add_del_tunnel_v3_reply: '5383d31f',
  vxlan_tunnel_v2_details: 'd3bdd4d9',
  acl_add_replace_reply: 'ac407b0c',
  acl_details: '95babae0',
  acl_interface_list_details: 'e695d256',
  macip_acl_add_replace_reply: 'ac407b0c',
  macip_acl_details: '27135b59',
  macip_acl_interface_list_details: 'a0c5d56d',
  nat44_address_details: '0d1beac1',
  nat44_identity_mapping_details: '2a52a030',
  nat44_interface_addr_details: 'e4aca9ca',
  nat44_interface_details: '5d286289',
  nat44_show_running_config_reply: '93d8e267',
  nat44_static_mapping_details: '06cb40b2',
  nat_get_mss_clamping_reply: '1c0b2a78',
};

const AUTOREPLY = 'e8d4e804';
/** Gives the table about the size of a VPP with few plugins. */
const FILLERS = 740;
const FIRST_ID = 40;

/** The plugins of messages, by how their names begin: without it VPP does not have them. */
const PLUGIN_PREFIXES: readonly (readonly [prefix: string, plugin: string])[] = [
  ['acl_', 'acl_plugin.so'],
  ['lcp_', 'linux_cp_plugin.so'],
  ['macip_', 'acl_plugin.so'],
  ['nat44_', 'nat_plugin.so'],
  ['nat_', 'nat_plugin.so'],
];

function pluginOf(name: string): string | undefined {
  return PLUGIN_PREFIXES.find(([prefix]) => name.startsWith(prefix))?.[1];
}

export interface TableOptions {
  readonly wrongCrc: readonly string[];
  readonly missing: readonly string[];
  readonly isPluginEnabled: (file: string) => boolean;
  /** linux_cp passes protocols other than IP: from 25.06 on. */
  readonly passesProtocols: boolean;
  /** Makes ids differ between starts. */
  readonly seed: number;
}

export interface MessageIds {
  readonly entries: readonly { readonly id: number; readonly wireName: string }[];
  readonly idOf: ReadonlyMap<string, number>;
  readonly nameOf: ReadonlyMap<number, string>;
}

/** Assigns ids; missing names have none, wrong ones are listed with another CRC. */
export function assignMessageIds(options: TableOptions): MessageIds {
  const crcs = new Map<string, string>();
  for (const [name, [crc]] of Object.entries(REQUESTS)) {
    crcs.set(name, crc);
    if (!name.endsWith('_dump') && ANSWERS[`${name}_reply`] === undefined)
      crcs.set(`${name}_reply`, AUTOREPLY);
  }
  for (const [name, crc] of Object.entries(ANSWERS)) crcs.set(name, crc);
  for (let i = 0; i < FILLERS; i++) crcs.set(`emulated_filler_${i}`, (0x1000_0000 + i * 7919).toString(16));
  const entries: { id: number; wireName: string }[] = [];
  const idOf = new Map<string, number>();
  const nameOf = new Map<number, string>();
  let id = FIRST_ID + (options.seed % 200);
  for (const [name, crc] of crcs) {
    id++;
    const plugin = pluginOf(name);
    if (options.missing.includes(name) || (plugin !== undefined && !options.isPluginEnabled(plugin)))
      continue;
    if (!options.passesProtocols && /^lcp_(ethertype|osi_proto)_/.test(name)) continue;
    const shown = options.wrongCrc.includes(name)
      ? ((Number.parseInt(crc, 16) ^ 1) >>> 0).toString(16).padStart(8, '0')
      : crc;
    entries.push({ id, wireName: `${name}_${shown}` });
    idOf.set(name, id);
    nameOf.set(id, name);
  }
  return { entries, idOf, nameOf };
}
