/** Puts a fault into the boot of a variant: what the phase before the network does instead of its work. */
import { type Phase, Phases } from '../../../src/init/phases.ts';

const LAST_BEFORE_THE_NETWORK = 'sysctls';

export function stopAt(fault: Phase['run']): void {
  const run = Reflect.get(Phases.prototype, 'run');
  Phases.prototype.run = function runWithFault(this: Phases, list: readonly Phase[]): Promise<void> {
    const changed = list.map((phase) =>
      phase.name === LAST_BEFORE_THE_NETWORK ? { ...phase, run: fault } : phase,
    );
    return run.call(this, changed);
  };
}
