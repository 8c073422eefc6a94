/**
 * The test's end of the emulator's serial port (test/emulator/machine-port.ts): what a test sees of a guest, and does to
 * it, without the appliance.
 */
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 20_000;
let numbers = 0;

/** For QEMU's command line: the guest's second serial port as a Unix socket. */
export function machinePortArguments(path: string): string[] {
  return ['-serial', `unix:${path},server=on,wait=off`];
}

/** Runs one of machine-commands.ts; rejects with its reason, or when the emulator does not answer in time. */
export async function askMachine(path: string, command: string): Promise<string> {
  const number = ++numbers;
  const socket = createConnection({ path });
  const over = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the emulator did not answer "${command}"`);
  });
  // it loses the race, or wins it
  late.catch(() => {});
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once('error', reject);
  createInterface({ input: socket }).on('line', (line) => {
    const [head, base64 = ''] = line.trim().split(' ');
    const text = Buffer.from(base64, 'base64').toString('utf8');
    if (head === `=${number}`) resolve(text);
    else if (head === `!${number}`) reject(new Error(`${command}: ${text}`));
  });
  socket.write(`\n${number} ${command}\n`);
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
    socket.destroy();
  }
}
