/**
 * VPP's command line for those who ask: commands of the table (table.ts) alone, one at a time, each in a bounded time.
 *
 * VPP runs a command in its main thread, beside which it answers nothing: a second one would only wait in VPP. For the
 * same reason one is not broken off when whoever asked is gone. When the time is over, the connection to VPP is cut;
 * what VPP has begun it ends by itself.
 */
import { runCli } from '../cli-socket.ts';
import { VppError } from '../errors.ts';
import type { KnownInterface } from './arguments.ts';
import { commandText, matchCommand } from './match.ts';

const TIMEOUT_MS = 10_000;
/** VPP's own placeholder: nothing is to be seen of it, and VPP crashes when some commands are asked for it. */
const NOBODYS = 'local0';

export interface VppCommandLineOptions {
  readonly cliSocket: string;
  /** VPP's interfaces as its API lists them now. */
  readonly interfaces: () => Promise<readonly KnownInterface[]>;
  /** Default 10 s; for tests. */
  readonly timeoutMs?: number;
}

export class VppCommandLine {
  readonly #options: VppCommandLineOptions;
  #running: string | undefined;

  constructor(options: VppCommandLineOptions) {
    this.#options = options;
  }

  /**
   * Runs what was typed, if the table has it; resolves with VPP's output, LF line ends. Rejects with VppError:
   * `cli-refused`, `cli-busy`, and as `runCli` does.
   */
  async run(typed: string): Promise<string> {
    const match = matchCommand(typed);
    if (!match.ok) throw new VppError('cli-refused', match.reason);
    if (this.#running !== undefined) {
      throw new VppError('cli-busy', `VPP runs one command at a time, now "${this.#running}": try again`);
    }
    this.#running = typed.trim();
    const { cliSocket, interfaces, timeoutMs = TIMEOUT_MS } = this.#options;
    try {
      const known = match.command.needsInterfaces ? await interfaces() : [];
      const command = commandText(
        match.command,
        known.filter(({ name }) => name !== NOBODYS),
      );
      if (!command.ok) throw new VppError('cli-refused', command.reason);
      return await runCli(cliSocket, command.text, { timeoutMs });
    } finally {
      this.#running = undefined;
    }
  }
}
