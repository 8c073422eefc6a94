/**
 * Programs the routes of one family into VPP through one bulk channel: takes what is due, writes requests from
 * templates, and tells the state of each answer.
 *
 * Invariants: a request is written only for a slot that is not in flight; a run ends with its time slice, so that the
 * event loop gets its turn; after `Symbol.dispose` nothing is written and no answer is taken.
 */
import { TimeSlice } from '../linux/mod.ts';
import {
  type BulkChannel,
  ipRouteAddDel,
  mplsRouteAddDel,
  Retval,
  type VppApiClient,
  VppApiError,
} from '../vpp/api/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { FibBackend } from './fib-backend.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE } from './route-key.ts';
import {
  ADDRESS_OFFSET,
  LABEL_OFFSET,
  LENGTH_OFFSET,
  type TemplateTable,
  type VppTemplates,
} from './vpp-templates.ts';

/** Time for an answer. A request without one is sent again: VPP drops what it does not understand without a word. */
const ANSWER_MS = 30_000;
/** What stands for a slot when nothing can be sent. */
const NO_ROOM = -2;
/** Requests between two looks at the clock. */
const CLOCK_EVERY = 256;

export interface VppProgrammerOptions {
  readonly fib: FibBackend;
  readonly client: VppApiClient;
  readonly state: BackendState;
  readonly templates: VppTemplates;
  /** VPP cannot have all of a group now: whether the state has another target in its place than before. */
  readonly substitute: (group: GroupId) => boolean;
  /** VPP's number of the default table. */
  readonly defaultTableId: () => number;
  /** Whether VPP has a table; when not, it is asked for, and the states are swept when it is there. */
  readonly hasTable: (tableId: number) => boolean;
  readonly batchSize: () => number;
}

export class VppProgrammer implements Disposable {
  readonly #options: VppProgrammerOptions;
  readonly #state: BackendState;
  readonly #channel: BulkChannel;
  /** Templates of the table and end-of-stack bit that the last slot had. */
  #lastTable = Number.NaN;
  #lastBit = -1;
  #templates: TemplateTable;
  /** Whether VPP has the table that the last slot had. */
  #isTableThere = false;
  /** Refused here, before VPP was asked: it may have the route all the same. */
  #refusedHere = 0;

  constructor(options: VppProgrammerOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#templates = options.templates.table(options.state.store.family, 0);
    const def = options.state.store.family === 'mpls' ? mplsRouteAddDel : ipRouteAddDel;
    this.#channel = options.client.bulk(def, {
      timeoutMs: ANSWER_MS,
      onReply: (slot, error) => this.#answered(slot, error),
      onRoom: () => this.run(),
    });
  }

  /** Routes that were refused without asking VPP since the last `forgetRefusals`. */
  get refusedHere(): number {
    return this.#refusedHere;
  }

  forgetRefusals(): void {
    this.#refusedHere = 0;
  }

  /** Sends what is due, as far as there is room and time. Never throws. */
  run(): void {
    if (this.#channel.isClosed) return;
    const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
    const batchSize = this.#options.batchSize();
    let inBatch = 0;
    let end: 'no-room' | 'nothing-left' | 'slice-over' | undefined;
    while (end === undefined) {
      const slot = this.#channel.hasRoom() ? this.#state.take() : NO_ROOM;
      if (slot === NO_ROOM) end = 'no-room';
      else if (slot < 0) end = 'nothing-left';
      else if (this.#send(slot)) inBatch += 1;
      if (slice.isOver()) end ??= 'slice-over';
      if (inBatch === batchSize || (end !== undefined && inBatch > 0)) {
        this.#options.fib.countBatch();
        inBatch = 0;
      }
    }
    if (end === 'slice-over' || (end === 'nothing-left' && this.#state.queued > 0))
      this.#options.fib.runIn(0);
    else if (end === 'nothing-left') this.#options.fib.idle();
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }

  /** False when nothing was sent. */
  #send(slot: number): boolean {
    const state = this.#state;
    const { store } = state;
    let group = state.target(slot);
    const isMpls = store.family === 'mpls';
    const w0 = store.w0[slot]!;
    const table = store.table[slot]!;
    const bit = isMpls ? w0 & 1 : 0;
    if (table !== this.#lastTable || bit !== this.#lastBit) this.#useTable(table, bit);
    if (!this.#isTableThere) {
      state.happened(slot, 'dropped');
      return false;
    }
    const { templates } = this.#options;
    let template = templates.of(this.#templates, group);
    if (typeof template === 'string' && group !== NO_GROUP && this.#options.substitute(store.group[slot]!)) {
      group = state.target(slot);
      template = templates.of(this.#templates, group);
    }
    if (typeof template === 'string') {
      this.#refusedHere += 1;
      state.refused(slot, template);
      return false;
    }
    const offset = this.#write(slot, template);
    if (offset < 0) return false;
    const { bytes, view } = this.#channel;
    if (isMpls) view.setUint32(offset + LABEL_OFFSET, w0 >>> 1);
    else {
      view.setUint32(offset + ADDRESS_OFFSET, w0);
      bytes[offset + LENGTH_OFFSET] = store.length[slot]!;
      if (store.family === 6) {
        view.setUint32(offset + ADDRESS_OFFSET + 4, store.w1[slot]!);
        view.setUint32(offset + ADDRESS_OFFSET + 8, store.w2[slot]!);
        view.setUint32(offset + ADDRESS_OFFSET + 12, store.w3[slot]!);
      }
    }
    state.sent(slot, group);
    return true;
  }

  /** Where the copy is; -1 when there is no connection any more: a new one begins with everything anew. */
  #write(slot: number, template: Uint8Array): number {
    try {
      return this.#channel.send(slot, template);
    } catch (error) {
      if (error instanceof VppApiError) return -1;
      throw error;
    }
  }

  #useTable(table: number, bit: number): void {
    const { store } = this.#state;
    const tableId = store.tables[table] ?? DEFAULT_TABLE;
    const id = tableId === DEFAULT_TABLE ? this.#options.defaultTableId() : tableId;
    this.#templates = this.#options.templates.table(store.family, id, bit === 1);
    this.#isTableThere = this.#options.hasTable(id);
    this.#lastTable = table;
    this.#lastBit = bit;
  }

  /** Tables were made, or the default one is another: what was found for the last slot's table is looked for again. */
  forgetTable(): void {
    this.#lastTable = Number.NaN;
  }

  #answered(slot: number, error: VppApiError | undefined): void {
    const state = this.#state;
    if (error === undefined) state.acked(slot);
    else if (error.code !== 'retval') state.happened(slot, 'lost');
    else if (state.isRemoval(slot) && isGone(error)) state.acked(slot);
    else state.refused(slot, error.message);
    if (this.#channel.inFlight === 0) this.run();
  }
}

/** What is to leave a table, and is not in it or has no table any more, has left it. */
function isGone({ retval }: VppApiError): boolean {
  return retval === Retval.noSuchFib || retval === Retval.noSuchEntry;
}
