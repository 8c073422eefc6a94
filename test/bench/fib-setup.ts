/** What both clients of the FIB benchmark need: VPP with an interface that has the next hops. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  addDelAddress,
  createLoopback,
  setInterfaceFlags,
  type SwIfIndex,
  VppApiClient,
} from '../../src/vpp/api/mod.ts';

/** The `index`th next hop of a family. */
export function nextHop(family: 4 | 6, index: number): string {
  return family === 4 ? `192.0.2.${index + 1}` : `2001:db8::${(index + 1).toString(16)}`;
}

/** Connects and makes a loopback with the networks of the next hops. */
export async function connectWithLoopback(
  socket: string,
): Promise<{ client: VppApiClient; swIfIndex: SwIfIndex }> {
  const client = await VppApiClient.connect(socket, { timeoutMs: 30_000 });
  const swIfIndex = await createLoopback(client, { instance: 0 });
  for (const prefix of [
    { family: 4, address: '192.0.2.254', length: 24 },
    { family: 6, address: '2001:db8::ffff', length: 64 },
  ] as const) {
    await addDelAddress(client, swIfIndex, prefix, true);
  }
  await setInterfaceFlags(client, swIfIndex, { adminUp: true });
  await sleep(200);
  return { client, swIfIndex };
}
