/**
 * The commands of VPP's command line that operators may run, as data: exact words, and arguments by type
 * (arguments.ts). Nothing else reaches VPP, and of these only text made of the parsed arguments.
 *
 * A command is in the table when its handler was read in 25.02 and 26.06, and the conformance suite has run it on both
 * with arguments of each type, including ones that do not exist. It must not change anything, reveal a key, write a
 * file, or use an index unchecked; its output must not grow with the routes or sessions, since VPP collects it in its
 * main heap and does nothing else meanwhile: with a million routes `show ip fib` ended VPP for lack of memory after 22
 * s. Its handler must not wait for an argument in a loop that an unknown word does not end (`show fib source X`, `show
 * qos mark X`), since an interface may be deleted before VPP parses its name.
 *
 * In a usage, `[…]` is optional, `{a | b}` is a choice, capitals are an argument type.
 */
export const VPP_COMMANDS: readonly string[] = [
  // VPP itself
  'show version [verbose | cmdline]',
  'show clock',
  'show cpu',
  'show threads',
  'show plugins',
  'show features',
  'show logging [configuration]',
  'show memory {main-heap | stats-segment | api-segment | map}',
  'show physmem',
  'show buffers',
  'show errors',
  'show node counters',
  'show runtime [brief | verbose | max | summary]',
  'show statistics segment',

  // interfaces
  'show interface [INTERFACE]',
  'show interface address [INTERFACE]',
  'show interface {features | tag | vtr} INTERFACE',
  'show interface rx-placement',
  'show interface secondary-mac-address [INTERFACE]',
  'show interface span',
  'show interface tcp-mss-clamp [INTERFACE]',
  'show interface tx-hash HARDWARE',
  'show hardware-interfaces [HARDWARE] [brief | verbose | detail]',
  'show mode [INTERFACE]',
  'show bond [details]',
  'show lacp [INTERFACE] [details]',
  'show lldp [detail]',
  'show lcp [phy INTERFACE]',
  'show lcp adj',
  'show dpdk version',

  // forwarding
  'show ip table [TABLE]',
  'show ip fib IPV4 [table TABLE]',
  'show ip fib summary [table TABLE]',
  'show ip fib memory',
  'show ip mfib [IPV4] [table TABLE]',
  'show ip mfib summary [table TABLE]',
  'show ip6 table [TABLE]',
  'show ip6 fib IPV6 [table TABLE]',
  'show ip6 fib summary [table TABLE]',
  'show ip6 mfib [IPV6] [table TABLE]',
  'show ip6-ll',
  'show mpls fib LABEL [table TABLE]',
  'show mpls interface [INTERFACE]',
  'show mpls tunnel',
  'show adj [INTERFACE | INDEX | summary]',
  'show adj nbr [INTERFACE]',
  'show load-balance INDEX',
  'show fib source',
  'show fib memory',
  'show dpo memory',

  // IP
  'show {ip | ip4 | ip6} neighbors [INTERFACE]',
  'show ip neighbor-config',
  'show ip neighbor-stats [INTERFACE]',
  'show ip neighbor-watcher',
  'show {ip | ip6} local',
  'show ip6 interface INTERFACE',
  'show ip pmtu',
  'show {ip | ip6} punt redirect',
  'show {ip4-full-reassembly | ip4-sv-reassembly | ip6-full-reassembly | ip6-sv-reassembly}',
  'show arp proxy',
  'show teib',
  'show punt {client | db | reasons | stats}',
  'show udp ports [ip4 | ip6]',
  'show udp encap',

  // tunnels and layer 2
  'show {vxlan | gre | ipip} tunnel',
  'show bridge-domain [BRIDGE-DOMAIN [detail | int | arp | bd-tag]]',
  'show l2fib',
  'show l2patch',
  'show l3xc',

  // filters, policies, NAT
  'show acl-plugin acl [index INDEX]',
  'show acl-plugin interface',
  'show acl-plugin macip {acl | interface}',
  'show acl-plugin tables [acl | applied | mask]',
  'show acl-plugin sessions',
  'show abf policy [INDEX]',
  'show abf attach INTERFACE',
  'show classify tables',
  'show {inacl | outacl} type {ip4 | ip6 | l2}',
  'show policer',
  'show policer pools',
  'show qos {mark | record | store}',
  'show nat44 {addresses | interfaces | interface address | static mappings | summary | vrf tables}',
  'show nat44 ei {addresses | interfaces | interface address | static mappings | timeouts | workers}',
  'show nat {timeouts | workers | mss-clamping}',
  'show nat64 {interfaces | pool | prefix}',
  'show nat66 {interfaces | static mappings}',
  'show npt66 bindings',
  'show det44 {interfaces | mappings | timeouts}',

  // protocols
  'show bfd [sessions | keys | echo-source]',
  'show vrrp vr [INTERFACE]',
  'show dhcp client [intfc INTERFACE]',
  'show {dhcp | dhcpv6} proxy',
  'show dhcp6 {clients | addresses}',
  'show ip6 pd clients',
  'show ip6 {prefixes | addresses}',
  'show igmp {config | timers | ssm-ranges}',
  'show flowprobe {params | feature | statistics}',
  'show sflow',
  'show syslog {sender | filter}',
  'show sr {localsids | policies | steering-policies}',
  'show sr encaps {source addr | hop-limit}',
  'show ipsec {sa | spd | tunnel | interface | protect}',
  'show crypto engines',
];
