/**
 * Protocols other than IP that routing daemons on TAPs need: VPP drops them unless it is told to pass them to Linux.
 * That is possible from 25.06 on, and cannot be undone (lcp_ethertype_enable, lcp_osi_proto_enable in
 * plugins/linux-cp/lcp.c).
 */
import { reasonOf } from '../linux/mod.ts';
import { lcpEnableEthertype, lcpEnableOsi, VppApiError, type VppApiClient } from '../vpp/api/mod.ts';

/** IEEE 802.1AB. */
const LLDP = 0x88cc;
/** Network layer protocol identifiers of ISO/IEC TR 9577. */
const ES_IS = 0x82;
const IS_IS = 0x83;

/**
 * Makes VPP pass LLDP and IS-IS from all interfaces with a TAP. Resolves with the protocols that it does not pass, with
 * the reasons. Rejects when the connection broke.
 */
export async function passProtocols(client: VppApiClient): Promise<string[]> {
  const lacks: string[] = [];
  const attempt = async (what: string, ask: () => Promise<void>): Promise<void> => {
    try {
      await ask();
    } catch (error) {
      if (client.isClosed) throw error;
      const isOld = error instanceof VppApiError && error.code === 'message-missing';
      lacks.push(`${what} (${isOld ? 'VPP 25.06 and later do' : reasonOf(error)})`);
    }
  };
  await attempt('LLDP', () => lcpEnableEthertype(client, LLDP));
  await attempt('IS-IS', async () => {
    for (const protocol of [IS_IS, ES_IS]) await lcpEnableOsi(client, protocol);
  });
  return lacks;
}
