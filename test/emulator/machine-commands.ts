/**
 * Commands of a test to a guest, which has no shell, on a serial port
 * (machine-port.ts).
 *
 *   kill              the emulator gets SIGKILL
 *   signal PID NAME   a signal to a process
 *   orphans N         N orphaned processes end within a second
 *   processes         pid, parent, state and name of each process
 *   read PATH         the text of a file below /proc, /sys or /run
 *   runtime           milliseconds of a bare start of this runtime
 *   link PATH         the target of a symbolic link
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const BUSYBOX = '/usr/bin/busybox';
/** Time for the answer to reach its reader. */
const KILL_DELAY_MS = 1_000;

function processes(): string {
  const lines: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const match = /^(\d+) \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      // Kernel threads (children of pid 2) are not listed.
      if (match !== null && match[4] !== '2') lines.push(`${match[1]} ${match[4]} ${match[3]} ${match[2]}`);
    } catch {
      // It ended after the listing.
    }
  }
  return `${lines.join('\n')}\n`;
}

function bareStartMs(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return Math.round(performance.now() - startedAt);
}

function makeOrphans(count: number): string {
  const script = `i=0; while [ $i -lt ${count} ]; do (${BUSYBOX} sleep 0.$((i % 9)) &); i=$((i + 1)); done`;
  spawn(BUSYBOX, ['sh', '-c', script], { stdio: 'ignore' });
  return `${count} orphans\n`;
}

/** Throws an Error for an unknown command, or when it fails. */
export function runMachineCommand(words: readonly string[]): string {
  const [verb, argument = ''] = words;
  switch (verb) {
    case 'kill':
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_DELAY_MS);
      return 'killed\n';
    case 'orphans':
      return makeOrphans(Number(argument));
    case 'runtime':
      return `${bareStartMs()}\n`;
    case 'signal':
      process.kill(Number(argument), words[2] ?? 0);
      return 'sent\n';
    case 'processes':
      return processes();
    case 'read':
      if (!/^\/(proc|sys|run)\//.test(argument))
        throw new Error(`expected a path below /proc, /sys or /run, got ${argument}`);
      return readFileSync(argument, 'utf8');
    case 'link':
      return `${readlinkSync(argument)}\n`;
    default:
      throw new Error(`unknown command "${words.join(' ')}"`);
  }
}
