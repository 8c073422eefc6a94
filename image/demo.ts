/**
 * `appliance demo`: boots a guest with the executable as PID 1 and follows its log until Ctrl-C, which presses the
 * guest's power button.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeBootDisk } from './boot-disk.ts';
import { ImageError } from './errors.ts';
import { assembleGuest, type GuestArtefacts } from './guest.ts';
import { runProgram } from './program.ts';
import { Guest } from './qemu.ts';

const POWER_OFF_MS = 20_000;
const POLL_MS = 500;
const POLL_TIMEOUT_MS = 2_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new ImageError('bad-argument', `expected a port (1–65535) as --port, got "${text}"`);
}

/** Prints the addresses once the page answers. */
async function announce(url: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    try {
      const response = await fetch(new URL('/healthz', url), {
        signal: AbortSignal.timeout(POLL_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      say(`\n  status page: ${new URL('/', url).href}\n  metrics:     ${new URL('/metrics', url).href}\n`);
      return;
    } catch {
      // Not up yet: the guest boots.
      await sleep(POLL_MS);
    }
  }
}

/** Follows a guest with this boot disk to its end. Returns true when it ended normally. */
async function followGuest(artefacts: GuestArtefacts, disk: string, wantedPort: number): Promise<boolean> {
  await using guest = await Guest.start({
    kernel: artefacts.kernel,
    initramfs: artefacts.initramfs,
    disks: [disk],
    httpPort: wantedPort,
    onConsoleLine: ({ text }) => say(text),
  });
  say('demo: booting; Ctrl-C shuts the guest down');
  const port = Number(new URL(guest.url).port);
  if (port !== wantedPort) say(`demo: port ${wantedPort} is taken: the status page will be on port ${port}`);
  let asked = false;
  const powerOff = (): void => {
    if (asked) return;
    asked = true;
    say('demo: pressing the power button');
    guest.powerOff(POWER_OFF_MS).catch((error: unknown) => say(`demo: ${String(error)}`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, powerOff);
  const ended = new AbortController();
  const announced = announce(guest.url, ended.signal);
  const exit = await guest.exited;
  ended.abort();
  await announced;
  say(`demo: the guest ended: ${exit.reason}${exit.detail === '' ? '' : `: ${exit.detail}`}`);
  return asked || exit.reason === 'guest-shutdown';
}

async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: {
      vpp: { type: 'string' },
      config: { type: 'string', default: resolve(import.meta.dirname, 'demo.ini') },
      port: { type: 'string', default: '8080' },
    },
  });
  const port = parsePort(values.port);
  const ini = readFileSync(values.config);
  const artefacts = await assembleGuest({ vpp: values.vpp, log: say });
  const scratch = mkdtempSync(join(tmpdir(), 'appliance-demo-'));
  try {
    const disk = join(scratch, 'boot.img');
    await writeBootDisk(disk, { ini, layout: 'mbr' });
    if (!(await followGuest(artefacts, disk, port))) process.exitCode = 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await runProgram(demo);
