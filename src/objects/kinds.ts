/** Every kind of object in VPP; within a rank of steps their order counts. */
import type { Kind } from './kind.ts';
import { loopback } from './kinds/loopback.ts';
import { subInterface } from './kinds/sub-interface.ts';

export const KINDS: readonly Kind[] = [loopback, subInterface];
