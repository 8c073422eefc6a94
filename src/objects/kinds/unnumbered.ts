/**
 * Interfaces that borrow the addresses of another one: `unnumbered` in `[interface.NAME]`.
 *
 * VPP copies the place of the donor's first address once: a borrower is unbound before addresses of the configuration
 * leave its donor, and bound again when the donor has others than at the time.
 */
import * as api from '../../vpp/api/mod.ts';
import { formatPrefix } from '../../config/mod.ts';
import { byInterface, type Kind, type Step } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type Unnumbered = Readonly<{
  donor: string;
  /** The donor's, as configured. */
  addresses: readonly string[];
  /** The donor has the addresses that it had when the borrower was bound. */
  isCurrent: boolean;
}>;

/** By borrower: the donor's addresses at the time, as configured and in VPP. */
const bound = new InterfaceMemory<{ readonly configured: readonly string[]; readonly inVpp: string }>();

async function addressesOf(client: api.VppApiClient, donor: api.SwIfIndex): Promise<string> {
  return (await api.dumpAddresses(client, donor)).map(formatPrefix).join();
}

const bind = (name: string, { donor, addresses }: Unnumbered): Step => ({
  rank: 'features',
  words: `let ${name} borrow the addresses of ${donor}`,
  run: async (vpp) => {
    const { client } = vpp;
    const [borrower, lender] = [vpp.indexOf(name), vpp.indexOf(donor)];
    await api.setUnnumbered(client, borrower, lender, true);
    bound.set(client, name, borrower, {
      configured: addresses,
      inVpp: await addressesOf(client, lender),
    });
  },
});

export const unnumbered: Kind<Unnumbered> = {
  name: 'unnumbered',
  messages: [api.swInterfaceSetUnnumbered, api.ipUnnumberedDump],
  desired: (config) => {
    const addresses = new Map(config.interfaces.map((one) => [one.name, one.addresses.map(formatPrefix)]));
    return byInterface(config, ({ unnumbered: donor }) =>
      donor === undefined ? undefined : { donor, addresses: addresses.get(donor) ?? [], isCurrent: true },
    );
  },
  actual: async (client, interfaces) => {
    const ours = bound.present(client, interfaces);
    const found = await Promise.all(
      (await api.dumpUnnumbered(client)).map(async ({ borrower, donor }) => {
        const name = interfaces.nameOf(borrower);
        const known = ours.get(name);
        const isCurrent = known !== undefined && known.inVpp === (await addressesOf(client, donor));
        const attributes: Partial<Unnumbered> = {
          donor: interfaces.nameOf(donor),
          isCurrent,
          ...(known === undefined ? {} : { addresses: known.configured }),
        };
        return [name, { attributes, isOurs: known !== undefined }] as const;
      }),
    );
    return new Map(found);
  },
  refersTo: (name, { donor }) => [`interface/${name}`, `interface/${donor}`],
  create: bind,
  // Others addresses in the configuration: unbound first, since they are about to change in VPP.
  change: (name, { attributes: { donor, addresses } }, wanted) => {
    const isSame =
      donor === wanted.donor && (addresses ?? wanted.addresses).join() === wanted.addresses.join();
    return isSame ? bind(name, wanted) : undefined;
  },
  remove: (name, { attributes: { donor = '' } }) => ({
    rank: 'featuresOff',
    words: `let ${name} borrow no addresses`,
    interrupts: `IP on ${name}`,
    run: async (vpp) => {
      const borrower = vpp.indexOf(name);
      await api.setUnnumbered(vpp.client, borrower, vpp.interfaceOf(donor)?.swIfIndex ?? borrower, false);
      bound.delete(vpp.client, name);
    },
  }),
};
