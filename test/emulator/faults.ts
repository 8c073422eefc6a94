/**
 * The faults of the emulator: from the environment at its start, and by the control socket while it runs.
 */

import { randomNumbers } from '../system/random.ts';

/** `EMULATOR_FAULTS`, JSON. */
export interface StartFaults {
  /** Exits at once with this code (true: 1). */
  readonly exitAtOnce?: boolean | number;
  /** Runs, but opens no API socket. */
  readonly neverOpenSocket?: boolean;
  /** Names that are in the message table with another CRC. */
  readonly wrongCrc?: readonly string[];
  /** Names that are not in the message table. */
  readonly missing?: readonly string[];
  /** `26.06-release`; default `25.02-release`. */
  readonly version?: string;
  /** From exec to open sockets, during which SIGTERM is ignored; default 300. */
  readonly startMs?: number;
  /** Network namespaces that exist for linux-cp, on the machine or not. */
  readonly namespaces?: readonly string[];
  /**
   * TAPs are real links, connected to this namespace of the machine, which represents the wire. Needs root; without it
   * none are created.
   */
  readonly wire?: string;
  /** Delay from a NIC's admin-up to its link; default 0. */
  readonly linkMs?: number;
  /** Messages that are refused with this return value, always. */
  readonly refuse?: Readonly<Record<string, number>>;
}

/** The treatment of the answers of one message (or of all, `*`). */
export type MessageFault =
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'error'; readonly retval: number }
  | { readonly kind: 'drop' }
  /** Answered with 0, but not executed. */
  | { readonly kind: 'lose' };

/** Which requests a fault is for. */
export interface FaultScope {
  /** This many, default all until it is cleared. */
  readonly count?: number | undefined;
  /** Each with this probability, default 1. */
  readonly chance?: number | undefined;
}

interface Counted {
  readonly fault: MessageFault;
  readonly chance: number;
  remaining: number;
}

export class Faults {
  readonly #byMessage = new Map<string, Counted>();
  #random = randomNumbers(0);
  /** When set, requests are not read any more. */
  isHanging = false;
  /** Connections end after this many further requests. */
  disconnectAfter: number | undefined;

  set(message: string, fault: MessageFault, { count, chance = 1 }: FaultScope = {}): void {
    this.#byMessage.set(message, { fault, chance, remaining: count ?? Number.POSITIVE_INFINITY });
  }

  /** What follows by chance is the same for the same seed and requests. */
  seed(seed: number): void {
    this.#random = randomNumbers(seed);
  }

  clear(): void {
    this.#byMessage.clear();
    this.disconnectAfter = undefined;
  }

  /** The fault for one request of `message`; counts as one use of it. */
  take(message: string): MessageFault | undefined {
    if (this.#byMessage.size === 0) return undefined;
    for (const key of [message, '*']) {
      const counted = this.#byMessage.get(key);
      if (counted === undefined || counted.remaining <= 0) continue;
      if (counted.chance < 1 && this.#random.random() >= counted.chance) continue;
      counted.remaining--;
      return counted.fault;
    }
    return undefined;
  }
}

/** Parses `EMULATOR_FAULTS`; throws on invalid JSON. */
export function readStartFaults(text: string | undefined): StartFaults {
  if (text === undefined || text === '') return {};
  const parsed: StartFaults = JSON.parse(text);
  return parsed;
}
