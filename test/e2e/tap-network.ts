/** A machine at the other end of a guest's cable: a network namespace, joined to the guest's NIC by a TAP. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NicNetwork } from '../../image/qemu-arguments.ts';
import { linkIndex } from '../../src/linux/mod.ts';
import { Namespace } from '../field/namespace.ts';

const TAP_MS = 20_000;

export class Neighbour extends Namespace {
  readonly #tap: string;

  /** Makes the namespace; the name has five characters at most. QEMU makes the TAP. */
  constructor(name: string) {
    super(`${name}-${process.pid}`);
    this.#tap = `${name}${process.pid}`;
  }

  /** For the guest's NIC. */
  get network(): NicNetwork {
    return { kind: 'tap', name: this.#tap };
  }

  /** Takes the TAP of a QEMU that has just started into the namespace, as `eth0`. */
  async plugIn(...addresses: readonly string[]): Promise<void> {
    for (const end = performance.now() + TAP_MS; linkIndex(this.#tap) === undefined; await sleep(50)) {
      if (performance.now() > end) throw new Error(`QEMU made no TAP ${this.#tap}`);
    }
    execFileSync('ip', ['link', 'set', this.#tap, 'netns', this.name]);
    this.ip(`link set ${this.#tap} name eth0`);
    for (const address of addresses) this.ip(`address add ${address} dev eth0`);
    this.ip('link set eth0 up');
  }
}
