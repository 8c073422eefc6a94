/** The menu on pseudo-terminals: the test holds the master end, in place of a keyboard and a screen. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressOf, keepAlive, libc, nativeBuffer } from '../linux/libc.ts';
import { isErrno } from '../linux/mod.ts';
import { type ConsoleActions, ConsoleMenu, readCommand } from './console-menu.ts';

const TIOCSPTLCK = 0x40045431n;
const TIOCGPTN = 0x80045430n;
/** ^C ^D ^Q ^R ^S ^U ^V ^Z ^\\ and DEL. */
const STEERING = new Set([3, 4, 17, 18, 19, 21, 22, 26, 28, 127]);

/** A pseudo-terminal whose master end the test holds. */
class Pty {
  readonly path: string;
  readonly #master: number;
  #isOpen = true;
  screen = '';

  constructor() {
    this.#master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const number = nativeBuffer(4);
    libc.ioctl(this.#master, TIOCSPTLCK, addressOf(number));
    libc.ioctl(this.#master, TIOCGPTN, addressOf(number));
    keepAlive(number);
    this.path = `/dev/pts/${number.readUInt32LE(0)}`;
  }

  type(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#master, bytes, at);
      } catch (error) {
        // Full: the rest is lost, as on a serial line.
        if (!isErrno(error, 'EAGAIN')) throw error;
        return;
      }
    }
  }

