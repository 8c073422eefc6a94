/** What a command of the emulator's CLI is, and how VPP lays its tables out. */
import type { VppState } from './vpp-state.ts';

export interface CliFacts {
  readonly version: string;
  readonly buildDate: string;
  readonly vpePid: number;
  /** Counters of an interface, names as VPP prints them. */
  readonly countersOf?: (swIfIndex: number) => readonly (readonly [name: string, value: number])[];
  readonly plugins?: readonly string[];
}

/** Gives the output; `names` are those of the interfaces that it was asked for, none for all. */
export type CliCommand = (state: VppState, facts: CliFacts, names: readonly string[]) => string;

/** `%=Ns` of VPP's format: centred, the extra blank in front. */
export function centred(text: string, width: number): string {
  const left = Math.ceil((width - text.length) / 2);
  return text.length >= width ? text : `${' '.repeat(left)}${text}`.padEnd(width);
}
