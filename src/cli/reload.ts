/** `appliance reload`: the configuration file is read again. */
import { type ChangeOptions, changeQuery, printChange } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';

/** Exit code 1 when the file was refused. */
export async function reload(options: RemoteOptions & ChangeOptions): Promise<number> {
  return printChange(post(options, `/reload${changeQuery(options)}`), options.json);
}
