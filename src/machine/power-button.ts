/**
 * The ACPI power button: an input device that reports KEY_POWER.
 *
 * Only devices whose key bitmap has KEY_POWER are opened, non-blocking. Source: kernel
 * Documentation/input/event-codes.rst; struct input_event, 24 bytes on x86-64: time 16, type u16, code u16,
 * value s32.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { readNames, readText, watchReadable } from '../linux/mod.ts';

const EVENT_BYTES = 24;
const EV_KEY = 1;
const KEY_POWER = 116;

/** Whether a `capabilities/key` bitmap (words of 64 bits in hex, most significant first) has a key. */
export function hasKey(bitmap: string, key: number): boolean {
  const words = bitmap.trim().split(/\s+/).toReversed();
  const word = words[Math.floor(key / 64)];
  if (word === undefined || !/^[0-9a-f]+$/i.test(word)) return false;
  return ((BigInt(`0x${word}`) >> BigInt(key % 64)) & 1n) === 1n;
}

/** Devices with a power key, as paths below /dev/input. */
export function findPowerButtons(sysfs = '/sys'): string[] {
  return readNames(`${sysfs}/class/input`)
    .filter((name) => /^event\d+$/.test(name))
    .filter((name) =>
      hasKey(readText(`${sysfs}/class/input/${name}/device/capabilities/key`) ?? '', KEY_POWER),
    )
    .map((name) => `/dev/input/${name}`);
}

/** Calls back at each press of a power button, until disposed. Devices that cannot be opened are skipped. */
export function watchPowerButtons(paths: readonly string[], onPress: () => void): Disposable {
  const watches: Disposable[] = [];
  for (const path of paths) {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      // Unplugged since it was listed.
      continue;
    }
    const events = Buffer.alloc(EVENT_BYTES * 16);
    const watch = watchReadable(fd, () => {
      let length: number;
      try {
        length = readSync(fd, events);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') watch[Symbol.dispose]();
        return;
      }
      for (let at = 0; at + EVENT_BYTES <= length; at += EVENT_BYTES) {
        const isPress =
          events.readUInt16LE(at + 16) === EV_KEY &&
          events.readUInt16LE(at + 18) === KEY_POWER &&
          events.readInt32LE(at + 20) === 1;
        if (isPress) onPress();
      }
    });
    watches.push(watch, { [Symbol.dispose]: () => closeSync(fd) });
  }
  return {
    [Symbol.dispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}
