/** The emulator that runs as the VPP of a running appliance, by its control socket. */
import { createConnection } from 'node:net';

/** What the emulator says of itself. Rejects when nobody answers there. */
export async function askEmulator(controlSocket: string): Promise<Record<string, unknown>> {
  const socket = createConnection({ path: controlSocket });
  socket.write('{"command":"state"}\n');
  const answer = new Promise<string>((resolve, reject) => {
    let line = '';
    socket.on('data', (chunk: Buffer) => {
      line += chunk.toString();
      if (line.endsWith('\n')) resolve(line);
    });
    socket.on('error', reject);
  });
  try {
    return JSON.parse(await answer) as Record<string, unknown>;
  } finally {
    socket.destroy();
  }
}
