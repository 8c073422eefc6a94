/**
 * VPP's command line for operators: only commands of the table (table.ts), one at a time, each with a timeout.
 *
 * VPP runs a command in its main thread and answers nothing else meanwhile: a second command would only wait in VPP.
 * For the same reason a command is not aborted when its requester disconnects. At the timeout the connection to VPP is
 * closed; VPP finishes the command by itself.
 */
import { runCli } from '../cli-socket.ts';
import { VppError } from '../errors.ts';
import type { KnownInterface } from './arguments.ts';
import { commandText, matchCommand } from './match.ts';

const TIMEOUT_MS = 10_000;
/** VPP's placeholder interface: it carries no traffic, and some commands crash VPP when given it. */
const NOBODYS = 'local0';

export interface VppCommandLineOptions {
  readonly cliSocket: string;
  /** VPP's current interfaces as its API lists them. */
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
   * Runs the typed command if it is in the table; resolves with VPP's output, LF line ends. Rejects with VppError:
   * `cli-refused`, `cli-busy`, and as `runCli` does.
   */
  async run(typed: string): Promise<string> {
    const match = matchCommand(typed);
    if (!match.ok) throw new VppError('cli-refused', match.reason);
    if (this.#running !== undefined) {
      throw new VppError(
        'cli-busy',
        `VPP runs one command at a time and is running "${this.#running}": try again later`,
      );
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
