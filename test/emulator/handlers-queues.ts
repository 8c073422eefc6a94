/** Queues of interfaces and their threads: of interface.api. All belong to the main thread here. */

import { ALL_ONES, type Answer, type Handler, replyWith } from './handler.ts';
import { type Interface, Retval, type VppState } from './vpp-state.ts';

function detailsOf(name: string, bytes: number, swIfIndex: number, queueId: number): Answer {
  const body = Buffer.alloc(bytes);
  body.writeUInt32BE(swIfIndex, 0);
  body.writeUInt32BE(queueId, 4);
  return { name, body, isAddressed: true };
}

/** The requested interfaces: one, or all. */
function asked(state: VppState, index: number): Interface[] {
  const all = [...state.interfaces.values()].sort((a, b) => a.swIfIndex - b.swIfIndex);
  return index === ALL_ONES ? all : all.filter(({ swIfIndex }) => swIfIndex === index);
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

export const QUEUE_HANDLERS: Readonly<Record<string, Handler>> = {
  sw_interface_rx_placement_dump: (request, { state }) =>
    asked(state, request.readUInt32BE(10)).flatMap(({ swIfIndex, queues }) =>
      ids(queues.rx).map((id) => {
        const details = detailsOf('sw_interface_rx_placement_details', 16, swIfIndex, id);
        details.body.writeUInt32BE(1, 12);
        return details;
      }),
    ),
  sw_interface_tx_placement_get: (request, { state }) => {
    const name = 'sw_interface_tx_placement_get';
    if ([...state.interfaces.values()].every(({ queues }) => queues.tx === 0)) {
      return replyWith(name, Retval.noSuchEntry, ALL_ONES);
    }
    const details = asked(state, request.readUInt32BE(14)).flatMap(({ swIfIndex, queues }) =>
      ids(queues.tx).map((id) => {
        const one = detailsOf('sw_interface_tx_placement_details', 17, swIfIndex, id);
        one.body.writeUInt32BE(1, 9);
        return one;
      }),
    );
    return [...details, ...replyWith(name, Retval.ok, ALL_ONES)];
  },
};
