/** Numbered packets between two peers: how many were sent, and how many of them arrived (count-packets.py). */
import { join } from 'node:path';
import type { Daemon } from './daemons.ts';
import type { Field } from './field.ts';
import type { Running } from './namespace.ts';

const SCRIPT = join(import.meta.dirname, 'count-packets.py');
const PYTHON = '/usr/bin/python3';
const COUNTER = 'counter';

/** Sent and arrived packets of a port. */
export interface PacketCount {
  readonly sent: number;
  readonly arrived: number;
}

/** The daemon of the peer that they are sent to; it counts from its start. */
export function packetCounter(ports: readonly number[]): Daemon {
  return {
    name: COUNTER,
    files: {},
    processes: () => [{ name: COUNTER, command: [PYTHON, SCRIPT, 'receive', ...ports.map(String)] }],
  };
}

export class Packets {
  readonly #ports: readonly number[];
  readonly #from: string;
  readonly #to: string;
  #sender: Running | undefined;

  /** From a peer to another one, which has the counter. */
  constructor(from: string, to: string, ports: readonly number[]) {
    this.#from = from;
    this.#to = to;
    this.#ports = ports;
  }

  isCounted(field: Field): boolean {
    return this.#said(field).includes('ready');
  }

  /** `rate` packets a second to each port, until the end. */
  begin(field: Field, address: string, rate: number): void {
    const words = [SCRIPT, 'send', address, String(rate), ...this.#ports.map(String)];
    this.#sender = field.peer(this.#from).namespace.start(PYTHON, words);
  }

  /** Ends the sender. What is under way arrives a moment later. */
  async end(): Promise<void> {
    await this.#sender?.end();
  }

  /** By port; complete after the end. */
  counts(field: Field): ReadonlyMap<number, PacketCount> {
    const [sent, arrived] = [this.#sender?.output ?? '', this.#said(field)].map(
      (text) =>
        new Map(
          [...text.matchAll(/^(\d+) (\d+)$/gm)].map(([, port, count]) => [Number(port), Number(count)]),
        ),
    );
    return new Map(
      this.#ports.map((port) => [port, { sent: sent?.get(port) ?? 0, arrived: arrived?.get(port) ?? 0 }]),
    );
  }

  #said(field: Field): string {
    return field.peer(this.#to).outputs.get(COUNTER) ?? '';
  }
}
