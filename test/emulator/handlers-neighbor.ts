/** Neighbour limits, proxy ARP and hosts of proxy ND: ip_neighbor.api, arp.api, ip6_nd.api. */

import { addressText } from './address-bytes.ts';
import { makePath } from './fib-path.ts';
import { type Handler, i32, replyOf, withInterface } from './handler.ts';
import { Retval } from './vpp-state.ts';

export const NEIGHBOR_HANDLERS: Readonly<Record<string, Handler>> = {
  ip_neighbor_config: (request, { state }) => {
    state.neighborLimits[request.readUInt8(10) === 0 ? 4 : 6] = {
      maxNumber: request.readUInt32BE(11),
      maxAge: request.readUInt32BE(15),
      recycle: request.readUInt8(19) !== 0,
    };
    return replyOf('ip_neighbor_config', Retval.ok);
  },
  ip_neighbor_config_get: (request, { state }) => {
    const { maxNumber, maxAge, recycle } = state.neighborLimits[request.readUInt8(10) === 0 ? 4 : 6];
    const body = i32(Retval.ok, 10);
    body.writeUInt8(request.readUInt8(10), 4);
    body.writeUInt32BE(maxNumber, 5);
    body.writeUInt32BE(maxAge, 9);
    body.writeUInt8(recycle ? 1 : 0, 13);
    return [{ name: 'ip_neighbor_config_get_reply', body }];
  },
  proxy_arp_add_del: (request, { state }) => {
    const table = request.readUInt32BE(11);
    if (state.fib.find(4, table) === undefined) return replyOf('proxy_arp_add_del', Retval.noSuchFib);
    const [low, high] = [request.subarray(15, 19), request.subarray(19, 23)];
    const range = `${table} ${addressText(low)} ${addressText(high)}`;
    if (request.readUInt8(10) !== 0) state.proxyRanges.add(range);
    else if (!state.proxyRanges.delete(range)) return replyOf('proxy_arp_add_del', Retval.noSuchEntry);
    return replyOf('proxy_arp_add_del', Retval.ok);
  },
  proxy_arp_intfc_enable_disable: withInterface(
    'proxy_arp_intfc_enable_disable',
    10,
    (found, request, { state }) => {
      if (request.readUInt8(14) !== 0) state.proxyInterfaces.add(found.swIfIndex);
      else state.proxyInterfaces.delete(found.swIfIndex);
      return Retval.ok;
    },
  ),
  ip6nd_proxy_add_del: withInterface(
    'ip6nd_proxy_add_del',
    10,
    ({ swIfIndex, tables }, request, { state }) => {
      const table = state.fib.find(6, tables[6]);
      if (table === undefined) return Retval.noSuchFib;
      const host = Buffer.from(request.subarray(15, 31));
      // Removed where it is not, it is no error (ip6_nd_proxy.c).
      if (request.readUInt8(14) === 0) table.remove('proxyNd', host, 0, 128);
      else table.set('proxyNd', host, 0, 128, { paths: [makePath(6, { swIfIndex, nextHop: host })] });
      return Retval.ok;
    },
  ),
  proxy_arp_intfc_dump: (_request, { state }) =>
    [...state.proxyInterfaces].map((index) => {
      const body = Buffer.alloc(4);
      body.writeUInt32BE(index, 0);
      return { name: 'proxy_arp_intfc_details', body };
    }),
};
