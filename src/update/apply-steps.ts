/** Executes steps in `EFI/Linux`, each on the disk before the next one starts. */
import { rename, rm } from 'node:fs/promises';
import { syncDirectory } from '../disk/mod.ts';
import { ENTRY_DIRECTORY } from './entries.ts';
import type { Step } from './plan.ts';
import { reasonOf } from '../linux/mod.ts';

/** `root`: of a boot partition that is currently writable. Rejects with the step and the reason; earlier steps are done. */
export async function applySteps(root: string, steps: readonly Step[]): Promise<void> {
  const directory = `${root}/${ENTRY_DIRECTORY}`;
  for (const step of steps) {
    try {
      if (step.kind === 'rename') await rename(`${directory}/${step.from}`, `${directory}/${step.to}`);
      else await rm(`${directory}/${step.file}`, { force: true });
      await syncDirectory(directory);
    } catch (error) {
      const reason = reasonOf(error);
      throw new Error(`${describe(step)} in ${directory}: ${reason}`, { cause: error });
    }
  }
}

function describe(step: Step): string {
  return step.kind === 'rename' ? `rename "${step.from}" to "${step.to}"` : `remove "${step.file}"`;
}
