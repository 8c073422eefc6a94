/**
 * The table of messages that VPP sends at the handshake: name with CRC → id of this connection.
 *
 * Invariant: rebuilt at every connect, because ids change with plugins and versions. A name that is missing
 * (its plugin is not loaded) is distinguished from one with another CRC (another version).
 */

import { VppApiError } from './errors.ts';
import type { MessageDef } from './message.ts';
import { formatCrc } from './message.ts';
import type { ReadCursor } from './schema.ts';
import { need } from './schema.ts';

const ENTRY_BYTES = 66;
const NAME_BYTES = 64;

/** Why a message cannot be used on a connection. */
export type MessageProblem =
  | { readonly kind: 'plugin-not-loaded'; readonly message: string; readonly expectedCrc: string }
  | {
      readonly kind: 'other-version';
      readonly message: string;
      readonly expectedCrc: string;
      readonly actualCrc: string;
    };

/** The problem as text. */
export function describeProblem(problem: MessageProblem): string {
  if (problem.kind === 'plugin-not-loaded') {
    return `${problem.message}: VPP does not support this message: the plugin that owns it is not loaded`;
  }
  return (
    `${problem.message}: VPP has another version of this message: ` +
    `its CRC is ${problem.actualCrc}, expected ${problem.expectedCrc}`
  );
}

/** The problems on one line. */
export function describeProblems(problems: readonly MessageProblem[]): string {
  return problems.map(describeProblem).join('; ');
}

export class MessageTable {
  readonly #ids = new Map<string, { id: number; crc: string }>();

  /** Reads `count` entries of { id u16, name[64] } at the cursor; throws VppApiError `protocol`. */
  constructor(cursor: ReadCursor, count: number) {
    need(cursor, count * ENTRY_BYTES);
    for (let i = 0; i < count; i++) {
      const id = cursor.view.getUint16(cursor.offset);
      const start = cursor.offset + 2;
      let end = start;
      while (end < start + NAME_BYTES && cursor.bytes[end] !== 0) end++;
      const name = asciiText(cursor.bytes, start, end);
      cursor.offset += ENTRY_BYTES;
      const cut = name.lastIndexOf('_');
      if (cut > 0) this.#ids.set(name.slice(0, cut), { id, crc: name.slice(cut + 1) });
    }
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Why `def` cannot be used, or undefined when it can. */
  problem(def: MessageDef<unknown>): MessageProblem | undefined {
    const known = this.#ids.get(def.name);
    const expectedCrc = formatCrc(def.crc);
    if (known === undefined) return { kind: 'plugin-not-loaded', message: def.name, expectedCrc };
    if (known.crc !== expectedCrc) {
      return { kind: 'other-version', message: def.name, expectedCrc, actualCrc: known.crc };
    }
    return undefined;
  }

  /** Id of `def` on this connection; throws VppApiError `message-missing` or `crc-mismatch`. */
  id(def: MessageDef<unknown>): number {
    const problem = this.problem(def);
    if (problem !== undefined) {
      const code = problem.kind === 'plugin-not-loaded' ? 'message-missing' : 'crc-mismatch';
      throw new VppApiError(code, describeProblem(problem), { message: def.name });
    }
    return this.#ids.get(def.name)?.id ?? 0;
  }
}

const decoder = new TextDecoder('latin1');
function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}
