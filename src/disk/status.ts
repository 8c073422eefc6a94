/** Owns what is said of the disk. Pure. */
import { gauge, type PlainMetric } from '../report/mod.ts';

export interface DiskStatus {
  readonly bootDevice: string;
  /** False: what the box keeps is gone after a restart. */
  readonly dataKept: boolean;
}

export const DISK_METRICS: readonly PlainMetric<DiskStatus>[] = [
  gauge(
    'appliance_data_persistent',
    'Whether what the box keeps is there after a restart',
    ({ dataKept }) => dataKept,
  ),
];
