/**
 * The faults of the emulator: from the environment at its start, and by the control socket while it runs.
 */

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
  | { readonly kind: 'drop' };

interface Counted {
  readonly fault: MessageFault;
  remaining: number;
}

export class Faults {
  readonly #byMessage = new Map<string, Counted>();
  /** When set, requests are not read any more. */
  isHanging = false;
  /** Connections end after this many further requests. */
  disconnectAfter: number | undefined;

  /** For `count` requests, or until cleared. */
  set(message: string, fault: MessageFault, count = Number.POSITIVE_INFINITY): void {
    this.#byMessage.set(message, { fault, remaining: count });
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
