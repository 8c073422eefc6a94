/**
 * Owns a queue of each TAP of VPP, so that the TAPs outlive it: daemons see no change while VPP is
 * restarted, and the new VPP joins the existing TAP (it opens one by name, and the kernel allows it:
 * IFF_MULTI_QUEUE without IFF_TUN_EXCL, src/vnet/devices/tap/tap.c). No frame passes through here.
 *
 * Invariant: a TAP is held by its index in one namespace; another link of that name is another TAP.
 */
import { isErrno, keepTap, netnsIdentity, reasonOf, withNetns } from '../linux/mod.ts';
import type { HostLink } from './host-state.ts';

interface Held {
  readonly netns: string;
  readonly identity: string | undefined;
  readonly ifIndex: number;
  readonly queue: Disposable;
}

export class HeldTaps implements Disposable {
  readonly #held = new Map<string, Held>();
  readonly #onError: (message: string) => void;

  /** @param onError a TAP cannot be held, and ends with VPP: called each time */
  constructor(onError: (message: string) => void) {
    this.#onError = onError;
  }

  /** Holds the TAP behind a link, unless it is already held. */
  hold(netns: string, { name, ifIndex }: Pick<HostLink, 'name' | 'ifIndex'>): void {
    if (this.isHeld(netns, { name, ifIndex })) return;
    this.release(name);
    try {
      const queue = withNetns(netns, () => keepTap(name, ifIndex));
      this.#held.set(name, { netns, identity: netnsIdentity(netns), ifIndex, queue });
    } catch (error) {
      // It was deleted meanwhile.
      if (!isErrno(error, 'ENODEV', 'ENOENT'))
        this.#onError(`cannot hold the TAP ${name} for a restart of VPP: ${reasonOf(error)}`);
    }
  }

  /** Whether this very link is held. */
  isHeld(netns: string, { name, ifIndex }: Pick<HostLink, 'name' | 'ifIndex'>): boolean {
    const held = this.#held.get(name);
    return held?.ifIndex === ifIndex && held.netns === netns && held.identity === netnsIdentity(netns);
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#held.keys());
  }

  /** Releases a TAP: it ends at once where no VPP has it. */
  release(name: string): void {
    this.#held.get(name)?.queue[Symbol.dispose]();
    this.#held.delete(name);
  }

  /** Releases all TAPs except those of these names in this namespace. */
  retain(netns: string, names: ReadonlySet<string>): void {
    for (const [name, held] of this.#held) if (held.netns !== netns || !names.has(name)) this.release(name);
  }

  [Symbol.dispose](): void {
    for (const name of this.names) this.release(name);
  }
}
