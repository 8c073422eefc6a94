/** VPP is killed in the box, and another one connects. */
import type { Step } from './case.ts';
import { act, becomes } from './steps.ts';

/** The steps; each use has its own memory of the process. */
export function killVpp(): readonly Step[] {
  let before: number | undefined;
  return [
    act('VPP is killed', async (field) => {
      const status = await field.box.status();
      before = status?.vpp.pid;
      if (before === undefined) throw new Error(`VPP is not running: ${JSON.stringify(status?.vpp)}`);
      await field.box.run(`kill -9 ${before}`);
    }),
    becomes('another VPP is connected', 60, async (field) => {
      const vpp = (await field.box.status())?.vpp;
      return vpp?.api.state === 'connected' && vpp.pid !== before ? true : JSON.stringify(vpp);
    }),
  ];
}
