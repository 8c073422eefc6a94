/** PID 1 that waits for ever before it has a network; its event loop lives, so only the trial's deadline can help. */
import { stopAt } from './stop-at.ts';

stopAt(() => new Promise<void>(() => {}));
void import('../../../src/main.ts');
