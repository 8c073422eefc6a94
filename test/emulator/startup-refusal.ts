/** A refusal of VPP at its start. */

/** VPP refuses to start: its message, and how the process ends. */
export class StartupRefusal extends Error {
  readonly exitCode: number;
  /** VPP is killed by a signal instead. */
  readonly signal: NodeJS.Signals | undefined;

  constructor(message: string, exitCode: number, signal?: NodeJS.Signals) {
    super(message);
    this.name = 'StartupRefusal';
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

export function refuse(message: string, exitCode: 0 | 1): never {
  throw new StartupRefusal(message, exitCode);
}
