/** Talks to agent.sh in the box, over its second serial port. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Said } from './namespace.ts';

export const AGENT_SCRIPT = readFileSync(join(import.meta.dirname, 'agent.sh'), 'utf8');
/** The service that runs it; AGENT_SCRIPT is on the boot partition under this name. */
export const AGENT_INI = `[service.agent]
command = /usr/bin/busybox sh /boot/agent.sh
`;
const CONNECT_MS = 20_000;
const CONNECT_RETRY_MS = 200;
/** A line of the terminal may be lost while nobody reads it: a question is repeated until it is answered. */
const FIRST_ANSWER_MS = 3_000;

/** QEMU's arguments for a serial port that leads to `socket`. */
export function agentArguments(socket: string): string[] {
  return ['-chardev', `socket,id=agent,path=${socket},server=on,wait=off`, '-serial', 'chardev:agent'];
}

export class Agent implements Disposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (said: Said) => void>();
  #queue: Promise<unknown> = Promise.resolve();
  #text = '';
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (chunk: string) => this.#read(chunk));
    // Reported by the next question, which times out.
    socket.on('error', () => {});
  }

  static async connect(path: string): Promise<Agent> {
    for (const deadline = performance.now() + CONNECT_MS; ; await sleep(CONNECT_RETRY_MS)) {
      const socket = connect(path);
      try {
        await once(socket, 'connect');
        return new Agent(socket);
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  }

  /** Resolves when it answers. */
  async ready(timeoutMs: number): Promise<void> {
    for (const deadline = performance.now() + timeoutMs; ; ) {
      const said = await this.#ask('true', FIRST_ANSWER_MS);
      if (said !== undefined) return;
      if (performance.now() > deadline) throw new Error('the agent in the box does not answer');
    }
  }

  /** Runs a script by the box's busybox; one at a time. @throws at the timeout */
  run(script: string, timeoutMs = 30_000): Promise<Said> {
    const said = this.#queue.then(() => this.#ask(script, timeoutMs));
    this.#queue = said.catch(() => undefined);
    return said.then((answer) => {
      if (answer === undefined)
        throw new Error(`no answer from the box within ${timeoutMs / 1000} s to: ${script}`);
      return answer;
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #ask(script: string, timeoutMs: number): Promise<Said | undefined> {
    this.#id += 1;
    const id = this.#id;
    const { promise, resolve } = Promise.withResolvers<Said>();
    this.#waiting.set(id, resolve);
    this.#socket.write(`${id} ${Buffer.from(script).toString('base64')}\n`);
    const controller = new AbortController();
    try {
      return await Promise.race([promise, sleep(timeoutMs, undefined, { signal: controller.signal })]);
    } finally {
      controller.abort();
      this.#waiting.delete(id);
    }
  }

  #read(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      const match = /answer (\d+) (\d+) ([A-Za-z0-9+/=]*)\./.exec(line);
      if (match === null) continue;
      const [, id, code, output = ''] = match;
      this.#waiting.get(Number(id))?.({
        code: Number(code),
        text: Buffer.from(output, 'base64').toString('utf8'),
      });
    }
  }
}
