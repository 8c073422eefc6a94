/**
 * The actions of admitted requests: the interface between this folder, which authorizes them, and `src/init`, which
 * performs them.
 */
import type { VppRetry } from '../dataplane/mod.ts';
import type { ConfigChange } from '../config/mod.ts';
import type { InstallTarget, ResetReport } from '../disk/mod.ts';
import type { ChangeOptions } from '../live/mod.ts';
import type { UpdateService } from '../update/mod.ts';

export interface ResetOptions {
  /** Keeps `[management]`. */
  readonly keepNetwork: boolean;
}

/**
 * The actions of requests. An error with a `code` in answer.ts becomes the status given there, any other 500; its
 * message is shown to the user.
 */
export interface ControlTarget {
  readonly update: Pick<UpdateService, 'receive'>;
  readonly config: {
    /** The text in force. */
    current(): string;
    put(text: string, options: ChangeOptions): Promise<ConfigChange>;
    /** Confirms the change that waits for it; `unchanged` when none does. */
    confirm(): Promise<ConfigChange>;
    /** Reloads the file. */
    reload(options: ChangeOptions): Promise<ConfigChange>;
    /** Unix milliseconds before which the change in force must be confirmed; undefined: none waits. */
    confirmBefore?(): number | undefined;
  };
  /** Runs a read-only command of VPP's command line; resolves with its output, with LF line ends. */
  runVppCommand(command: string): Promise<string>;
  /** Ends the wait of a failed VPP for its next start. Throws `refused` when we do not run VPP. */
  retryVpp(): VppRetry;
  /** Begins the orderly shutdown. Called after the response was sent. */
  power(action: 'restart' | 'power-off'): void;
  /**
   * Resolves with what was erased and what could not be; rejects when nothing was. The caller requests the restart that
   * follows, by `power`.
   */
  factoryReset(options: ResetOptions): Promise<ResetReport>;
  installTargets(): Promise<readonly InstallTarget[]>;
  /** Copies this system to a disk; resolves when the copy is on it. */
  install(disk: string): Promise<void>;
}
