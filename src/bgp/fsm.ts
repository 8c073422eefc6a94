/**
 * The finite state machine of one connection (RFC 4271, section 8.2.2): what an event does, as a pure function. Idle,
 * Connect and Active are states of the neighbour, which may have two connections for a while (neighbour.ts).
 */
import { type BgpError, bgpError, ErrorCode } from './bgp-error.ts';
import type { Negotiated } from './open.ts';

export type ConnectionState = 'connect' | 'open-sent' | 'open-confirm' | 'established' | 'closed';

/** Why a connection has ended: who ended it, and with which NOTIFICATION. */
export type ConnectionEnd =
  | { readonly by: 'us' | 'neighbour'; readonly error: BgpError }
  /** Without a NOTIFICATION: the neighbour may have restarted. */
  | { readonly by: 'connection'; readonly reason: string };

export type ConnectionEvent =
  | { readonly kind: 'connected' }
  /** An OPEN that is acceptable. */
  | { readonly kind: 'open'; readonly session: Negotiated }
  | { readonly kind: 'keepalive' | 'update' | 'refresh' }
  | { readonly kind: 'notification'; readonly error: BgpError }
  /** A message was wrong, or this side has another reason to end it. */
  | { readonly kind: 'error'; readonly error: BgpError }
  | { readonly kind: 'hold-expired' }
  | { readonly kind: 'lost'; readonly reason: string };

export type ConnectionAction =
  | { readonly do: 'send-open' | 'send-keepalive' | 'deliver' | 'establish' }
  /** What both sides agreed on holds from now on. */
  | { readonly do: 'agree'; readonly session: Negotiated }
  | { readonly do: 'send-notification'; readonly error: BgpError }
  | { readonly do: 'close'; readonly end: ConnectionEnd };

export interface Transition {
  readonly state: ConnectionState;
  readonly actions: readonly ConnectionAction[];
}

/** What an event does in a state. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  if (state === 'closed') return CLOSED;
  switch (event.kind) {
    case 'lost':
      return { state: 'closed', actions: [{ do: 'close', end: { by: 'connection', reason: event.reason } }] };
    case 'notification':
      return { state: 'closed', actions: [{ do: 'close', end: { by: 'neighbour', error: event.error } }] };
    case 'error':
      return ended(state, event.error);
    case 'hold-expired':
      return ended(state, bgpError(ErrorCode.holdTimer, 0));
    case 'connected':
      return state === 'connect' ? OPEN_SENT : unexpected(state);
    case 'open':
      if (state !== 'open-sent') return unexpected(state);
      return {
        state: 'open-confirm',
        actions: [{ do: 'agree', session: event.session }, { do: 'send-keepalive' }],
      };
    case 'keepalive':
      if (state === 'open-confirm') return ESTABLISHED;
      return state === 'established' ? STAYS : unexpected(state);
    case 'update':
    case 'refresh':
      return state === 'established' ? DELIVERED : unexpected(state);
  }
}

const CLOSED: Transition = { state: 'closed', actions: [] };
const STAYS: Transition = { state: 'established', actions: [] };
const DELIVERED: Transition = { state: 'established', actions: [{ do: 'deliver' }] };
const OPEN_SENT: Transition = { state: 'open-sent', actions: [{ do: 'send-open' }] };
const ESTABLISHED: Transition = { state: 'established', actions: [{ do: 'establish' }] };

/** The subcodes of RFC 6608. */
const UNEXPECTED_IN: Readonly<Record<ConnectionState, number>> = {
  connect: 0,
  'open-sent': 1,
  'open-confirm': 2,
  established: 3,
  closed: 0,
};

function unexpected(state: ConnectionState): Transition {
  return ended(state, bgpError(ErrorCode.fsm, UNEXPECTED_IN[state]));
}

/** Nothing is sent on a connection that is not open yet. */
function ended(state: ConnectionState, error: BgpError): Transition {
  const close = { do: 'close', end: { by: 'us', error } } as const;
  if (state === 'connect') return { state: 'closed', actions: [close] };
  return { state: 'closed', actions: [{ do: 'send-notification', error }, close] };
}
