/** A command of the emulator's CLI, and the layout of VPP's tables. */
import type { VppState } from './vpp-state.ts';

export interface CliFacts {
  readonly version: string;
  readonly buildDate: string;
  readonly vpePid: number;
  /** Counters of an interface, with the names that VPP prints. */
  readonly countersOf?: (swIfIndex: number) => readonly (readonly [name: string, value: number])[];
  readonly plugins?: readonly string[];
}

/** Returns the output; `names` are the requested interfaces, none for all. */
export type CliCommand = (state: VppState, facts: CliFacts, names: readonly string[]) => string;

/** `%=Ns` of VPP's format: centred, the extra blank in front. */
export function centred(text: string, width: number): string {
  const left = Math.ceil((width - text.length) / 2);
  return text.length >= width ? text : `${' '.repeat(left)}${text}`.padEnd(width);
}
