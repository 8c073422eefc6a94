/**
 * A separate process for the reaper's test: becomes a subreaper, has a shell leave 200 orphans behind (some killed by
 * a signal) while its own children exit with known codes, and prints what it reaped as JSON.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type ReapedOrphan, reapOrphans, setChildSubreaper, spawnChild } from './mod.ts';
import { listChildren, scanChildren } from './reaper.ts';

const ORPHANS = 200;
const OWN_CHILDREN = 20;

setChildSubreaper(true);
const reaped: ReapedOrphan[] = [];
const reap = (): void => void reaped.push(...reapOrphans());
process.on('SIGCHLD', reap);

const exits: Promise<number | null>[] = [];
for (let i = 0; i < OWN_CHILDREN; i++) {
  const child = spawnChild('sh', ['-c', `sleep 0.0${i % 10}; exit ${i}`]);
  exits.push(new Promise((resolve) => child.once('exit', resolve)));
  reap(); // at once, to catch a child recorded too late
}
// Not by spawnChild: must not be stolen either.
const foreign = new Promise<number | null>((resolve) => {
  const child = execFile('sh', ['-c', 'exit 42']);
  child.once('exit', resolve);
});
const script = `i=0; while [ $i -lt ${ORPHANS} ]; do
  (case $((i % 4)) in 0) (sleep 0.05; exit 7)& ;; 1) (kill -9 $(sh -c 'echo $PPID'))& ;; *) (exit 3)& ;; esac)
  i=$((i+1)); done; exit 5`;
const shell = spawnChild('sh', ['-c', script]);
const shellExit = new Promise<number | null>((resolve) => shell.once('exit', resolve));
const missing = spawnChild('/does/not/exist', []);
const missingError = new Promise<string | undefined>((resolve) =>
  missing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
);

const ownExits = await Promise.all(exits);
const result = {
  ownExits,
  foreign: await foreign,
  shell: await shellExit,
  missing: await missingError,
};
const deadline = performance.now() + 5000;
while (reaped.length < ORPHANS && performance.now() < deadline) {
  await delay(20);
  reap();
}
process.stdout.write(
  JSON.stringify({
    ...result,
    reaped: reaped.length,
    withSignal: reaped.filter(({ signal }) => signal === 'SIGKILL').length,
    withCode: reaped.filter(({ exitCode }) => exitCode === 3 || exitCode === 7).length,
    zombies: countZombies(),
    listed: listChildren('/proc')
      .toSorted((a, b) => a - b)
      .join(),
    scanned: scanChildren('/proc')
      .toSorted((a, b) => a - b)
      .join(),
  }),
);

function countZombies(): number {
  return readdirSync('/proc').filter((entry) => {
    const path = `/proc/${entry}/stat`;
    if (!/^\d+$/.test(entry) || !existsSync(path)) return false;
    try {
      const text = readFileSync(path, 'latin1');
      const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' && Number(parent) === process.pid;
    } catch {
      return false; // it ended meanwhile
    }
  }).length;
}
