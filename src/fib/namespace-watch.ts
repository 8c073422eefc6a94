/** Finds the network namespace of a name: one that does not exist yet, and another one of the same name. */
import { netnsIdentity } from '../linux/mod.ts';

const LOOK_MS = 1_000;
/** Of the own namespace: there is no other one. */
const OWN = 'own';

export interface NamespaceOwner {
  /** Opens what belongs to the namespace; false: it failed, and is tried again. */
  readonly open: () => boolean;
  /** Closes it: the namespace is gone, or another one. */
  readonly close: () => void;
  readonly onAbsent: (reason: string) => void;
}

export class NamespaceWatch implements Disposable {
  readonly #netns: string | undefined;
  readonly #owner: NamespaceOwner;
  readonly #timer: NodeJS.Timeout;
  /** Of the namespace in which the owner has opened what it needs. */
  #opened: string | undefined;

  /** Looks at once. @param netns undefined: the own namespace */
  constructor(netns: string | undefined, owner: NamespaceOwner) {
    this.#netns = netns;
    this.#owner = owner;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#look();
  }

  /** Looks no more; the owner closes what is open. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const identity = this.#netns === undefined ? OWN : netnsIdentity(this.#netns);
    if (this.#opened !== undefined) {
      if (identity === this.#opened) return;
      this.#opened = undefined;
      this.#owner.close();
    }
    if (identity === undefined) this.#owner.onAbsent(`the network namespace ${this.#netns} does not exist`);
    else if (this.#owner.open()) this.#opened = identity;
  }
}
