/**
 * What this program has set on interfaces and VPP does not tell, or tells of an interface that was deleted meanwhile: for
 * the life of a connection, and of the interface.
 */
import type { SwIfIndex, VppApiClient } from '../vpp/api/mod.ts';
import type { Interfaces } from './kind.ts';

interface Remembered<T> {
  readonly index: SwIfIndex;
  readonly value: T;
}

export class InterfaceMemory<T> {
  readonly #byClient = new WeakMap<VppApiClient, Map<string, Remembered<T>>>();

  #of(client: VppApiClient): Map<string, Remembered<T>> {
    const found = this.#byClient.get(client) ?? new Map<string, Remembered<T>>();
    this.#byClient.set(client, found);
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
