/** Unicast reverse path forwarding: urpf.api, of urpf_plugin.so. */
import { details, dump, request } from '../message.ts';
import { bool, enumeration8, u32 } from '../schema.ts';
import { addressFamily, interfaceIndex, ofInterface } from '../types.ts';

const urpfMode = enumeration8('urpf_mode');

/** `table_id` ~0: the table that the interface is in at this moment. */
export const urpfUpdate = request('urpf_update_v2', 0xb873d028, {
  is_input: bool,
  mode: urpfMode,
  af: addressFamily,
  sw_if_index: interfaceIndex,
  table_id: u32,
});

export const urpfInterfaceDump = dump(
  'urpf_interface_dump',
  0xf9e6675e,
  ofInterface,
  details('urpf_interface_details', 0xf94b5374, {
    sw_if_index: interfaceIndex,
    is_input: bool,
    mode: urpfMode,
    af: addressFamily,
    table_id: u32,
  }),
);
