/** A requested factory reset: chooses the new configuration, and refuses while something writes to the partitions. */
import { renderDefaultIni, renderKeptNetwork } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { ResetOptions } from '../control/mod.ts';
import { DiskError, factoryReset, type ResetPlace, type ResetReport } from '../disk/mod.ts';

export interface ResetSituation {
  readonly place: ResetPlace;
  readonly config: Config;
  /** Kernel name of the NIC that management uses. */
  readonly managementInterface: string | undefined;
  /** A write to the partitions in progress that must not be interrupted. */
  readonly busy: string | undefined;
}

/** As `ControlTarget.factoryReset`. Rejects with a DiskError `busy`, or with the error of a write. */
export async function resetBox(
  situation: ResetSituation,
  { keepNetwork }: ResetOptions,
): Promise<ResetReport> {
  const { place, config, managementInterface, busy } = situation;
  if (busy !== undefined) throw new DiskError('busy', `cannot reset: ${busy}; retry when it has ended`);
  const text = keepNetwork ? renderKeptNetwork(config, managementInterface) : renderDefaultIni();
  return factoryReset(place, text.replaceAll('\n', '\r\n'));
}
