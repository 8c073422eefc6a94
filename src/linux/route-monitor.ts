/**
 * Owns the notifications of changes in one network namespace: routes, links, addresses and nexthop objects, by
 * rtnetlink multicast.
 *
 * Invariants: notifications arrive in the kernel's order; a run ends with its time slice, so that the event loop gets its
 * turn; after `overrun` some notifications are missing, and a listener that keeps a copy reads everything again.
 */
import { AF_INET6 } from './ip-address.ts';
import { decodeLink, type Link } from './links.ts';
import { nativeBuffer } from './libc.ts';
import { decodeMessage, HEADER_BYTES, messagesIn } from './netlink-message.ts';
import { type NetlinkSocket, openNetlinkSocket, receiveDatagram } from './netlink-socket.ts';
import { RouteNotice } from './route-notice.ts';
import { RouteMessage } from './rtnetlink.ts';
import { TimeSlice } from './time-slice.ts';
import { watchReadable } from './watch-readable.ts';

/** Multicast groups. Source: enum rtnetlink_groups of linux/rtnetlink.h. */
const Group = {
  link: 1,
  address4: 5,
  route4: 7,
  address6: 9,
  route6: 11,
  netconf4: 24,
  nexthop: 32,
} as const;

/** A burst of some 300,000 notifications in the kernel's accounting. */
const RECEIVE_BYTES = 128 * 2 ** 20;
const AF_UNSPEC = 0;
const DATAGRAM_BYTES = 64 * 1024;
/** Datagrams between two readings of the clock. */
const CLOCK_EVERY = 32;

/** Callbacks, all made from the event loop; their arguments are borrowed. */
export interface RouteMonitorListener {
  /** Routes are not monitored without it. */
  readonly onRoute?: (notice: RouteNotice) => void;
  readonly onLink: (link: Link, isNew: boolean) => void;
  readonly onAddress: (change: {
    readonly family: 4 | 6;
    readonly ifIndex: number;
    readonly isNew: boolean;
  }) => void;
  /** A message about a nexthop object, for `NexthopObjects.take`. Objects are not monitored without it. */
  readonly onNexthop?: (buffer: Buffer, offset: number) => void;
  /** An IPv4 setting of an interface changed (proxy ARP, forwarding …). Settings are not monitored without it. */
  readonly onIpv4Setting?: () => void;
  /** The receive buffer overran: some notifications are lost. */
  readonly onOverrun: () => void;
}

export interface RouteMonitorOptions {
  readonly netns?: string | undefined;
  /** Port id of our socket whose changes are filtered out (`RouteBulk.portId`). */
  readonly ignoredPort?: number;
  readonly receiveBytes?: number;
}

export class RouteMonitor implements Disposable {
  readonly #listener: RouteMonitorListener;
  readonly #socket: NetlinkSocket;
  readonly #watch: Disposable;
  readonly #buffer = nativeBuffer(DATAGRAM_BYTES);
  readonly #notice = new RouteNotice();
  #isOpen = true;

  /** Starts monitoring. Throws LinuxError: ENOENT (no such namespace), EPERM … */
  constructor(listener: RouteMonitorListener, options: RouteMonitorOptions = {}) {
    const { receiveBytes = RECEIVE_BYTES } = options;
    const groups: number[] = [Group.link, Group.address4, Group.address6];
    if (listener.onRoute !== undefined) groups.push(Group.route4, Group.route6);
    if (listener.onIpv4Setting !== undefined) groups.push(Group.netconf4);
    if (listener.onNexthop !== undefined) groups.push(Group.nexthop);
    this.#listener = listener;
    this.#socket = openNetlinkSocket({ ...options, groups, receiveBytes });
    try {
      this.#watch = watchReadable(this.#socket.fd, () => this.#read());
    } catch (error) {
      this.#socket[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#watch[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }

  // Level-triggered: readiness is reported again for what a run leaves.
  #read(): void {
    const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
    while (this.#isOpen) {
      const length = receiveDatagram(this.#socket.fd, this.#buffer);
      if (length === 'empty') return;
      if (length === 'overrun') this.#listener.onOverrun();
      else this.#take(length);
      if (slice.isOver()) return;
    }
  }

  #take(length: number): void {
    for (const offset of messagesIn(this.#buffer, length)) {
      if (!this.#isOpen) return;
      this.#takeMessage(offset);
    }
  }

  #takeMessage(offset: number): void {
    const buffer = this.#buffer;
    const type = buffer.readUInt16LE(offset + 4);
    const head = offset + HEADER_BYTES;
    switch (type) {
      case RouteMessage.newRoute:
      case RouteMessage.deleteRoute:
        if (this.#notice.read(buffer, offset)) this.#listener.onRoute?.(this.#notice);
        break;
      case RouteMessage.newLink:
      case RouteMessage.deleteLink:
        // Messages of other families are a bridge's, about its ports.
        if (buffer[head] !== AF_UNSPEC) break;
        this.#listener.onLink(
          decodeLink(decodeMessage(buffer, offset).payload),
          type === RouteMessage.newLink,
        );
        break;
      case RouteMessage.newAddress:
      case RouteMessage.deleteAddress:
        this.#listener.onAddress({
          family: buffer[head] === AF_INET6 ? 6 : 4,
          ifIndex: buffer.readUInt32LE(head + 4),
          isNew: type === RouteMessage.newAddress,
        });
        break;
      case RouteMessage.newNexthop:
      case RouteMessage.deleteNexthop:
        this.#listener.onNexthop?.(buffer, offset);
        break;
      case RouteMessage.newNetconf:
        this.#listener.onIpv4Setting?.();
        break;
      default:
        break;
    }
  }
}
