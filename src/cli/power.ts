/** `appliance power restart | off` */
import { printMessage } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';

export async function power(action: string, options: RemoteOptions): Promise<number> {
  return printMessage(await post(options, `/power/${action}`), options.json);
}
