/**
 * Addresses that hosts inside appear under: one object for each interface of `masquerade`, and one for all addresses of
 * `pool`.
 *
 * VPP lists the address that an interface gives among the others. It forgets it when the interface loses the address
 * while it has another one, and does not take that (nat44_ed.c, nat44_ed_add_del_interface_address_cb): `isFollowing`.
 */
import { type AddressRange, formatAddressRange, ipv4Number, ipv4Text } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import type { Found, Kind, Step } from '../kind.ts';
import type { Rank } from '../ranks.ts';
import { isNatOurs, NAT44, NAT_PLUGIN, unlessAbsent } from './nat44.ts';

interface Pool extends Readonly<Record<string, unknown>> {
  /** In the order of their numbers; of an interface none. */
  readonly addresses: readonly string[];
  /** VPP has the address of the interface. */
  readonly isFollowing: boolean;
}

/** The object of `pool`: no interface is called so. */
const ADDRESSES = 'address pool';

const numbersOf = ({ first, last }: AddressRange): number[] => {
  const start = ipv4Number(first) ?? 0;
  return Array.from({ length: (ipv4Number(last) ?? 0) - start + 1 }, (_, i) => start + i);
};

const sorted = (numbers: readonly number[]): string[] => [...numbers].sort((a, b) => a - b).map(ipv4Text);

/** Addresses as few ranges. */
function rangesOf(addresses: readonly string[]): AddressRange[] {
  const ranges: { first: string; last: string }[] = [];
  for (const address of addresses) {
    const before = ranges.at(-1);
    const isNext = before !== undefined && ipv4Number(before.last)! + 1 === ipv4Number(address);
    if (isNext) before.last = address;
    else ranges.push({ first: address, last: address });
  }
  return ranges;
}

function rangeSteps(addresses: readonly string[], isAdd: boolean): Step[] {
  const rank: Rank = isAdd ? 'natPools' : 'natPoolsOff';
  return rangesOf(addresses).map((range) => {
    const text = formatAddressRange(range);
    return {
      rank,
      words: isAdd ? `translate to ${text}` : `do not translate to ${text}`,
      ...(isAdd ? {} : { interrupts: `the sessions translated to ${text}` }),
      run: ({ client }) => api.addDelNatAddresses(client, range, isAdd),
    };
  });
}

function interfaceStep(name: string, isAdd: boolean): Step {
  return {
    rank: isAdd ? 'natPools' : 'natPoolsOff',
    words: isAdd ? `translate to the address of ${name}` : `do not translate to the address of ${name}`,
    ...(isAdd ? {} : { interrupts: `the sessions translated to the address of ${name}` }),
    run: (vpp) => {
      const done = api.addDelNatInterfaceAddress(vpp.client, vpp.indexOf(name), isAdd);
      return isAdd ? done : unlessAbsent(done);
    },
  };
}

async function readPools(client: api.VppApiClient): Promise<{
  readonly addresses: readonly string[];
  readonly interfaces: ReadonlyMap<api.SwIfIndex, boolean>;
}> {
  const [all, followed] = await Promise.all([
    api.dumpNatAddresses(client),
    api.dumpNatInterfaceAddresses(client),
  ]);
  const addresses = new Set(all);
  const interfaces = new Map<api.SwIfIndex, boolean>();
  for (const index of followed) {
    const own = (await api.dumpAddresses(client, index, 4)).map(({ address }) => address);
    interfaces.set(index, own.length === 0 || own.some((address) => addresses.has(address)));
    for (const address of own) addresses.delete(address);
  }
  return { addresses: sorted([...addresses].map((one) => ipv4Number(one) ?? 0)), interfaces };
}

export const natPool: Kind<Pool> = {
  name: 'nat-pool',
  messages: [
    api.nat44AddDelAddressRange,
    api.nat44AddDelInterfaceAddr,
    api.nat44AddressDump,
    api.nat44InterfaceAddrDump,
  ],
  plugin: NAT_PLUGIN,
  desired: ({ nat44: { enabled, masquerade, pool } }) => {
    const pools = new Map<string, Pool>();
    if (!enabled) return pools;
    for (const name of masquerade) pools.set(name, { addresses: [], isFollowing: true });
    const addresses = sorted(pool.flatMap(numbersOf));
    if (addresses.length > 0) pools.set(ADDRESSES, { addresses, isFollowing: true });
    return pools;
  },
  actual: async (client, interfaces) => {
    const pools = await readPools(client);
    const isOurs = await isNatOurs(client, interfaces);
    const found = new Map<string, Found<Pool>>();
    for (const [index, isFollowing] of pools.interfaces) {
      found.set(interfaces.nameOf(index), { attributes: { addresses: [], isFollowing }, isOurs });
    }
    if (pools.addresses.length > 0) {
      found.set(ADDRESSES, { attributes: { addresses: pools.addresses, isFollowing: true }, isOurs });
    }
    return found;
  },
  refersTo: (name) => (name === ADDRESSES ? [NAT44] : [NAT44, `interface/${name}`]),
  create: (name, { addresses }) =>
    name === ADDRESSES ? rangeSteps(addresses, true) : interfaceStep(name, true),
  change: (name, { attributes: { addresses: found = [] } }, { addresses }) => {
    if (name !== ADDRESSES) {
      return {
        rank: 'natPools',
        words: `translate to the present address of ${name}`,
        run: async (vpp) => {
          const index = vpp.indexOf(name);
          await unlessAbsent(api.addDelNatInterfaceAddress(vpp.client, index, false));
          await api.addDelNatInterfaceAddress(vpp.client, index, true);
        },
      };
    }
    const gone = found.filter((one) => !addresses.includes(one));
    const further = addresses.filter((one) => !found.includes(one));
    return [...rangeSteps(gone, false), ...rangeSteps(further, true)];
  },
  remove: (name, { attributes: { addresses = [] } }) =>
    name === ADDRESSES ? rangeSteps(addresses, false) : interfaceStep(name, false),
};
