/**
 * Programs the routes of one family into VPP through one bulk channel: takes what is due, writes requests from
 * templates, and tells the state of each answer.
 *
 * An answer costs VPP as much as the route. So in a bulk (`BULK_ROUTES`) VPP is told without an answer what it has taken
 * for another route, the last of each batch excepted; what it has refused all the same is found by vpp-proof.ts. Only
 * what VPP is known to have is removed without an answer.
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
  SILENT_WINDOW,
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
  type RequestTemplate,
  type TemplateTable,
  type VppTemplates,
} from './vpp-templates.ts';

/** Time for an answer. A request without one is sent again: VPP drops what it does not understand without a word. */
const ANSWER_MS = 30_000;
/** What stands for a slot when nothing can be sent. */
const NO_ROOM = -2;
/** A bulk begins with this many routes that are not as wanted, and ends when there are none. */
const BULK_ROUTES = 2_048;
/** Requests without an answer in a row, however large a batch is: answers make room for others. */
const MAX_SILENT_ROW = SILENT_WINDOW / 4 - 1;
/** Requests between two looks at the clock. */
const CLOCK_EVERY = 256;

export interface VppProgrammerOptions {
  readonly fib: FibBackend;
  readonly client: VppApiClient;
  readonly state: BackendState;
  readonly templates: VppTemplates;
  /** The request for a group in the table of a slot; undefined while VPP cannot be told it. */
  readonly templateOf: (slot: number, group: GroupId) => RequestTemplate | undefined;
  /** VPP cannot have all of a group now: whether the state has another target in its place than before. */
  readonly substitute: (group: GroupId) => boolean;
  /** VPP's number of the default table. */
  readonly defaultTableId: () => number;
  /** Whether VPP has a table; when not, it is asked for, and the states are swept when it is there. */
  readonly hasTable: (tableId: number) => boolean;
  readonly batchSize: () => number;
  /** Whether VPP may be told anything without an answer now. */
  readonly mayBeSilent: () => boolean;
  /** VPP refused what it was told of a slot. `wasTrusted`: it had taken the same for another one. */
  readonly onRefused: (slot: number, error: VppApiError, wasTrusted: boolean) => void;
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
  #isBulk = false;
  /** Requests without an answer since the last one with. */
  #silentRow = 0;

  constructor(options: VppProgrammerOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#templates = options.templates.table(options.state.store.family, 0);
    const def = options.state.store.family === 'mpls' ? mplsRouteAddDel : ipRouteAddDel;
    this.#channel = options.client.bulk(def, {
      timeoutMs: ANSWER_MS,
      onReply: (slot, error) => this.#answered(slot, error),
      onHandled: (slot) => this.#state.acked(slot),
      onRoom: () => this.run(),
      onIdle: () => this.run(),
    });
  }

  /** Requests that were sent without an answer. */
  get silentSent(): number {
    return this.#channel.silentSent;
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
    this.#beginOrEndBulk();
    let inBatch = 0;
    let end: 'no-room' | 'nothing-left' | 'slice-over' | undefined;
    while (end === undefined) {
      const slot = this.#channel.hasRoom() ? this.#state.take() : NO_ROOM;
      if (slot === NO_ROOM) end = 'no-room';
      else if (slot < 0) end = 'nothing-left';
      else if (this.#send(slot, inBatch + 1 === batchSize)) inBatch += 1;
      if (slice.isOver()) end ??= 'slice-over';
      if (inBatch === batchSize || (end !== undefined && inBatch > 0)) {
        this.#options.fib.countBatch();
        inBatch = 0;
      }
    }
    if (end === 'nothing-left') this.#fence();
    if (end === 'slice-over' || (end === 'nothing-left' && this.#state.queued > 0))
      this.#options.fib.runIn(0);
    else if (end === 'nothing-left') this.#options.fib.idle();
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }

  #beginOrEndBulk(): void {
    const { toTell } = this.#state;
    if (toTell === 0 || !this.#options.mayBeSilent()) this.#isBulk = false;
    else if (toTell >= BULK_ROUTES) this.#isBulk = true;
  }

  /** Has VPP say when it has handled what was sent last, unless that is answered. */
  #fence(): void {
    try {
      this.#channel.fence();
    } catch (error) {
      // There is no connection any more: a new one begins with everything anew.
      if (!(error instanceof VppApiError)) throw error;
    }
  }

  /** False when nothing was sent. */
  #send(slot: number, isLast: boolean): boolean {
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
    const isSilent = this.#isBulk && !isLast && this.#isSentSilently(slot, group, template);
    const offset = this.#write(slot, template.bytes, isSilent);
    if (offset < 0) return false;
    this.#silentRow = isSilent ? this.#silentRow + 1 : 0;
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
    state.sent(slot, group, isSilent || this.#isLookedFor(slot, group));
    return true;
  }

  /** Whether what leaves VPP is looked for afterwards, answered or not: the audit comes by what is there, not by what is gone. */
  #isLookedFor(slot: number, group: GroupId): boolean {
    if (group !== NO_GROUP || !this.#options.mayBeSilent()) return false;
    return this.#isBulk || this.#state.isUnsure(slot);
  }

  #isSentSilently(slot: number, group: GroupId, { trust }: RequestTemplate): boolean {
    if (trust !== 'answered' || this.#silentRow >= MAX_SILENT_ROW) return false;
    return group !== NO_GROUP || this.#state.isKnown(slot);
  }

  /** Where the copy is; -1 when there is no connection any more: a new one begins with everything anew. */
  #write(slot: number, template: Uint8Array, isSilent: boolean): number {
    try {
      return isSilent ? this.#channel.sendSilently(slot, template) : this.#channel.send(slot, template);
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
    if (error === undefined) {
      if (this.#isBulk) this.#trust(slot);
      state.acked(slot);
    } else if (error.code !== 'retval') state.happened(slot, 'lost');
    else if (state.isRemoval(slot) && isGone(error)) {
      state.acked(slot);
      this.#options.onRefused(slot, error, false);
    } else {
      const template = this.#options.templateOf(slot, state.told(slot));
      const wasTrusted = template?.trust === 'answered';
      if (template !== undefined) template.trust = 'doubted';
      state.refused(slot, error.message);
      this.#options.onRefused(slot, error, wasTrusted);
    }
  }

  /** VPP has taken what it was told of a slot. */
  #trust(slot: number): void {
    const template = this.#options.templateOf(slot, this.#state.told(slot));
    if (template?.trust === 'unknown') template.trust = 'answered';
  }
}

/** What is to leave a table, and is not in it or has no table any more, has left it. */
function isGone({ retval }: VppApiError): boolean {
  return retval === Retval.noSuchFib || retval === Retval.noSuchEntry;
}
