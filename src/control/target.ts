/**
 * What a changing request does, once it was let in: the interface between this room, which decides who may, and
 * `src/init`, which does it.
 */
import type { ConfigChange } from '../config/mod.ts';
import type { InstallTarget, ResetReport } from '../disk/mod.ts';

export interface ConfigOptions {
  /** Only says what would change. */
  readonly dryRun: boolean;
  readonly restartVpp: boolean;
}

/** What became of a request to try VPP at once. */
export interface VppRetry {
  /** `retried`: it waited for its next start, which comes now; `unchanged`: it was not waiting. */
  readonly result: 'retried' | 'unchanged';
  /** In words. */
  readonly message: string;
}

export interface ResetOptions {
  /** `[management]` stays as it is. */
  readonly keepNetwork: boolean;
}

/**
 * What the requests do. A rejection whose error carries a `code` that answer.ts knows becomes the status that stands
 * there, any other 500; its message is shown to the person who asked.
 */
export interface ControlTarget {
  readonly update: {
    /** `UpdateService.receive`: the body is not read before the manifest was found good. */
    receive(
      manifest: string,
      body: AsyncIterable<Uint8Array>,
      options: { readonly signal: AbortSignal },
    ): Promise<{ readonly version: string; readonly file: string }>;
  };
  readonly config: {
    /** The text in force. */
    current(): string;
    put(text: string, options: ConfigOptions): Promise<ConfigChange>;
    /** Keeps the change that waits for it; `unchanged` when none does. */
    confirm(): Promise<ConfigChange>;
    /** Reads the file again. */
    reload(options: ConfigOptions): Promise<ConfigChange>;
    /** Unix milliseconds before which the change in force wants its confirmation; undefined: none waits. */
    confirmBefore?(): number | undefined;
  };
  /** Runs a command of VPP's command line that changes nothing; resolves with its output, LF line ends. */
  runVppCommand(command: string): Promise<string>;
  /** Ends the wait of a VPP that failed for its next start. Throws `refused` where VPP is not started here. */
  retryVpp(): VppRetry;
  /** Begins the orderly shutdown. Called after the answer was sent. */
  power(action: 'restart' | 'power-off'): void;
  /**
   * Resolves when what the box knew is erased, with what could not be; rejects when nothing was. The restart that belongs
   * to it is asked for here, by `power`.
   */
  factoryReset(options: ResetOptions): Promise<ResetReport>;
  installTargets(): Promise<readonly InstallTarget[]>;
  /** Copies this system to a disk; resolves when the copy is on it. */
  install(disk: string): Promise<void>;
}
