/**
 * Owns the machine's watchdog device: opening it starts the timer, and the machine is reset unless it is fed in time.
 *
 * Invariants: `feed` never writes the magic character that permits closing; a device is closed once. The ioctls
 * are behind an interface, so that a test can use an ordinary file as the device.
 * Sources: kernel Documentation/watchdog/watchdog-api.rst, linux/watchdog.h, drivers/watchdog/watchdog_dev.c.
 *
 *   struct watchdog_info { u32 options; u32 firmware_version; u8 identity[32]; }
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError, LinuxError } from './errors.ts';
import { addressOf, keepAlive, libc, nativeBuffer } from './libc.ts';

const WDIOC_GETSUPPORT = 0x80285700n;
const WDIOC_GETBOOTSTATUS = 0x80045702n;
const WDIOC_SETOPTIONS = 0x80045704n;
const WDIOC_SETTIMEOUT = 0xc0045706n;
const WDIOC_GETTIMEOUT = 0x80045707n;
const WDIOS_DISABLECARD = 1;

const WDIOF_CARDRESET = 0x20;
const WDIOF_MAGICCLOSE = 0x100;

const EBADF = 9;
const INFO_BYTES = 40;
const IDENTITY = 8;

/** A device's capabilities (`options` of watchdog_info) and name. */
interface WatchdogInfo {
  readonly options: number;
  readonly identity: string;
}

/** The device's ioctls; each throws LinuxError: ENOTTY and EOPNOTSUPP where the driver lacks it. */
export interface WatchdogIoctl {
  info(fd: number): WatchdogInfo;
  bootStatus(fd: number): number;
  setTimeout(fd: number, seconds: number): void;
  getTimeout(fd: number): number;
  disable(fd: number): void;
}

/** What ended the last boot, as far as the device knows. */
export interface BootStatus {
  readonly resetByWatchdog: boolean;
}

export interface WatchdogDevice {
  readonly path: string;
  readonly identity: string;
  /** Closing after the magic character stops it. False: closing alone stops it, or nothing (`disable` may). */
  readonly hasMagicClose: boolean;
  /** Undefined where the driver does not report it. */
  readonly bootStatus: BootStatus | undefined;
  /** Seconds until the reset, as the driver reports them. Throws LinuxError. */
  timeout(): number;
  /** Requests a timeout and returns the one in force, which may differ. Throws LinuxError: EINVAL, EOPNOTSUPP. */
  setTimeout(seconds: number): number;
  /** Feeds it: restarts the timeout. Throws LinuxError. */
  feed(): void;
  /** WDIOC_SETOPTIONS: stops the timer while the device stays open. Throws LinuxError: EBUSY (nowayout), EOPNOTSUPP. */
  disable(): void;
  /** Writes the magic character and closes the device. */
  closeOrderly(): void;
}

function ioctlInt(fd: number, request: bigint, name: string, value = 0): number {
  const argument = nativeBuffer(4);
  argument.writeInt32LE(value, 0);
  check(libc.ioctl(fd, request, addressOf(argument)), name, fd, value);
  keepAlive(argument);
  return argument.readInt32LE(0);
}

/** The real ioctls. */
export const WATCHDOG_IOCTL: WatchdogIoctl = {
  info(fd) {
    const info = nativeBuffer(INFO_BYTES);
    check(libc.ioctl(fd, WDIOC_GETSUPPORT, addressOf(info)), 'ioctl(WDIOC_GETSUPPORT)', fd);
    keepAlive(info);
    const identity = info.toString('latin1', IDENTITY).split('\0')[0] ?? '';
    return { options: info.readUInt32LE(0), identity };
  },
  bootStatus: (fd) => ioctlInt(fd, WDIOC_GETBOOTSTATUS, 'ioctl(WDIOC_GETBOOTSTATUS)'),
  setTimeout: (fd, seconds) => void ioctlInt(fd, WDIOC_SETTIMEOUT, 'ioctl(WDIOC_SETTIMEOUT)', seconds),
  getTimeout: (fd) => ioctlInt(fd, WDIOC_GETTIMEOUT, 'ioctl(WDIOC_GETTIMEOUT)'),
  disable: (fd) => void ioctlInt(fd, WDIOC_SETOPTIONS, 'ioctl(WDIOC_SETOPTIONS)', WDIOS_DISABLECARD),
};

/**
 * Opens a watchdog, which starts it. Throws LinuxError: ENOENT, ENODEV and ENXIO (this machine has none), EBUSY
 * (in use).
 */
export function openWatchdog(path = '/dev/watchdog', ioctl: WatchdogIoctl = WATCHDOG_IOCTL): WatchdogDevice {
  const fd = open(path);
  let info: WatchdogInfo;
  try {
    info = ioctl.info(fd);
  } catch {
    // A driver that does not describe itself still resets the machine: it is fed and assumed to have no capabilities.
    info = { options: 0, identity: '' };
  }
  let closed = false;
  const write = (text: string): void => {
    // The number of a closed descriptor may be in use again by now.
    if (closed) throw new LinuxError('write', EBADF, [path, text]);
    try {
      writeSync(fd, text);
    } catch (error) {
      throw asLinuxError(error, 'write', [path, text]);
    }
  };
  return {
    path,
    identity: info.identity,
    hasMagicClose: (info.options & WDIOF_MAGICCLOSE) !== 0,
    bootStatus: readBootStatus(fd, ioctl),
    timeout: () => ioctl.getTimeout(fd),
    setTimeout(seconds) {
      ioctl.setTimeout(fd, seconds);
      return ioctl.getTimeout(fd);
    },
    feed: () => write('.'),
    disable: () => ioctl.disable(fd),
    closeOrderly() {
      if (closed) return;
      try {
        write('V');
      } finally {
        closed = true;
        closeSync(fd);
      }
    },
  };
}

function readBootStatus(fd: number, ioctl: WatchdogIoctl): BootStatus | undefined {
  try {
    return { resetByWatchdog: (ioctl.bootStatus(fd) & WDIOF_CARDRESET) !== 0 };
  } catch {
    return undefined; // the driver does not report it
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY);
  } catch (error) {
    throw asLinuxError(error, 'open', [path]);
  }
}
