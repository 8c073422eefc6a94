/** Neighbour discovery: ip6_nd.api. Its dump of proxied hosts answers with another message's number, and is not used. */
import { autoreply, request } from '../message.ts';
import { alias, bool, bytes } from '../schema.ts';
import { interfaceIndex } from '../types.ts';

/** VPP answers solicitations for `ip`, a host on that interface, on the other interfaces of its table. */
export const ip6ndProxyAddDel = request(
  'ip6nd_proxy_add_del',
  0xc2e4a686,
  { sw_if_index: interfaceIndex, is_add: bool, ip: alias('ip6_address', bytes(16)) },
  autoreply('ip6nd_proxy_add_del'),
);
