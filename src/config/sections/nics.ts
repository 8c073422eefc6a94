/** [vpp.dpdk] and [vpp.dpdk.interface.PCI]: the NICs that VPP gets. */
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice, integer } from '../leaf-types.ts';
import { interfaceName, pciAddress } from '../name-types.ts';

const FEWER = ['interfaces', 'the NIC has fewer'] as const;

export const dpdk = section('vpp.dpdk', {
  sentence: 'How VPP gets its NICs.',
  effect: 'vpp-restart',
  leaves: {
    unsafeNoIommu: flag('unsafe-no-iommu', false, {
      sentence:
        'Bind NICs by uio_pci_generic on a machine without an IOMMU: a NIC can then write anywhere in memory (also accepted in [dpdk])',
      fails: ['interfaces', 'a NIC is not bound'],
    }),
  },
});

export const nics = section('vpp.dpdk.interface.PCI', {
  sentence:
    'One NIC for VPP, by its PCI address: a section like `[vpp.dpdk.interface.0000:03:00.0]` for each.',
  effect: 'vpp-restart',
  repeated: {
    as: 'pciAddress',
    type: pciAddress,
    example: '0000:03:00.0',
    canonical: (name) => name.toLowerCase(),
    added: ({ name }) => `as ${name}`,
    removed: ({ name }) => `${name} returns to the kernel`,
  },
  leaves: {
    name: leaf('name', interfaceName, {
      required: true,
      sentence: 'Name of the interface in VPP and everywhere here',
      example: 'xe0',
      fails: ['interfaces', 'the NIC is not bound for VPP, or VPP does not take it'],
    }),
    driver: leaf('driver', choice('dpdk', 'native'), {
      default: 'dpdk',
      sentence:
        "Who drives the NIC: DPDK, or VPP's own driver (`ige`, for Intel's I225 and I226, in VPP 26.02 and later), which has not been tested on hardware",
      example: 'native',
      fails: ['interfaces', "VPP's own driver cannot take the NIC"],
    }),
    rxQueues: leaf('rx-queues', integer(1, 255), {
      absent: "VPP's default",
      sentence: 'Receive queues',
      example: '2',
      fails: FEWER,
    }),
    txQueues: leaf('tx-queues', integer(1, 255), {
      absent: "VPP's default",
      sentence: 'Transmit queues',
      example: '2',
      fails: FEWER,
    }),
  },
});
