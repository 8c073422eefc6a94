/** Routes from feeders at the socket `routes.sock` of the run directory, and lookups of destinations. */
import { type Fib, FeedServer, type KernelBackend, readAskedDestination } from '../fib/mod.ts';
import { reasonOf } from '../linux/mod.ts';
import { type FeedsStatus, type RouteAnswer, sumOfCounts } from '../fib/status.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { freeSocketPath } from './socket-path.ts';

const SUBJECT = 'feeds';

export interface FeedsOptions {
  readonly fib: Fib;
  readonly kernelFib: KernelBackend;
  readonly runDir: string;
  readonly logger: Logger;
  readonly conditions: Conditions;
}

export class Feeds implements Disposable {
  readonly #options: FeedsOptions;
  readonly #server: FeedServer;

  constructor(options: FeedsOptions) {
    this.#options = options;
    const { fib, kernelFib } = options;
    this.#server = new FeedServer({
      table: fib.table,
      settled: async () => void (await Promise.all([fib.vpp.settled(), kernelFib.settled()])),
      fibTotals: () => sumOfCounts([fib.vpp.status, kernelFib.status]),
      log: (line) => options.logger.info(SUBJECT, line),
    });
  }

  /** Listens; returns the path. A failure is a condition, and the reason of the rejection. */
  async start(): Promise<string> {
    const path = `${this.#options.runDir}/routes.sock`;
    try {
      await freeSocketPath(path);
      await this.#server.listen(path);
    } catch (error) {
      this.#options.conditions.set('error', SUBJECT, `cannot accept routes from feeders: ${reasonOf(error)}`);
      throw error;
    }
    return path;
  }

  get status(): FeedsStatus {
    return this.#server.status;
  }

  /** Explains which route packets to a destination take. */
  explain(destination: string, table: string | undefined): RouteAnswer {
    const { fib, kernelFib } = this.#options;
    const asked = readAskedDestination(destination, table, fib.table.defaultTableId);
    if ('error' in asked) return { kind: 'invalid', reason: asked.error };
    const { states, substitutes } = kernelFib;
    const route = fib.explain(asked.key, [{ backend: 'kernel', states, substitutes }]);
    if (route !== undefined) return { kind: 'found', route };
    const where = table === undefined ? '' : ` in table ${table}`;
    return { kind: 'none', reason: `no route covers ${destination}${where}` };
  }

  [Symbol.dispose](): void {
    this.#server[Symbol.dispose]();
  }
}
