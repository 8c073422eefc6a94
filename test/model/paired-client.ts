/**
 * A client of a VPP whose requests the model gets too: what VPP and the model answer otherwise is noted, with the model's
 * state following VPP's.
 */
import { HANDLERS, SHORT_HANDLERS } from '../emulator/handlers.ts';
import { VppApiError } from '../../src/vpp/api/errors.ts';
import type { RequestDef } from '../../src/vpp/api/message.ts';
import type { VppApiClient } from '../../src/vpp/api/mod.ts';
import { isRead } from './memory-client.ts';

/** A real VPP's hardware answers otherwise than the model's: memifs in the place of NICs. */
const OF_HARDWARE: ReadonlySet<string> = new Set(['hw_interface_set_mtu', 'sw_interface_set_promisc']);

export interface PairedOptions {
  readonly client: VppApiClient;
  readonly model: VppApiClient;
  readonly onDisagreement: (text: string) => void;
  /** Called before each request that changes something. */
  readonly onWrite?: (name: string) => void;
}

type Outcome = { readonly retval: number; readonly index?: unknown };

export function pairedClient({ client, model, onDisagreement, onWrite }: PairedOptions): VppApiClient {
  const outcomeOf = async (call: Promise<object>): Promise<Outcome> => {
    try {
      const reply = await call;
      return { retval: 0, ...('swIfIndex' in reply ? { index: reply.swIfIndex } : {}) };
    } catch (error) {
      if (error instanceof VppApiError && error.retval !== undefined) return { retval: error.retval };
      throw error;
    }
  };
  const request = async <Body, Reply extends { readonly retval: number }>(
    def: RequestDef<Body, Reply>,
    body: Body,
  ): Promise<Reply> => {
    const { name } = def;
    if (!isRead(name)) onWrite?.(name);
    const answer = client.request(def, body);
    // Returned below, when the model has answered too.
    answer.catch(() => {});
    if (HANDLERS[name] === undefined && SHORT_HANDLERS[name] === undefined) return answer;
    // Replies come in the order in which VPP has handled the requests.
    const real = await outcomeOf(answer);
    const modelled = await outcomeOf(model.request(def, body));
    const isSame = real.retval === modelled.retval && real.index === modelled.index;
    if (!isSame && !OF_HARDWARE.has(name)) {
      onDisagreement(
        `${name} ${JSON.stringify(body)}: VPP answers ${JSON.stringify(real)}, the model ${JSON.stringify(modelled)}`,
      );
    }
    return answer;
  };
  return new Proxy(client, {
    get: (target, key): unknown => {
      if (key === 'request') return request;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
