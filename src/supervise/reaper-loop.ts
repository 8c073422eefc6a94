/**
 * Reaping of orphans: PID 1 waits for every process whose parent died.
 *
 * SIGCHLD reports that one ended; a timer covers those that end during a reaping or whose signal was merged with
 * another. libuv's own children are left to libuv (src/linux/reaper.ts).
 */
import { reapOrphans } from '../linux/mod.ts';

const PERIOD_MS = 1_000;
/** Many orphans are reported once, not one by one. */
const REPORT_MS = 5_000;

/** Reaps until disposed. `onReaped` gets the count since the last report, at most every 5 s. */
export function startReaper(onReaped: (count: number) => void): Disposable {
  let count = 0;
  let report: NodeJS.Timeout | undefined;
  const reap = (): void => {
    count += reapOrphans().length;
    if (count === 0 || report !== undefined) return;
    report = setTimeout(() => {
      report = undefined;
      onReaped(count);
      count = 0;
    }, REPORT_MS).unref();
  };
  const soon = (): void => {
    // After libuv has handled the same SIGCHLD.
    setImmediate(reap);
  };
  process.on('SIGCHLD', soon);
  const timer = setInterval(reap, PERIOD_MS).unref();
  return {
    [Symbol.dispose]() {
      process.off('SIGCHLD', soon);
      clearInterval(timer);
      clearTimeout(report);
    },
  };
}
