/**
 * The time by which a version on trial must have its verdict, counted from power-on (the start of the kernel: what the
 * firmware took before is not known). Armed before anything else of the boot, with the default, because a boot that
 * hangs never reads the configuration that says otherwise.
 */

/** `update.trial-timeout` where it is not configured. */
export const DEFAULT_TRIAL_TIMEOUT_SECONDS = 300;

export interface TrialDeadlineOptions {
  /** Whether this boot is a trial, asked when time is up: `isTrialBoot` of the loader's variables. */
  readonly isTrial: () => boolean;
  /** Ends the machine so that the loader counts on. */
  readonly restart: (reason: string) => void;
  /** Monotonic ms since the kernel started; CLOCK_MONOTONIC by default. */
  readonly uptimeMs?: () => number;
}

export interface TrialDeadline extends Disposable {
  readonly timeoutSeconds: number;
  /** Wall clock, ms, for display. */
  readonly at: number;
  /** Moves it: still counted from power-on, at once when that has passed. */
  set(timeoutSeconds: number): void;
  /** Who is told instead of `isTrial` and `restart`, once somebody knows more. */
  onExpired(listener: () => void): void;
}

/** Arms it. To be called in the first lines of PID 1; disposing of it disarms it. */
export function armTrialDeadline(options: TrialDeadlineOptions): TrialDeadline {
  const uptimeMs = options.uptimeMs ?? (() => Number(process.hrtime.bigint() / 1_000_000n));
  let timeoutSeconds = DEFAULT_TRIAL_TIMEOUT_SECONDS;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let listener = (): void => {
    if (!options.isTrial()) return;
    options.restart(`version on trial: the boot did not get as far as a verdict within ${timeoutSeconds} s`);
  };
  const remainingMs = (): number => timeoutSeconds * 1000 - uptimeMs();
  const arm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        isOver = true;
        listener();
      },
      Math.max(0, remainingMs()),
    );
  };
  arm();
  return {
    get timeoutSeconds() {
      return timeoutSeconds;
    },
    get at() {
      return Date.now() + remainingMs();
    },
    set(seconds) {
      timeoutSeconds = seconds;
      if (!isOver) arm();
    },
    onExpired(next) {
      listener = next;
    },
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
