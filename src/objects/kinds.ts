/** Every kind of object in VPP; within a rank of steps their order counts. */
import type { Kind } from './kind.ts';
import { gre } from './kinds/gre.ts';
import { ipip } from './kinds/ipip.ts';
import { loopback } from './kinds/loopback.ts';
import { subInterface } from './kinds/sub-interface.ts';
import { vxlan } from './kinds/vxlan.ts';

export const KINDS: readonly Kind[] = [loopback, gre, ipip, vxlan, subInterface];
