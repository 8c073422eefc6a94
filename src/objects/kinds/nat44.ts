/** NAT44 as a whole: `[nat44]`. Everything else of NAT stands on it, and goes with it. */
import * as api from '../../vpp/api/mod.ts';
import type { Interfaces, Key, Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';

interface Options extends Readonly<Record<string, unknown>> {
  readonly sessions: number;
  readonly forwarding: boolean;
  readonly timeouts: api.NatTimeouts;
  readonly mssClampBytes: number;
}

export const NAT_PLUGIN = 'nat_plugin.so';
/** There is one. */
const NAME = 'nat44';
export const NAT44: Key = `nat44/${NAME}`;

/** VPP has no mark on NAT itself: it is ours where one of our interfaces has a role, or a mapping bears our mark. */
export async function isNatOurs(client: api.VppApiClient, interfaces: Interfaces): Promise<boolean> {
  const roles = await api.dumpNatInterfaces(client);
  const own = interfaces.all.filter(({ tag }) => isOwnTag(tag)).map(({ swIfIndex }) => swIfIndex);
  if (own.some((index) => roles.has(index))) return true;
  return (await api.dumpNatMappings(client)).some(({ tag }) => isOwnTag(tag));
}

/**
 * Waits for a removal. VPP answers -6 for one that follows an interface when the address was not there with it, and
 * removes it all the same.
 */
export async function unlessAbsent(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof api.VppApiError) || error.retval !== api.Retval.noSuchEntry) throw error;
  }
}

export const nat44: Kind<Options> = {
  name: 'nat44',
  messages: [
    api.nat44EdPluginEnableDisable,
    api.nat44ForwardingEnableDisable,
    api.nat44ShowRunningConfig,
    api.natGetMssClamping,
    api.natSetMssClamping,
    api.natSetTimeouts,
  ],
  plugin: NAT_PLUGIN,
  desired: ({ nat44: config }) => {
    if (!config.enabled) return new Map();
    const options: Options = {
      sessions: config.sessions,
      forwarding: config.forwarding,
      timeouts: {
        udpSeconds: config.udpTimeoutSeconds,
        tcpEstablishedSeconds: config.tcpEstablishedTimeoutSeconds,
        tcpTransitorySeconds: config.tcpTransitoryTimeoutSeconds,
        icmpSeconds: config.icmpTimeoutSeconds,
      },
      mssClampBytes: config.mssClampBytes ?? 0,
    };
    return new Map([[NAME, options]]);
  },
  actual: async (client, interfaces) => {
    const config = await api.nat44Config(client);
    if (config === undefined) return new Map();
    return new Map([[NAME, { attributes: { ...config }, isOurs: await isNatOurs(client, interfaces) }]]);
  },
  create: (_name, options) => ({
    rank: 'nat',
    words: `enable NAT44 (${options.sessions} sessions a thread)`,
    run: async ({ client }) => {
      await api.enableNat44(client, options.sessions);
      await api.setNat44Options(client, options);
    },
  }),
  change: (_name, { attributes }, options) =>
    attributes.sessions === options.sessions
      ? {
          rank: 'nat',
          words: 'set the timeouts, MSS and forwarding of NAT44',
          run: ({ client }) => api.setNat44Options(client, options),
        }
      : undefined,
  remove: () => ({
    rank: 'natOff',
    words: 'disable NAT44',
    interrupts: 'all translated sessions',
    run: ({ client }) => api.disableNat44(client),
  }),
  observe: async (client) => {
    const config = await api.nat44Config(client);
    if (config === undefined) return new Map();
    const [addresses, roles, mappings] = await Promise.all([
      api.dumpNatAddresses(client),
      api.dumpNatInterfaces(client),
      api.dumpNatMappings(client),
    ]);
    const facts = {
      sessionsPerThread: config.sessions,
      addresses: addresses.length,
      interfaces: roles.size,
      mappings: mappings.filter(({ external }) => typeof external === 'string').length,
    };
    return new Map([[NAME, facts]]);
  },
};
