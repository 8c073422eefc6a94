/**
 * The deadline for the verdict on a version on trial, counted from power-on (the start of the kernel: the firmware's
 * time is unknown). Armed before anything else at boot, with the default, because a boot that hangs never reads the
 * configured value.
 */

/** Default of `update.trial-timeout`. */
export const DEFAULT_TRIAL_TIMEOUT_SECONDS = 300;

export interface TrialDeadlineOptions {
  /** Whether this boot is a trial, called at the deadline: `isTrialBoot` of the loader's variables. */
  readonly isTrial: () => boolean;
  /** Restarts the machine, so that the loader counts the next boot. */
  readonly restart: (reason: string) => void;
  /** Monotonic ms since the kernel started; CLOCK_MONOTONIC by default. */
  readonly uptimeMs?: () => number;
}

export interface TrialDeadline extends Disposable {
  readonly timeoutSeconds: number;
  /** Wall clock, ms, for display. */
  readonly at: number;
  /** Moves the deadline, still counted from power-on; expires at once when it has passed. */
  set(timeoutSeconds: number): void;
  /** Replaces `isTrial` and `restart` as the handler, once more is known. */
  onExpired(listener: () => void): void;
}

/** Arms the deadline. Called in the first lines of PID 1; disposing disarms it. */
export function armTrialDeadline(options: TrialDeadlineOptions): TrialDeadline {
  const uptimeMs = options.uptimeMs ?? (() => Number(process.hrtime.bigint() / 1_000_000n));
  let timeoutSeconds = DEFAULT_TRIAL_TIMEOUT_SECONDS;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let listener = (): void => {
    if (!options.isTrial()) return;
    options.restart(`version on trial: the boot reached no verdict within ${timeoutSeconds} s`);
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
