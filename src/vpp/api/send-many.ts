/** Sends many requests of one message through one bulk channel: encoding, waiting for room, waiting for the end. */

import { DEFAULT_WINDOW } from './bulk.ts';
import type { BulkRequester, ManyOptions, ManyOutcome } from './client-types.ts';
import { abortedError } from './errors.ts';
import type { MessageDef, RequestDef } from './message.ts';
import { REQUEST_HEADER_BYTES } from './message.ts';

/** Bulk requests written before the event loop gets its turn. */
const SLICE = 256;

/**
 * A request as bytes: 10 bytes of header, zero (the connection fills in id, client index and context), then the body.
 * For `BulkChannel.send`; throws VppApiError `encode`.
 */
export function encodeRequest<Body>(def: MessageDef<Body>, body: Body): Uint8Array {
  const encoded = new Uint8Array(REQUEST_HEADER_BYTES + def.codec.lengthOf(body));
  def.codec.write({ bytes: encoded, view: new DataView(encoded.buffer), offset: REQUEST_HEADER_BYTES }, body);
  return encoded;
}

/** The implementation of `VppApiClient.requestMany`. */
export async function sendMany<Body>(
  client: BulkRequester,
  def: RequestDef<Body, { readonly retval: number }>,
  bodies: Iterable<Body>,
  options: ManyOptions,
): Promise<ManyOutcome> {
  const { signal, window = DEFAULT_WINDOW, timeoutMs, onReply } = options;
  let succeeded = 0;
  let failed = 0;
  let wake = (): void => {};
  using channel = client.bulk(def, {
    window,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onReply: (index, error) => {
      if (error === undefined) succeeded++;
      else failed++;
      onReply?.(index, error);
      if (channel.inFlight === 0) wake();
    },
    onRoom: () => wake(),
  });
  const check = (): void => {
    if (signal?.aborted) throw abortedError(def.name, signal);
    client.refuseWhenClosed(def.name);
  };
  const pause = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    await promise;
    check();
  };
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    check();
    let index = 0;
    for (const body of bodies) {
      const frame = encodeRequest(def, body);
      while (channel.send(index, frame) < 0) await pause();
      index++;
      if (index % SLICE === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        check();
      }
    }
    while (channel.inFlight > 0) await pause();
    check();
    return { succeeded, failed };
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
