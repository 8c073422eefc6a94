/** Owns writing attributes that the kernel handles slowly: off the event loop. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { asLinuxError } from './errors.ts';

/**
 * As `writeText`, but in the thread pool: changing a cpuset's partition rebuilds the scheduler's domains, and moving an
 * interrupt waits for its controller. Rejects with LinuxError naming path and value.
 */
export async function writeAttribute(path: string, text: string): Promise<void> {
  try {
    await using file = await open(path, constants.O_WRONLY | constants.O_TRUNC);
    await file.write(text);
  } catch (error) {
    throw asLinuxError(error, 'write', [path, text]);
  }
}
