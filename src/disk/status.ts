/** Owns what is said of the disk. Pure. */
import { gauge, metricTable, type Words } from '../report/mod.ts';

export interface DiskStatus {
  readonly bootDevice: string;
  /** False: what the box keeps is gone after a restart. */
  readonly dataKept: boolean;
}

export const DISK_METRICS = metricTable<DiskStatus>({
  appliance_data_persistent: gauge(
    'Whether the data of the box survive a restart',
    ({ dataKept }) => dataKept,
  ),
});

export function describeData({ dataKept }: Pick<DiskStatus, 'dataKept'>): Words {
  return dataKept
    ? { level: 'ok', text: 'kept on the data partition' }
    : { level: 'warning', text: 'not kept: there is no data partition, so it is lost at a restart' };
}
