/** Owns what is said of the machine's own parts: watchdog, worker cores, clock. Pure. */

/** A watchdog that runs. */
export interface ArmedWatchdog {
  /** What the driver calls itself; empty when it does not. */
  readonly identity: string;
  /** In force, which may be another than the one asked for. */
  readonly timeoutSeconds: number;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly lastFedAt: number;
  /** Whether the last boot was ended by this device; absent where the driver does not tell. */
  readonly lastBootResetByWatchdog?: boolean;
  /** Whether the driver refuses to be stopped once it runs. */
  readonly nowayout: boolean;
}

export type WatchdogStatus =
  | { readonly state: 'off'; readonly reason: string }
  | ({ readonly state: 'armed' } & ArmedWatchdog)
  /** Not fed, on purpose: the machine is about to be reset. */
  | ({ readonly state: 'starving'; readonly reason: string; readonly since: number } & ArmedWatchdog)
  /** It runs, but could not be fed or stopped. */
  | ({ readonly state: 'failed'; readonly reason: string } & ArmedWatchdog);

/** A worker thread and its core. */
export interface WorkerThread {
  readonly tid: number;
  readonly name: string;
  readonly core: number;
}

export type CpuIsolationStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'active';
      /** A list as the kernel writes it, `1-3`. */
      readonly cores: string;
      readonly threads: readonly WorkerThread[];
      readonly movedInterrupts: number;
      /** Interrupts that cannot be moved: managed ones, and those of one processor. */
      readonly refusedInterrupts: number;
      readonly since: number;
      /** What the last check found not to be so, in words; nothing when all is well. */
      readonly problems: readonly string[];
    }
  | { readonly state: 'failed'; readonly reason: string };

/** Who named the servers. */
export type TimeSource = 'configuration' | 'dhcp';

export type TimeStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'unsynchronised';
      readonly reason: string;
      readonly servers: readonly string[];
      readonly source: TimeSource;
    }
  | {
      readonly state: 'synchronised';
      readonly servers: readonly string[];
      readonly source: TimeSource;
      /** The one in use, as chronyd calls it. */
      readonly server?: string;
      readonly estimatedErrorSeconds: number;
      readonly maximumErrorSeconds: number;
    };
