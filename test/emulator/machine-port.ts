/**
 * Commands about the machine (machine-commands.ts), for a test outside of it: on the second serial port, which
 * QEMU connects to the test. It is not reachable by the network.
 *
 * A line in is `NUMBER COMMAND`, a line out `=NUMBER BASE64` or, when it failed, `!NUMBER BASE64` with the
 * reason. Other output on the port (firmware, an echo) begins differently.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import { runMachineCommand } from './machine-commands.ts';

const PORT = '/dev/ttyS1';
/** The emulator's path in a guest: on a developer's machine it leaves the serial ports alone. */
const IN_A_GUEST = /^\/usr\/lib\/vpp-emulator\//;

/** Serves the port if this is a guest that has one. */
export function serveMachinePort(): void {
  if (!IN_A_GUEST.test(import.meta.filename)) return;
  let descriptor: number;
  try {
    descriptor = openSync(PORT, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    // a machine without this port
    return;
  }
  // the device exists without hardware, too
  if (!isatty(descriptor)) {
    closeSync(descriptor);
    return;
  }
  const port = new ReadStream(descriptor);
  port.setRawMode(true);
  // the client may be gone
  port.on('error', () => {});
  let rest = '';
  port.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') port.write(answer(line));
  });
}

function answer(line: string): string {
  const [number = '', ...words] = line.trim().split(/\s+/);
  const say = (sign: string, text: string): string =>
    `${sign}${number} ${Buffer.from(text).toString('base64')}\n`;
  try {
    return say('=', runMachineCommand(words));
  } catch (error) {
    return say('!', error instanceof Error ? error.message : String(error));
  }
}
