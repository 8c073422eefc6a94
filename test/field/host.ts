/** What runs programs between the box's neighbours: a peer in a namespace, or the Linux guest. */
import type { Said } from './namespace.ts';

export interface Host {
  /** Runs a program to its end; the words of a line. */
  run(line: string, timeoutMs?: number): Promise<Said>;
  /** Runs a script by a shell. */
  shell(script: string, timeoutMs?: number): Promise<Said>;
}
