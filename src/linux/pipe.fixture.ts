/** A pipe for tests, made by the C library itself: node has none. */
import { dlopen } from 'node:ffi';
import { writeSync } from 'node:fs';
import { nativeBuffer } from './libc.ts';

const { functions } = dlopen('libc.so.6', { pipe2: { arguments: ['buffer', 'i32'], return: 'i32' } });
const O_CLOEXEC = 0o2000000;

/** Read end and write end. */
export function makePipe(): [number, number] {
  const ends = nativeBuffer(8);
  if (functions.pipe2(ends, O_CLOEXEC) !== 0) throw new Error('pipe2 failed');
  return [ends.readInt32LE(0), ends.readInt32LE(4)];
}

export function writeAll(fd: number, text: string): void {
  if (writeSync(fd, text) !== text.length) throw new Error('short write');
}
