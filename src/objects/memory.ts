/**
 * What this program has set on interfaces and VPP does not tell, or tells of an interface that was deleted meanwhile: for
 * the life of a VPP process, and of the interface. Another connection to the same process finds it again.
 */
import type { SwIfIndex, VppApiClient } from '../vpp/api/mod.ts';
import type { Interfaces } from './kind.ts';

/** One is in use; the others are forgotten, the one that was used first at first. */
const MAX_PROCESSES = 8;

interface Remembered<T> {
  readonly index: SwIfIndex;
  readonly value: T;
}

export class InterfaceMemory<T> {
  readonly #byProcess = new Map<number, Map<string, Remembered<T>>>();

  #of({ vpePid }: VppApiClient): Map<string, Remembered<T>> {
    const found = this.#byProcess.get(vpePid) ?? new Map<string, Remembered<T>>();
    // The one that was used last is the last.
    this.#byProcess.delete(vpePid);
    this.#byProcess.set(vpePid, found);
    const [oldest] = this.#byProcess.keys();
    if (this.#byProcess.size > MAX_PROCESSES && oldest !== undefined) this.#byProcess.delete(oldest);
    return found;
  }

  set(client: VppApiClient, name: string, index: SwIfIndex, value: T): void {
    this.#of(client).set(name, { index, value });
  }

  get(client: VppApiClient, name: string): T | undefined {
    return this.#of(client).get(name)?.value;
  }

  delete(client: VppApiClient, name: string): void {
    this.#of(client).delete(name);
  }

  /** What is remembered of the interfaces that exist; forgets that of others, and of those made anew since. */
  present(client: VppApiClient, { byName }: Interfaces): ReadonlyMap<string, T> {
    const all = this.#of(client);
    for (const [name, { index }] of all) {
      if (byName.get(name)?.swIfIndex !== index) all.delete(name);
    }
    return new Map([...all].map(([name, { value }]) => [name, value]));
  }
}
