/** PID 1 whose event loop stands still before it has a network: only the watchdog can help. */
import { stopAt } from './stop-at.ts';

stopAt(() => {
  for (;;);
});
void import('../../../src/main.ts');
