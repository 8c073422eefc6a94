/**
 * What is no IP and routing daemons on TAPs live by: VPP drops it unless it is told to hand it on to Linux. It can be told
 * from 25.06 on, and not to stop (lcp_ethertype_enable, lcp_osi_proto_enable in plugins/linux-cp/lcp.c).
 */
import { reasonOf } from '../linux/mod.ts';
import { lcpHandOnEthertype, lcpHandOnOsi, VppApiError, type VppApiClient } from '../vpp/api/mod.ts';

/** IEEE 802.1AB. */
const LLDP = 0x88cc;
/** Network layer protocol identifiers of ISO/IEC TR 9577. */
const ES_IS = 0x82;
const IS_IS = 0x83;

/**
 * Has VPP hand on LLDP and IS-IS from all interfaces with a TAP. Resolves with what it does not hand on, in words. Rejects
 * when the connection broke.
 */
export async function handOn(client: VppApiClient): Promise<string[]> {
  const lacks: string[] = [];
  const attempt = async (what: string, ask: () => Promise<void>): Promise<void> => {
    try {
      await ask();
    } catch (error) {
      if (client.isClosed) throw error;
      const isOld = error instanceof VppApiError && error.code === 'message-missing';
      lacks.push(`${what} (${isOld ? 'VPP can from 25.06 on' : reasonOf(error)})`);
    }
  };
  await attempt('LLDP', () => lcpHandOnEthertype(client, LLDP));
  await attempt('IS-IS', async () => {
    for (const protocol of [IS_IS, ES_IS]) await lcpHandOnOsi(client, protocol);
  });
  return lacks;
}
