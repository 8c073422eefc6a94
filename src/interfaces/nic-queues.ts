/**
 * Checks that NICs have their configured queues. DPDK gives a NIC with fewer receive queues than requested one of them,
 * and as many transmit queues as exist, and continues (plugins/dpdk/device/init.c).
 */
import type { DpdkInterfaceConfig } from '../config/types.ts';
import { countQueues, VppApiError, type VppApiClient, type VppApiErrorCode } from '../vpp/api/mod.ts';
import type { Known } from './vpp-status.ts';

/** A NIC that is given to VPP; queues are undefined where VPP chooses, or does not report them. */
export type NicSettings = Pick<DpdkInterfaceConfig, 'name' | 'rxQueues' | 'txQueues'> & {
  /** It drops frames with VLAN tags unless it is promiscuous. */
  readonly filtersVlans?: boolean;
};

const CANNOT_TELL: ReadonlySet<VppApiErrorCode> = new Set(['retval', 'message-missing', 'crc-mismatch']);

export class NicQueues {
  readonly #onError: (name: string, reason: string) => void;
  /** Why a NIC is not as configured; undefined: it is. Queues do not change while VPP runs. */
  readonly #found = new Map<string, string | undefined>();

  constructor(onError: (name: string, reason: string) => void) {
    this.#onError = onError;
  }

  /** Another run of VPP, or another connection to it. */
  clear(): void {
    this.#found.clear();
  }

  failureOf(name: string): string | undefined {
    return this.#found.get(name);
  }

  /** Checks the NICs not checked yet. Rejects when the connection broke or VPP does not answer. */
  async check(
    client: VppApiClient,
    nics: readonly NicSettings[],
    present: ReadonlyMap<string, Known>,
  ): Promise<void> {
    const open = nics.flatMap((nic) => {
      const known = present.get(nic.name);
      const isAsked = nic.rxQueues !== undefined || nic.txQueues !== undefined;
      return known !== undefined && isAsked && !this.#found.has(nic.name) ? [{ nic, known }] : [];
    });
    if (open.length === 0) return;
    const counts = await countQueues(client).catch((error: unknown) => {
      // A VPP that cannot report queues: no fault is known.
      if (error instanceof VppApiError && CANNOT_TELL.has(error.code)) return undefined;
      throw error;
    });
    for (const { nic, known } of open) {
      const has = counts?.get(known.vpp.swIfIndex);
      const reason = has === undefined ? undefined : differenceOf(nic, has);
      this.#found.set(nic.name, reason);
      if (reason !== undefined) this.#onError(nic.name, reason);
    }
  }
}

function differenceOf(
  { rxQueues, txQueues }: NicSettings,
  has: { readonly rx: number; readonly tx: number },
): string | undefined {
  const lines = [
    { word: 'receive', wanted: rxQueues, found: has.rx },
    { word: 'transmit', wanted: txQueues, found: has.tx },
  ].flatMap(({ word, wanted, found }) =>
    wanted === undefined || wanted === found ? [] : [`${found} of ${wanted} ${word} queues`],
  );
  return lines.length === 0 ? undefined : `it has ${lines.join(' and ')}: the NIC has no more`;
}
