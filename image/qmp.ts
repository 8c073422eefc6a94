/**
 * Owns the control connection to QEMU: JSON lines over a Unix socket, one command in flight at a time.
 * Source: QEMU's QMP specification (interop/qmp-spec).
 */

import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from './errors.ts';

const CONNECT_RETRY_MS = 50;
const COMMAND_TIMEOUT_MS = 10_000;

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface QmpReply {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

export class QmpClient implements Disposable {
  readonly #socket: Socket;
  readonly #onEvent: (event: QmpEvent) => void;
  #pending: PromiseWithResolvers<unknown> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#onLine(line));
    // The interface forwards its input's errors: QEMU may end with our command unread.
    lines.on('error', (error: Error) => this.#fail(error));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(undefined));
  }

  /** Connects as soon as QEMU listens. @throws ImageError `qmp`; the signal's reason when aborted */
  static async connect(
    path: string,
    options: { timeoutMs: number; signal?: AbortSignal; onEvent: (event: QmpEvent) => void },
  ): Promise<QmpClient> {
    const deadline = performance.now() + options.timeoutMs;
    for (;;) {
      options.signal?.throwIfAborted();
      const socket = connect(path);
      const { promise, resolve } = Promise.withResolvers<Error | undefined>();
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
      const cause = await promise;
      if (cause === undefined) {
        const client = new QmpClient(socket, options.onEvent);
        await client.execute('qmp_capabilities');
        return client;
      }
      if (performance.now() > deadline)
        throw new ImageError('qmp', `cannot connect to QEMU at ${path}`, { cause });
      await sleep(CONNECT_RETRY_MS, undefined, { signal: options.signal });
    }
  }

  /** Runs one command and returns its value. @throws ImageError `qmp` */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const run = this.#queue.then(async () => {
      if (this.#socket.destroyed)
        throw new ImageError('qmp', `${command}: QEMU closed its control connection`);
      const pending = Promise.withResolvers<unknown>();
      this.#pending = pending;
      const timer = setTimeout(() => {
        pending.reject(new ImageError('qmp', `${command}: no answer within ${COMMAND_TIMEOUT_MS} ms`));
        this.#socket.destroy();
      }, COMMAND_TIMEOUT_MS);
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
      try {
        return await pending.promise;
      } finally {
        clearTimeout(timer);
        this.#pending = undefined;
      }
    });
    // The next command waits for this one, even if it failed.
    this.#queue = run.catch(() => undefined);
    return run;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #onLine(line: string): void {
    // QEMU's output: by the protocol a line is one of these.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const message = JSON.parse(line) as Partial<QmpEvent> & QmpReply & { readonly QMP?: unknown };
    if (message.event !== undefined) this.#onEvent({ event: message.event, data: message.data ?? {} });
    else if (message.error !== undefined) this.#pending?.reject(new ImageError('qmp', message.error.desc));
    else if (message.QMP === undefined) this.#pending?.resolve(message.return);
  }

  #fail(cause: Error | undefined): void {
    this.#pending?.reject(new ImageError('qmp', 'QEMU closed its control connection', { cause }));
  }
}
