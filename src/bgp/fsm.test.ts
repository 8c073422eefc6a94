/** What each event does in each state, as RFC 4271, section 8.2.2, has it. */
import { expect, it } from 'vitest';
import { bgpError } from './bgp-error.ts';
import { IPV4 } from './families.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './fsm.ts';
import { bodyOf, OWN_OFFER, theirOpen } from './messages.fixture.ts';
import { negotiate, readOpen } from './open.ts';

const open = readOpen(bodyOf(theirOpen({ families: [IPV4] })));
if ('code' in open) throw new Error('the OPEN is right');
const session = negotiate(OWN_OFFER, 65002, open);
if ('code' in session) throw new Error('the OPEN is acceptable');

const EVENTS: Readonly<Record<string, ConnectionEvent>> = {
  connected: { kind: 'connected' },
  open: { kind: 'open', session },
  keepalive: { kind: 'keepalive' },
  update: { kind: 'update' },
  refresh: { kind: 'refresh' },
  notification: { kind: 'notification', error: bgpError(6, 2) },
  error: { kind: 'error', error: bgpError(3, 1) },
  'hold-expired': { kind: 'hold-expired' },
  lost: { kind: 'lost', reason: 'ECONNRESET' },
};

/** `state: actions`, of a NOTIFICATION its code and subcode. */
function outcome(state: ConnectionState, event: ConnectionEvent): string {
  const next = transition(state, event);
  const actions = next.actions.map((action) =>
    action.do === 'send-notification'
      ? `notify ${action.error.code}/${action.error.subcode}`
      : action.do === 'close'
        ? `close by ${action.end.by}`
        : action.do,
  );
  return [next.state, ...actions].join(', ');
}

it.each<[ConnectionState, Readonly<Record<string, string>>]>([
  [
    'connect',
    {
      connected: 'open-sent, send-open',
      open: 'closed, close by us',
      keepalive: 'closed, close by us',
      update: 'closed, close by us',
      refresh: 'closed, close by us',
      notification: 'closed, close by neighbour',
      error: 'closed, close by us',
      'hold-expired': 'closed, close by us',
      lost: 'closed, close by connection',
    },
  ],
  [
    'open-sent',
    {
      connected: 'closed, notify 5/1, close by us',
      open: 'open-confirm, agree, send-keepalive',
      keepalive: 'closed, notify 5/1, close by us',
      update: 'closed, notify 5/1, close by us',
      refresh: 'closed, notify 5/1, close by us',
      notification: 'closed, close by neighbour',
      error: 'closed, notify 3/1, close by us',
      'hold-expired': 'closed, notify 4/0, close by us',
      lost: 'closed, close by connection',
    },
  ],
  [
    'open-confirm',
    {
      connected: 'closed, notify 5/2, close by us',
      open: 'closed, notify 5/2, close by us',
      keepalive: 'established, establish',
      update: 'closed, notify 5/2, close by us',
      refresh: 'closed, notify 5/2, close by us',
      notification: 'closed, close by neighbour',
      error: 'closed, notify 3/1, close by us',
      'hold-expired': 'closed, notify 4/0, close by us',
      lost: 'closed, close by connection',
    },
  ],
  [
    'established',
    {
      connected: 'closed, notify 5/3, close by us',
      open: 'closed, notify 5/3, close by us',
      keepalive: 'established',
      update: 'established, deliver',
      refresh: 'established, deliver',
      notification: 'closed, close by neighbour',
      error: 'closed, notify 3/1, close by us',
      'hold-expired': 'closed, notify 4/0, close by us',
      lost: 'closed, close by connection',
    },
  ],
  ['closed', Object.fromEntries(Object.keys(EVENTS).map((name) => [name, 'closed']))],
])('in %s', (state, expected) => {
  const found = Object.entries(EVENTS).map(([name, event]) => [name, outcome(state, event)]);
  expect(Object.fromEntries(found)).toEqual(expected);
});
