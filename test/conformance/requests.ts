/** How the conformance suites say prefixes, paths and routes, and what VPP answered. */

import type { Prefix } from '../../src/config/mod.ts';
import { parseAddress } from '../../src/config/mod.ts';
import * as vpp from '../../src/vpp/api/mod.ts';

export function prefix(text: string): Prefix {
  const [address = '', length = ''] = text.split('/');
  return { family: address.includes(':') ? 6 : 4, address, length: Number(length) };
}

export function bytes(address: string): Uint8Array {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(`${address} is no address`);
  return parsed.bytes;
}

export function text(given: Prefix): string {
  return `${given.address}/${given.length}`;
}

/** The retval VPP answers with; 0 when it does what it is asked. */
export async function retvalOf(call: Promise<unknown>): Promise<number | undefined> {
  try {
    await call;
    return 0;
  } catch (error) {
    if (error instanceof vpp.VppApiError && error.code === 'retval') return error.retval;
    throw error;
  }
}

export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return error instanceof vpp.VppApiError ? error.code : String(error);
  }
}

export function path(nextHop: string, swIfIndex?: vpp.SwIfIndex, weight = 1): vpp.FibPath {
  return vpp.fibPath({ nextHop: bytes(nextHop), weight, ...(swIfIndex === undefined ? {} : { swIfIndex }) });
}

export function route(to: string, paths: vpp.FibPath[], isAdd = true, table = 0): vpp.RouteChange {
  return { isAdd, tableId: vpp.tableId(table), prefix: prefix(to), paths };
}
