/** What tunnels share: tunnel_types.api. */
import { enumeration8 } from '../schema.ts';

/** Without those that were added later (32, 64, 128): VPP leaves them out of its CRCs. */
export const tunnelFlags = enumeration8('tunnel_encap_decap_flags');

export const tunnelMode = enumeration8('tunnel_mode');
