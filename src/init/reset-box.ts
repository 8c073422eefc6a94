/** A factory reset as it is asked for: what the configuration becomes, and when it is not the time for one. */
import { renderDefaultIni, renderKeptNetwork } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { ResetOptions } from '../control/mod.ts';
import { DiskError, factoryReset, type ResetPlace, type ResetReport } from '../disk/mod.ts';

export interface ResetSituation {
  readonly place: ResetPlace;
  readonly config: Config;
  /** Kernel name of the NIC that management uses. */
  readonly managementInterface: string | undefined;
  /** What writes to the partitions now and is not to be disturbed, in words. */
  readonly busy: string | undefined;
}

/** As `ControlTarget.factoryReset`. Rejects with a DiskError `busy`, or with what could not be written. */
export async function resetBox(
  situation: ResetSituation,
  { keepNetwork }: ResetOptions,
): Promise<ResetReport> {
  const { place, config, managementInterface, busy } = situation;
  if (busy !== undefined) throw new DiskError('busy', `factory reset: ${busy}: ask again when it has ended`);
  const text = keepNetwork ? renderKeptNetwork(config, managementInterface) : renderDefaultIni();
  return factoryReset(place, text.replaceAll('\n', '\r\n'));
}
