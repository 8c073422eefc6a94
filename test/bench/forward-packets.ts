/** 100,000 packets a second that VPP makes, forwards and drops on the wire, while something else is done to it. */
import { runCliInband, type VppApiClient } from '../../src/vpp/api/mod.ts';

const COMMANDS = [
  'create packet-generator interface pg0',
  'create packet-generator interface pg1',
  'set interface ip address pg0 203.0.113.1/24',
  'set interface ip address pg1 198.51.100.1/24',
  'set interface state pg0 up',
  'set interface state pg1 up',
  'set ip neighbor static pg1 198.51.100.2 02:00:00:00:00:02',
  'packet-generator new { name forward limit -1 rate 100000 size 64-64 node ip4-input interface pg0 data { UDP: 203.0.113.2 -> 198.51.100.2 UDP: 1000 -> 2000 incrementing 30 } }',
  'packet-generator enable-stream forward',
] as const;

/** Begins. Rejects when VPP refuses a command. */
export async function forwardPackets(client: VppApiClient): Promise<void> {
  for (const command of COMMANDS) await runCliInband(client, command);
}

/** Packets that left pg1 since it was made. */
export async function forwardedPackets(client: VppApiClient): Promise<number> {
  const shown = await runCliInband(client, 'show interface pg1');
  return Number(/tx packets\s+(\d+)/.exec(shown)?.[1] ?? 0);
}
