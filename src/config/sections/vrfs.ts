/** [vrf.NAME]: routing tables with interfaces of their own. */
import { leaf, section } from '../leaf.ts';
import { integer } from '../leaf-types.ts';
import { interfaceName } from '../name-types.ts';

export const vrfs = section('vrf.NAME', {
  sentence:
    'One VRF: a section like `[vrf.blue]` for each. Interfaces join it by `vrf = blue`, routes by `vrf blue`. Linux gets a VRF device of that name.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'blue',
    added: ({ table }) => `table ${table}`,
    removed: ({ table }) => `table ${table} and its VRF device are removed when nothing is in it`,
  },
  leaves: {
    table: leaf('table', integer(1, 4_294_967_294), {
      required: true,
      sentence:
        'Number of its table, in VPP and in Linux, for both families; not 253 to 255, which Linux has',
      example: '100',
      fails: ['interfaces', 'it is refused'],
    }),
  },
});
