/**
 * PID 1's duty to orphans: every process whose parent died is ours to wait for.
 *
 * SIGCHLD says that one ended; a timer covers those that come while a reaping is under way or whose signal was
 * merged with another's. libuv's own children are left to libuv (src/linux/reaper.ts).
 */
import { reapOrphans } from '../linux/mod.ts';

const PERIOD_MS = 1_000;
/** A crowd of orphans is told of once, not one by one. */
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
    // After libuv had its turn at the same SIGCHLD.
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
