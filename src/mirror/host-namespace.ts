/**
 * Watches one network namespace: reports that something in it changed, and reads its current state.
 *
 * Invariants: notices are not remembered: a change is a reason to read, and a reading is complete; changes are
 * reported once they pause, or `LONGEST_MS` after the first one; a namespace that is created later, or replaced under
 * the same name, is found within a second.
 */
import {
  addAddress,
  createVirtualLink,
  deleteLink,
  isErrno,
  netnsIdentity,
  reasonOf,
  removeAddress,
  RouteMonitor,
  setLinkMaster,
  setLinkMtu,
  setLinkUp,
  withNetns,
} from '../linux/mod.ts';
import type { Prefix } from '../config/types.ts';
import { type HostState, readHostState } from './host-state.ts';

const LOOK_MS = 1_000;
const SETTLE_MS = 20;
const LONGEST_MS = 200;
/** A burst of some thousand links and addresses. */
const RECEIVE_BYTES = 8 * 2 ** 20;

export interface HostNamespaceOptions {
  readonly netns: string;
  /** Called before anything is read, whenever the name belongs to another namespace. */
  readonly prepare?: (netns: string) => void;
  /** Links, addresses or proxies changed. */
  readonly onChange: () => void;
  readonly onError: (message: string) => void;
}

/** One namespace of the name. */
interface Session {
  readonly identity: string;
  readonly monitor: Disposable;
}

export class HostNamespace implements Disposable {
  readonly #options: HostNamespaceOptions;
  #session: Session | undefined;
  #look: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;
  /** `performance.now()` of the first unreported change. */
  #changedAt: number | undefined;
  /** The last errors reported, by operation: each once. */
  readonly #reported = new Map<string, string>();

  /** Begins at once. */
  constructor(options: HostNamespaceOptions) {
    this.#options = options;
    this.#look = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  get netns(): string {
    return this.#options.netns;
  }

  /** The current state; undefined without the namespace, or when it cannot be read: that is reported. */
  read(): HostState | undefined {
    this.look();
    if (this.#session === undefined) return undefined;
    return this.#attempt('read links and addresses', () => withNetns(this.netns, readHostState));
  }

  /** Adds addresses to links, and removes others. Failures are reported. */
  changeAddresses(
    link: string,
    change: { readonly add?: readonly Prefix[]; readonly remove?: readonly Prefix[] },
  ): void {
    const { add = [], remove = [] } = change;
    if (add.length + remove.length === 0) return;
    this.#attempt(`change the addresses of ${link}`, () =>
      withNetns(this.netns, () => {
        for (const { address, length } of remove) removeAddress(link, address, length);
        for (const { address, length } of add) addAddress(link, address, length);
      }),
    );
  }

  /** Enslaves a link to a VRF device. Failures are reported. */
  enslave(link: string, vrf: string): void {
    this.#attempt(`put ${link} into ${vrf}`, () => withNetns(this.netns, () => setLinkMaster(link, vrf)));
  }

  /** Takes a link out of its VRF device. Failures are reported. */
  release(link: string): void {
    this.#attempt(`take ${link} out of its VRF`, () =>
      withNetns(this.netns, () => setLinkMaster(link, undefined)),
    );
  }

  /** Creates a VRF device, up. Failures are reported. */
  createVrf(name: string, tableId: number): void {
    this.#attempt(`create the VRF ${name} with table ${tableId}`, () =>
      withNetns(this.netns, () => {
        createVirtualLink(name, { kind: 'vrf', table: tableId });
        setLinkUp(name, true);
      }),
    );
  }

  /** Deletes a virtual link; those in a VRF device return to the main table. Failures are reported. */
  deleteLink(name: string): void {
    this.#attempt(`delete ${name}`, () => withNetns(this.netns, () => deleteLink(name)));
  }

  /** Sets the MTU of a link in bytes. Failures are reported. */
  setMtu(link: string, mtuBytes: number): void {
    this.#attempt(`set the MTU of ${link} to ${mtuBytes}`, () =>
      withNetns(this.netns, () => setLinkMtu(link, mtuBytes)),
    );
  }

  /** Sets the admin state of a link. Failures are reported. */
  setUp(link: string, isUp: boolean): void {
    this.#attempt(`set ${link} ${isUp ? 'up' : 'down'}`, () =>
      withNetns(this.netns, () => setLinkUp(link, isUp)),
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look);
    this.#look = undefined;
    this.#end();
  }

  /** Checks now whether the namespace exists, or was replaced. */
  look(): void {
    const identity = netnsIdentity(this.netns);
    if (identity === this.#session?.identity || this.#look === undefined) return;
    this.#end();
    if (identity === undefined) return;
    this.#session = this.#attempt('watch links and addresses', () => {
      this.#options.prepare?.(this.netns);
      return { identity, monitor: this.#listen() };
    });
    if (this.#session !== undefined) this.#changed();
  }

  #listen(): Disposable {
    const onChange = (): void => this.#changed();
    return new RouteMonitor(
      { onLink: onChange, onAddress: onChange, onIpv4Setting: onChange, onOverrun: onChange },
      { netns: this.netns, receiveBytes: RECEIVE_BYTES },
    );
  }

  #changed(): void {
    const now = performance.now();
    this.#changedAt ??= now;
    clearTimeout(this.#settle);
    const waitMs = Math.max(0, Math.min(SETTLE_MS, this.#changedAt + LONGEST_MS - now));
    this.#settle = setTimeout(() => {
      this.#changedAt = undefined;
      this.#options.onChange();
    }, waitMs).unref();
  }

  #end(): void {
    clearTimeout(this.#settle);
    this.#changedAt = undefined;
    this.#session?.monitor[Symbol.dispose]();
    this.#session = undefined;
  }

  /** A link that was deleted meanwhile is not a failure: its deletion is reported by the kernel. */
  #attempt<T>(what: string, body: () => T): T | undefined {
    try {
      const value = body();
      this.#reported.delete(what);
      return value;
    } catch (error) {
      if (isErrno(error, 'ENODEV')) return undefined;
      const reason = reasonOf(error);
      if (this.#reported.get(what) !== reason)
        this.#options.onError(`cannot ${what} in namespace ${this.netns}: ${reason}`);
      this.#reported.set(what, reason);
      return undefined;
    }
  }
}
