/**
 * Owns dumping whole rtnetlink tables in slices of the event loop, in which the kernel waits with the rest of a dump.
 */
import { addressFamily } from './ip-address.ts';
import { RouteNotice } from './route-notice.ts';
import { RTMSG_BYTES } from './routes.ts';
import { MAX_DUMP_ATTEMPTS, readDump, RouteMessage, type RouteRequest } from './rtnetlink.ts';
import { TimeSlice } from './time-slice.ts';

/** How a dump goes on from one datagram to the next. */
interface DumpOptions {
  readonly netns?: string | undefined;
  /** Aborts the dump, which rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Called every few hundred routes: the dump waits for the promise it returns. */
  readonly pause?: () => Promise<void> | undefined;
}

export interface RouteDumpOptions extends DumpOptions {
  readonly family: 4 | 6;
  /** Only routes of this protocol. */
  readonly protocol?: number;
}

/**
 * Calls `onRoute` with each route of a family; the notice is borrowed. A route may come more than once: the dump is
 * restarted when the kernel reports it as inconsistent; `consistent` is false when that did not help. Rejects
 * with LinuxError, and with what `onRoute` throws.
 */
export async function dumpRoutes(
  options: RouteDumpOptions,
  onRoute: (notice: RouteNotice) => void,
): Promise<{ readonly consistent: boolean }> {
  const { family, protocol } = options;
  const notice = new RouteNotice();
  const take = (buffer: Buffer, offset: number): void => {
    // For kernels that do not filter themselves.
    if (notice.read(buffer, offset) && notice.protocol === (protocol ?? notice.protocol)) onRoute(notice);
  };
  for (let attempt = 1; attempt <= MAX_DUMP_ATTEMPTS; attempt++) {
    const isInterrupted = await dumpMessages(routeDump(family, protocol), options, take);
    if (!isInterrupted) return { consistent: true };
  }
  return { consistent: false };
}

/** The request for the routes of a family, of one protocol where the kernel filters them. */
export function routeDump(family: 4 | 6, protocol = 0): RouteRequest {
  const body = Buffer.alloc(RTMSG_BYTES);
  body.writeUInt8(addressFamily(family), 0);
  body.writeUInt8(protocol, 5);
  return { type: RouteMessage.getRoute, body, call: 'dumpRoutes', args: [] };
}

/** Reads the answers to one dump request, in slices; true when the kernel reports it as interrupted. */
export async function dumpMessages(
  request: RouteRequest,
  { netns, signal, pause }: DumpOptions,
  onMessage: (buffer: Buffer, offset: number) => void,
): Promise<boolean> {
  let isInterrupted = false;
  const slice = new TimeSlice();
  for (const step of readDump(request, netns, onMessage)) {
    isInterrupted = step;
    const pausing = pause?.();
    if (pausing === undefined && !slice.isOver()) continue;
    await pausing;
    await slice.next();
    signal?.throwIfAborted();
  }
  return isInterrupted;
}
