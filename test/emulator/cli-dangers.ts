/**
 * Commands that crash a real VPP 25.02, hang its main thread or write a file, each as observed: only the owner of the
 * CLI socket may send them. VPP's parser needs no blank between a word and its value, nor does this.
 */
import { writeFileSync } from 'node:fs';
import { spin } from './spin.ts';

type Act = 'crash' | 'hang' | 'write';

const DANGERS: readonly (readonly [pattern: RegExp, act: Act])[] = [
  [/^show api dump file *\/$/, 'crash'],
  [/^show (tap|tun) local0$/, 'crash'],
  [/^show udp transport ports/, 'crash'],
  [/^show hardware-interfaces (brief|verbose|detail|bond)? *\d{6,}$/, 'crash'],
  [/^show fib source (?!prio)\S/, 'hang'],
  [/^show qos (mark|record|store) \S/, 'hang'],
  // unformat_vlib_tmpfile (src/vlib/unix/util.c): a name below /tmp
  [/^show vlib graphviz file *([^/\s]+)$/, 'write'],
];

/** Does what a real VPP would do to itself; returns when it would do nothing. */
export function runDanger(line: string): void {
  for (const [pattern, act] of DANGERS) {
    const match = pattern.exec(line);
    if (match === null) continue;
    if (act === 'crash') process.kill(process.pid, 'SIGSEGV');
    else if (act === 'write') writeFileSync(`/tmp/${match[1]}`, 'digraph vlib {}\n');
    // the signal ends the process in a moment; a hung VPP no longer answers, and ignores SIGTERM
    if (act !== 'write') spin();
  }
}
