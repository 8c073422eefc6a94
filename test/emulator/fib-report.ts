/**
 * The emulator's routes of the API, for tests: as objects, as lines, and as a digest over all of them, which
 * a test can compute from its own model too.
 */

import { addressText } from './address-bytes.ts';
import { ALL_ONES, type Path } from './fib-path.ts';
import { routeText } from './fib.ts';
import type { VppState } from './vpp-state.ts';

export interface ReportedPath {
  /** 0xffffffff: recursive. */
  readonly swIfIndex: number;
  readonly nextHop: string;
  readonly weight: number;
  readonly type: number;
  readonly tableId: number;
  /** Only if there are any. */
  readonly labels?: readonly number[];
}

export interface ReportedRoute {
  readonly table: number;
  readonly family: 4 | 6 | 'mpls';
  /** `10.0.0.0/8`; for MPLS `100/eos` or `100/neos`. */
  readonly prefix: string;
  /** MPLS: the payload below the last label, VPP's dpo_proto. */
  readonly payload?: number;
  readonly paths: readonly ReportedPath[];
}

function reportPath({ swIfIndex, nextHop, weight, type, tableId, labels }: Path): ReportedPath {
  const base = { swIfIndex, nextHop: addressText(nextHop), weight, type, tableId };
  return labels.length === 0 ? base : { ...base, labels };
}

/** The routes of the API, of all tables; one at a time, since there may be a million. */
export function* reportRoutes(state: VppState): Generator<ReportedRoute> {
  for (const table of state.fib.tables()) {
    for (const shown of table.ofApi()) {
      const paths = shown.paths.map(reportPath);
      yield { table: table.id, family: table.family, prefix: routeText(shown), paths };
    }
  }
  for (const table of state.mpls.tables()) {
    for (const { label, eos, payload, api } of table.routes()) {
      if (api === undefined) continue;
      const prefix = `${label}/${eos === 1 ? 'eos' : 'neos'}`;
      yield { table: table.id, family: 'mpls', prefix, payload, paths: api.paths.map(reportPath) };
    }
  }
}

/** One route as a line; equal for equal routes, in any order of their paths. */
export function routeLine({ table, family, prefix, payload, paths }: ReportedRoute): string {
  const texts = paths.map((path) => {
    const { type, nextHop, swIfIndex, weight, tableId, labels = [] } = path;
    const where = swIfIndex === ALL_ONES ? `table ${tableId}` : `if ${swIfIndex}`;
    return `${type} ${nextHop} ${where} weight ${weight} labels ${labels.join('/')}`;
  });
  return `${family} ${table} ${prefix} ${payload ?? ''}: ${texts.sort().join(', ')}`;
}

/** A digest over lines in any order; `remove` undoes `add`. */
export class FibDigest {
  #routes = 0;
  #low = 0;
  #high = 0;

  add(line: string): void {
    this.#routes++;
    this.#low = (this.#low + hash(line, 0x811c_9dc5)) >>> 0;
    this.#high = (this.#high + hash(line, 0x9747_b28c)) >>> 0;
  }

  remove(line: string): void {
    this.#routes--;
    this.#low = (this.#low - hash(line, 0x811c_9dc5)) >>> 0;
    this.#high = (this.#high - hash(line, 0x9747_b28c)) >>> 0;
  }

  get routes(): number {
    return this.#routes;
  }

  /** 16 hex digits. */
  get text(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }
}

// FNV-1a, and a final mix so that sums of similar lines do not cancel out.
function hash(line: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < line.length; i++) value = Math.imul(value ^ line.charCodeAt(i), 0x0100_0193);
  value = Math.imul(value ^ (value >>> 15), 0x85eb_ca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
