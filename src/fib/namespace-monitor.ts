/**
 * Follows one network namespace: its links, and the kernel's notices of what changes in it.
 *
 * Invariant: the links are those of the namespace; after an overrun they are read anew before the listener is told.
 */
import {
  type Link,
  listLinks,
  reasonOf,
  RouteMonitor,
  type RouteMonitorListener,
  type RouteMonitorOptions,
  withNetns,
} from '../linux/mod.ts';

export interface LinkChange {
  /** There is a new link, or a link has another name. */
  readonly what: 'added' | 'renamed' | 'removed' | 'changed';
  /** It is removed or down: the kernel drops IPv4 routes over it without a notice. */
  readonly isLost: boolean;
  /** Whether it is up, or running, differs from before. */
  readonly isOtherState: boolean;
}

export interface NamespaceListener extends Omit<RouteMonitorListener, 'onLink'> {
  readonly onLink: (change: LinkChange) => void;
  readonly onError: (message: string) => void;
}

export class NamespaceMonitor implements Disposable {
  readonly #netns: string | undefined;
  readonly #listener: NamespaceListener;
  readonly #monitor: RouteMonitor;
  readonly #links = new Map<number, Link>();

  /** Hears from now on. Throws LinuxError: ENOENT (no such namespace), EPERM … */
  constructor(listener: NamespaceListener, options: RouteMonitorOptions) {
    this.#netns = options.netns;
    this.#listener = listener;
    using opened = new DisposableStack();
    this.#monitor = opened.use(
      new RouteMonitor(
        {
          ...listener,
          onLink: (link, isThere) => this.#heardLink(link, isThere),
          onOverrun: () => this.#overran(),
        },
        options,
      ),
    );
    this.#readLinks();
    opened.move();
  }

  [Symbol.dispose](): void {
    this.#monitor[Symbol.dispose]();
  }

  linkName(index: number): string | undefined {
    return this.#links.get(index)?.name;
  }

  linkIndex(name: string): number | undefined {
    for (const link of this.#links.values()) if (link.name === name) return link.index;
    return undefined;
  }

  /** Whether a link is a VRF device. */
  isVrf(index: number | undefined): boolean {
    return index !== undefined && this.#links.get(index)?.vrfTable !== undefined;
  }

  #readLinks(): void {
    const links = this.#netns === undefined ? listLinks() : withNetns(this.#netns, () => listLinks());
    this.#links.clear();
    for (const link of links) this.#links.set(link.index, link);
  }

  #heardLink(link: Link, isThere: boolean): void {
    const before = this.#links.get(link.index);
    if (isThere) this.#links.set(link.index, link);
    else this.#links.delete(link.index);
    const isRenamed = before?.name !== link.name;
    this.#listener.onLink({
      what: !isThere ? 'removed' : before === undefined ? 'added' : isRenamed ? 'renamed' : 'changed',
      isLost: !isThere || (before?.up === true && !link.up),
      isOtherState: before?.up !== link.up || before.running !== link.running,
    });
  }

  #overran(): void {
    try {
      this.#readLinks();
    } catch (error) {
      this.#listener.onError(`read the links: ${reasonOf(error)}`);
    }
    this.#listener.onOverrun();
  }
}
