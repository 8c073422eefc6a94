/** What the kinds of tunnels share: VPP changes none in place, and names them itself. */
import { tableOfVrf } from '../../config/mod.ts';
import type { Config } from '../../config/types.ts';
import * as api from '../../vpp/api/mod.ts';
import { type Attributes, type Kind, makeStep } from '../kind.ts';

export interface TunnelKind<A extends Attributes> {
  readonly name: string;
  readonly plugin?: string;
  readonly messages: readonly api.MessageDef<unknown>[];
  desired(this: void, config: Config): readonly (readonly [string, A])[];
  dump(this: void, client: api.VppApiClient): Promise<readonly api.Listed<A>[]>;
  words(this: void, tunnel: A): string;
  create(this: void, client: api.VppApiClient, tunnel: A): Promise<api.SwIfIndex>;
  remove(this: void, client: api.VppApiClient, index: api.SwIfIndex, tunnel: A): Promise<void>;
  /** Before it has its mark. */
  prepare?(this: void, client: api.VppApiClient, index: api.SwIfIndex): Promise<void>;
}

/** The ends of a tunnel as VPP has them. */
export function endsOf(
  { source, destination, underlayVrf }: Config['ipips'][number],
  config: Config,
): api.TunnelEnds {
  const table = underlayVrf === undefined ? undefined : tableOfVrf(config, underlayVrf);
  return { source, destination, table: table ?? 0 };
}

/** `192.0.2.1 to 203.0.113.1`. */
export function endsWords({ source, destination, table }: api.TunnelEnds): string {
  return `${source} to ${destination}${table === 0 ? '' : ` in table ${table}`}`;
}

export function tunnelKind<A extends Attributes>(given: TunnelKind<A>): Kind<A> {
  const { name: kind, plugin, messages } = given;
  return {
    name: kind,
    isInterface: true,
    messages,
    ...(plugin === undefined ? {} : { plugin }),
    desired: (config) => new Map(given.desired(config)),
    actual: async (client, interfaces) => {
      const found = await given.dump(client);
      return new Map(
        found.map(({ swIfIndex, ...rest }) => {
          const name = interfaces.nameOf(swIfIndex);
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is left of Listed<A>
          const attributes = rest as unknown as A;
          return [name, { attributes, isOurs: interfaces.isOurs(name) }] as const;
        }),
      );
    },
    create: (name, wanted) =>
      makeStep('tunnels', name, `create ${name} (${given.words(wanted)})`, async ({ client }) => {
        const index = await given.create(client, wanted);
        await given.prepare?.(client, index);
        return index;
      }),
    remove: (name, { attributes }) => ({
      rank: 'tunnelsOff',
      words: `delete ${name}`,
      interrupts: `${name}: its addresses, routes and sessions`,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the dump has all of them
      run: (vpp) => given.remove(vpp.client, vpp.indexOf(name), attributes as A),
    }),
  };
}
