/**
 * The disk layout shared by the image builder and the box: fixed GUIDs, which the first boot replaces, and the names of
 * the partitions.
 */

/** Marks a disk written from an image that has not booted yet. */
export const IMAGE_DISK_GUID = 'acc9c286-7642-4a11-8e4f-af2bfeb2d8ea';
export const IMAGE_BOOT_GUID = 'ad4f06de-15b6-440f-8b58-198ae736f9f3';
export const IMAGE_DATA_GUID = '1061a5e8-85c4-4fb8-9d14-bac19a4f5a51';

/** Names in the partition table. */
export const BOOT_PARTITION_NAME = 'boot';
export const DATA_PARTITION_NAME = 'data';

/** Labels of the file systems. */
export const BOOT_LABEL = 'APPLIANCE';
export const DATA_LABEL = 'appliance-data';
