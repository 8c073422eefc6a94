/** What tunnels share: tunnel_types.api. */
import { enumeration8 } from '../schema.ts';

/** Without those that were added later (32, 64, 128): VPP leaves them out of its CRCs. */
export const tunnelFlags = enumeration8('tunnel_encap_decap_flags', {
  TUNNEL_API_ENCAP_DECAP_FLAG_NONE: 0,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DF: 1,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_SET_DF: 2,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DSCP: 4,
  TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_ECN: 8,
  TUNNEL_API_ENCAP_DECAP_FLAG_DECAP_COPY_ECN: 16,
});

export const tunnelMode = enumeration8('tunnel_mode', { TUNNEL_API_MODE_P2P: 0, TUNNEL_API_MODE_MP: 1 });
