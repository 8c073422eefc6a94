/** `appliance version` */
import { VERSION } from '../init/mod.ts';

export async function version(): Promise<number> {
  process.stdout.write(`appliance ${VERSION} (node ${process.version})\n`);
  return 0;
}
