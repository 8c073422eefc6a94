/** `appliance vpp retry` */
import { printMessage } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';

export async function vpp(action: string, options: RemoteOptions): Promise<number> {
  return printMessage(await post(options, `/vpp/${action}`), options.json);
}