  read(): string {
    const bytes = Buffer.alloc(64 * 1024);
    for (;;) {
      try {
        const length = readSync(this.#master, bytes);
        if (length === 0) return this.screen;
        this.screen += bytes.toString('latin1', 0, length);
      } catch {
        return this.screen; // no more data for now, or no process has it open
      }
    }
  }

  hangUp(): void {
    if (this.#isOpen) closeSync(this.#master);
    this.#isOpen = false;
  }
}

let ptys: Pty[];
let menu: ConsoleMenu | undefined;
let done: string[];
let finishInstall: (error?: Error) => void;
let actions: ConsoleActions;
beforeEach(() => {
  ptys = [];
  done = [];
  finishInstall = () => {};
  actions = {
    status: () => ['VPP runs', '2 of 2 routes'],
    address: () => ['https://192.0.2.10:8443/'],
    services: () => ['appliance', 'vpp'],
    log: (service) => (service === 'vpp' ? Array.from({ length: 60 }, (_, i) => `line ${i}`) : undefined),
    newPassword: async () => {
      done.push('password');
      return 'correct-horse';
    },
    disks: async () => ['nvme0n1 500 GB'],
    install: (disk, onProgress) => {
      done.push(`install ${disk}`);
      onProgress('half');
      return new Promise((resolve, reject) => {
        finishInstall = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    factoryReset: async (keepNetwork) => {
      done.push(keepNetwork ? 'factory-reset, network kept' : 'factory-reset');
      return ['erased: /boot/bird.conf'];
    },
    power: (action) => void done.push(action),
  };
});
afterEach(() => {
  menu?.[Symbol.dispose]();
  menu = undefined;
  for (const pty of ptys) pty.hangUp();
});

function open(count = 1): Pty[] {
  ptys = Array.from({ length: count }, () => new Pty());
  menu = new ConsoleMenu({ paths: ptys.map(({ path }) => path), actions, reopenMs: 50 });
  return ptys;
}

async function until(what: string, check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) {
      throw new Error(`timed out: ${what}\n${ptys.map((pty) => pty.read()).join('\n---\n')}`);
    }
    await sleep(10);
  }
}

const shows = (pty: Pty, text: string): Promise<void> => until(text, () => pty.read().includes(text));

describe('ConsoleMenu', () => {
  it('shows help at Enter, and answers a command on the terminal where it was typed', async () => {
    const [pty, other] = open(2) as [Pty, Pty];
    pty.type('\n');
    await shows(pty, 'factory-reset yes');
    pty.type('status\n');
    await shows(pty, 'menu: 2 of 2 routes');
    pty.type('  address  \r');
    await shows(pty, 'menu: https://192.0.2.10:8443/');
    pty.type('log\n');
    await shows(pty, 'menu: services: appliance, vpp');
    pty.type('log dns\n');
    await shows(pty, 'no service "dns"; services: appliance, vpp');
    pty.type('log vpp\n');
    await shows(pty, 'menu: line 59');
    expect(pty.screen).toMatch(/menu: line 20\r/);
    expect(pty.screen).not.toMatch(/menu: line 19\r/);
    expect(other.read()).toBe('');
  });

  it('shows a new password on its terminal', async () => {
    const [pty, other] = open(2) as [Pty, Pty];
    pty.type('password\n');
    await shows(pty, 'menu: new password: correct-horse');
    expect(other.read()).toBe('');
    menu?.announce(['the first password is abc']);
    await shows(other, 'menu: the first password is abc');
  });

  it('runs irreversible commands only on their exact words, one at a time', async () => {
    const [pty, other] = open(2) as [Pty, Pty];
    pty.type('install\n');
    await shows(pty, 'menu: nvme0n1 500 GB');
    pty.type('install nvme0n1 yes\n');
    await shows(pty, 'menu: half');
    expect(done).toEqual(['install nvme0n1']);
    other.type('factory-reset yes\n');
    await shows(other, 'menu: install is in progress');
    other.type('status\n');
    await shows(other, 'VPP runs');
    finishInstall(new Error('no space on "nvme0n1"'));
    await shows(pty, 'menu: no space on "nvme0n1"');
    other.type('factory-reset yes\n');
    await shows(other, 'menu: erased: /boot/bird.conf');
    other.type('factory-reset keep-network yes\n');
    await until('the other reset', () => done.includes('factory-reset, network kept'));
    other.type('restart\n');
    other.type('power-off\n');
    await until('the end', () => done.includes('power-off'));
    expect(done).toEqual([
      'install nvme0n1',
      'factory-reset',
      'factory-reset, network kept',
      'restart',
      'power-off',
    ]);
  });

  it('ignores noise, other words, a log and a line that is too long', async () => {
    const [pty] = open() as [Pty];
    for (const line of [
      'Restart',
      'restart now',
      'reboot',
      'power-off yes',
      'factory-reset',
      'factory-reset YES',
      'factory-reset keep-network',
      'factory-reset keep-all yes',
      'factory-reset keep-network yes yes',
      'factory-reset yes keep-network',
      'install nvme0n1',
      'install nvme0n1 yes please',
      '[    1.000] shutdown: restart',
      'restart\u00ff',
      'rest\u0001art',
      `${' '.repeat(300)}restart`,
    ]) {
      pty.type(`${line}\n`);
      await sleep(5);
    }
    const noise = Buffer.alloc(8 * 1024);
    let seed = 12345;
    for (let at = 0; at < noise.length; at += 1) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const byte = (seed >> 16) & 0xff;
      // Without the control characters that end, stop, quote or delete.
      noise[at] = STEERING.has(byte) ? 0x23 : byte;
    }
    pty.type(noise.toString('latin1'));
    pty.type('\nstatus\n');
    await shows(pty, 'VPP runs');
    expect(done).toEqual([]);
    expect(pty.screen.split('unknown command').length - 1).toBeLessThanOrEqual(3);
  });

  it('prints the message of an action that throws synchronously', async () => {
    const [pty] = open() as [Pty];
    actions = { ...actions };
    menu?.[Symbol.dispose]();
    const broken = {
      ...actions,
      status: () => {
        throw new Error('not booted yet');
      },
    };
    menu = new ConsoleMenu({ paths: [pty.path], actions: broken });
    pty.type('status\n');
    await shows(pty, 'menu: not booted yet');
  });

  it('survives a terminal that does not exist, one that hangs up and one without a reader', async () => {
    const [pty, silent] = open(2) as [Pty, Pty];
    menu?.[Symbol.dispose]();
    menu = new ConsoleMenu({ paths: ['/dev/pts/none', pty.path, silent.path], actions, reopenMs: 20 });
    for (let i = 0; i < 200; i += 1) menu.announce(['x'.repeat(1_000)]);
    pty.hangUp();
    await sleep(100);
    silent.type('power-off\n');
    await until('the command', () => done.includes('power-off'));
  });

  it('reopens a terminal that was closed and came back', async () => {
    const [pty] = open() as [Pty];
    // The end-of-file character on an empty line reads like a hang-up.
    pty.type('\u0004');
    await sleep(100);
    pty.type('status\n');
    await shows(pty, 'VPP runs');
  });
});

describe('readCommand', () => {
  it('accepts its commands and nothing else', () => {
    expect(readCommand('status', actions)).toBeDefined();
    expect(readCommand('install sda yes', actions)).toMatchObject({ exclusive: 'install' });
    for (const line of ['', 'help', 'status all', 'password x', 'log a b', 'install sda no']) {
      expect(readCommand(line, actions)).toBeUndefined();
    }
  });
});
