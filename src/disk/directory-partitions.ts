/**
 * Partitions that are plain directories: for machines booted without a disk, for `appliance run` and for
 * tests. Same behaviour as the mounted ones, without the mounts.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../linux/mod.ts';
import type { CopyableBootPartition, DataPartition } from './partitions.ts';
import { pathBelow, removeFile, replaceFile } from './replace-file.ts';
import { Serial } from './serial.ts';

/** A boot partition in an existing directory. */
export function directoryBootPartition(root: string): CopyableBootPartition {
  const serial = new Serial();
  return {
    device: root,
    root,
    writable: (work) => serial.run(() => work(root)),
    unchanged: (work) => serial.run(work),
    writeFile: (name, data) => serial.run(() => replaceFile(pathBelow(root, name), data)),
    removeFile: (name) => serial.run(() => removeFile(pathBelow(root, name))),
    discardFree: async () => undefined,
  };
}

/**
 * A data partition in a directory, which is created if it does not exist.
 *
 * @param persistent whether its files survive a restart
 */
export function directoryDataPartition(root: string, persistent = false): DataPartition {
  mkdirSync(root, { recursive: true });
  const serial = new Serial();
  return {
    root,
    persistent,
    writeFile: (name, data) => serial.run(() => replaceFile(pathBelow(root, name), data)),
    readFile(name) {
      try {
        return readFileSync(pathBelow(root, name), 'utf8');
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    discardFree: async () => undefined,
  };
}
