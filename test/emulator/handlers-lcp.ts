/** Pairs of linux-cp: lcp.api. */

import { ALL_ONES, type Answer, type Handler, i32, replyOf, replyWith, text } from './handler.ts';
import { type LcpPair, LcpRetval } from './lcp-pairs.ts';
import { Retval } from './vpp-state.ts';

function lcpPairAddDel(name: string, isV3: boolean): Handler {
  return (request, { state }) => {
    const body = i32(0, isV3 ? 8 : 4);
    body.fill(0xff, 4);
    const phy = state.interfaces.get(request.readUInt32BE(11));
    if (phy === undefined) body.writeInt32BE(Retval.invalidSwIfIndex, 0);
    else if (request.readUInt8(10) === 0) body.writeInt32BE(state.deletePair(phy.swIfIndex), 0);
    else {
      const [hostIfName, netns] = [text(request, 15, 16), text(request, 32, 32)];
      const pair = state.addPair(phy, { hostIfName, hostType: request.readUInt8(31), netns });
      if (typeof pair === 'number') body.writeInt32BE(pair, 0);
      else {
        if (isV3) body.writeUInt32BE(pair.vifIndex, 4);
        body.writeUInt32BE(pair.host, isV3 ? 8 : 4);
      }
    }
    return [{ name: `${name}_reply`, body }];
  };
}

function pairDetails(pair: LcpPair): Answer {
  const body = Buffer.alloc(61);
  body.writeUInt32BE(pair.phy, 0);
  body.writeUInt32BE(pair.host, 4);
  body.writeUInt32BE(pair.vifIndex, 8);
  body.write(pair.hostIfName, 12, 15);
  body.writeUInt8(pair.hostType, 28);
  body.write(pair.netns, 29, 31);
  return { name: 'lcp_itf_pair_details', body };
}

/** Some of src/vnet/ethernet/types.def: IPv4, ARP, IPv6, MPLS, EAPOL, LLDP, PTP. */
const ETHERTYPES: ReadonlySet<number> = new Set([0x800, 0x806, 0x86dd, 0x8847, 0x888e, 0x88cc, 0x88f7]);

export const LCP_HANDLERS: Readonly<Record<string, Handler>> = {
  lcp_itf_pair_add_del_v2: lcpPairAddDel('lcp_itf_pair_add_del_v2', false),
  lcp_itf_pair_add_del_v3: lcpPairAddDel('lcp_itf_pair_add_del_v3', true),
  lcp_ethertype_enable: (request, { state }) => {
    // Unconverted: the handler does no byte swap (lcp_api.c of 26.06). Only types of types.def are known.
    const ethertype = request.readUInt16LE(10);
    if (!ETHERTYPES.has(ethertype)) return replyOf('lcp_ethertype_enable', LcpRetval.invalidValue);
    state.lcp.passedProtocols.add(`ethertype ${ethertype.toString(16)}`);
    return replyOf('lcp_ethertype_enable', Retval.ok);
  },
  lcp_osi_proto_enable: (request, { state }) => {
    if (!state.lcp.hasOsi) return replyOf('lcp_osi_proto_enable', LcpRetval.featureDisabled);
    state.lcp.passedProtocols.add(`osi ${request.readUInt8(10).toString(16)}`);
    return replyOf('lcp_osi_proto_enable', Retval.ok);
  },
  lcp_itf_pair_get: (_request, { state }) => [
    ...state.lcp.all().map(pairDetails),
    ...replyWith('lcp_itf_pair_get', Retval.ok, ALL_ONES),
  ],
};
