/** `appliance power restart | off`, `appliance vpp retry`: an action that the appliance is asked for by its name. */
import { printMessage } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';

/** The command whose actions are below a path. */
export function acting(path: string): (action: string, options: RemoteOptions) => Promise<number> {
  return async (action, options) => printMessage(await post(options, `${path}/${action}`), options.json);
}
