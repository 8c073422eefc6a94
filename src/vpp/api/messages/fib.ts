/** Sources of FIB entries: fib.api. */

import { struct } from '../block.ts';
import { details, dump } from '../message.ts';
import { fixedString, u8 } from '../schema.ts';

/** typedef fib_source { priority u8@0; id u8@1; name@2 (64) }; of two sources the one with the lower priority wins. */
const fibSource = struct('fib_source', { priority: u8, id: u8, name: fixedString(64) });

export const fibSourceDump = dump(
  'fib_source_dump',
  0x51077d14,
  {},
  details('fib_source_details', 0x8668acdb, { src: fibSource }),
);
