/** For tests of code that acts in the thread's current namespace: moves this thread into another one meanwhile. */
import { closeSync } from 'node:fs';
import { check } from './check.ts';
import { libc } from './libc.ts';
import { openNetns, openOwnNetns } from './netns.ts';

const CLONE_NEWNET = 0x4000_0000;

/** Moves this thread into a named namespace until disposed. The threads of libuv's pool stay where they are. */
export function enterNetns(name: string): Disposable {
  const before = openOwnNetns();
  const target = openNetns(name);
  check(libc.setns(target, CLONE_NEWNET), 'setns', name);
  closeSync(target);
  return {
    [Symbol.dispose]: () => {
      check(libc.setns(before, CLONE_NEWNET), 'setns', 'back');
      closeSync(before);
    },
  };
}
