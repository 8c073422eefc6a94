/**
 * What the emulator is told to do wrong: from the environment at its start, and by the control socket while it runs.
 */

/** `EMULATOR_FAULTS`, JSON. */
export interface StartFaults {
  /** Ends at once with this code (true: 1). */
  readonly exitAtOnce?: boolean | number;
  /** Runs, but opens no API socket. */
  readonly neverOpenSocket?: boolean;
  /** Names that are in the message table under another CRC. */
  readonly wrongCrc?: readonly string[];
  /** Names that are not in the message table. */
  readonly missing?: readonly string[];
  /** `26.06-release`; default `25.02-release`. */
  readonly version?: string;
  /** From exec to open sockets, during which SIGTERM is ignored; default 300. */
  readonly startMs?: number;
  /** Network namespaces that count as there for linux-cp, whether or not the machine has them. */
  readonly namespaces?: readonly string[];
  /**
   * TAPs are real links, to this namespace of the machine, which stands for the wire. Needs root; where it is absent
   * nothing is made.
   */
  readonly wire?: string;
  /** From a NIC's admin-up to its link; default 0. */
  readonly linkMs?: number;
  /** Messages that are refused with this return value, always. */
  readonly refuse?: Readonly<Record<string, number>>;
}

/** What happens to the answers of one message (or of all, `*`). */
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
  /** Set: requests are not read any more. */
  isHanging = false;
  /** Connections end after so many further requests. */
  disconnectAfter: number | undefined;

  /** For `count` requests, or until cleared. */
  set(message: string, fault: MessageFault, count = Number.POSITIVE_INFINITY): void {
    this.#byMessage.set(message, { fault, remaining: count });
  }

  clear(): void {
    this.#byMessage.clear();
    this.disconnectAfter = undefined;
  }

  /** The fault for one request of `message`, which uses it up once. */
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

/** Reads `EMULATOR_FAULTS`; throws on JSON that is none. */
export function readStartFaults(text: string | undefined): StartFaults {
  if (text === undefined || text === '') return {};
  const parsed: StartFaults = JSON.parse(text);
  return parsed;
}
