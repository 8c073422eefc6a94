/**
 * What a test in a guest needs to see or do there, where there is no shell: commands on a serial port
 * (machine-port.ts).
 *
 *   kill              the emulator gets SIGKILL
 *   signal PID NAME   a signal to a process
 *   orphans N         N processes whose parent is gone end within a second
 *   processes         pid, parent, state and name of each process
 *   read PATH         the text of a file below /proc, /sys or /run
 *   runtime           milliseconds that a bare start of this runtime takes
 *   link PATH         where a symbolic link points
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
      // Kernel threads (children of pid 2) are nobody's concern.
      if (match !== null && match[4] !== '2') lines.push(`${match[1]} ${match[4]} ${match[3]} ${match[2]}`);
    } catch {
      // Ended since it was listed.
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

/** Throws an Error when the words are none of these, or it cannot be done. */
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
        throw new Error(`${argument} is not below /proc, /sys or /run`);
      return readFileSync(argument, 'utf8');
    case 'link':
      return `${readlinkSync(argument)}\n`;
    default:
      throw new Error(`there is no command "${words.join(' ')}"`);
  }
}
