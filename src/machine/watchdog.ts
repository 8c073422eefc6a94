/**
 * The machine's watchdog: armed early in the boot, fed at a third of its timeout by a timer of the event loop, so
 * that a blocked loop, a dead PID 1 or a stuck kernel causes a reset.
 *
 * Feeding depends on the event loop and on the gates that others add (a trial that requires a healthy VPP, a process
 * that survived SIGKILL); a closed gate lets the machine be reset within the timeout.
 * A restart leaves it armed, fed one last time: a hanging reboot(2) is then reset too, and a reset clears the
 * hardware's timer. Halt and power-off stop it: nothing feeds it afterwards.
 */
import type { WatchdogConfig } from '../config/types.ts';
import {
  isErrno,
  openWatchdog,
  readText,
  WATCHDOG_IOCTL,
  type WatchdogDevice,
  reasonOf,
} from '../linux/mod.ts';
import type { WatchdogIoctl } from '../linux/mod.ts';
import type { ArmedWatchdog, WatchdogStatus } from './status.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import type { PowerAction } from './shutdown.ts';

/** Before the configuration is read. */
const EARLY_TIMEOUT_SECONDS = 30;
/** Assumed when the driver does not report its timeout. */
const UNKNOWN_TIMEOUT_SECONDS = 15;
const SUBJECT = 'watchdog';
const TIMEOUT_SUBJECT = 'watchdog-timeout';

export interface WatchdogOptions {
  readonly logger: Logger;
  readonly conditions: Pick<Conditions, 'set' | 'clear'>;
  /** Default /dev/watchdog. */
  readonly path?: string;
  readonly sysfs?: string;
  readonly ioctl?: WatchdogIoctl;
}

interface Gate {
  readonly isAlive: () => boolean;
  readonly reason: string;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #gates = new Set<Gate>();
  #device: WatchdogDevice | undefined;
  #offReason = 'not armed yet';
  #timeoutSeconds = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastFedAt = 0;
  #starving: { readonly reason: string; readonly since: number } | undefined;
  #failure: string | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  get status(): WatchdogStatus {
    const device = this.#device;
    if (device === undefined) return { state: 'off', reason: this.#offReason };
    const armed: ArmedWatchdog = {
      identity: this.#identity(device),
      timeoutSeconds: this.#timeoutSeconds,
      lastFedAt: this.#lastFedAt,
      nowayout: this.#nowayout(),
      ...(device.bootStatus === undefined
        ? {}
        : { lastBootResetByWatchdog: device.bootStatus.resetByWatchdog }),
    };
    if (this.#failure !== undefined) return { state: 'failed', reason: this.#failure, ...armed };
    if (this.#starving !== undefined) return { state: 'starving', ...this.#starving, ...armed };
    return { state: 'armed', ...armed };
  }

  /**
   * Opens and starts the device; sets the timeout of one that runs already. Returns the outcome as text. Never throws:
   * a machine without a watchdog is no error.
   */
  arm(timeoutSeconds = EARLY_TIMEOUT_SECONDS): string {
    if (this.#device === undefined && !this.#open()) return this.#offReason;
    this.#options.conditions.clear(SUBJECT);
    this.#setTimeout(timeoutSeconds);
    return this.#words();
  }

  /** Applies the configuration: sets the timeout or stops the device. Returns the outcome as text. */
  configure(config: WatchdogConfig): string {
    if (config.enabled) return this.arm(config.timeoutSeconds);
    const words = this.#disarm('switched off (watchdog.enabled = false)');
    const { conditions } = this.#options;
    conditions.clear(TIMEOUT_SUBJECT);
    if (this.#device === undefined) conditions.clear(SUBJECT);
    else conditions.set('warning', SUBJECT, words, 'watchdog.enabled');
    return words;
  }

  /**
   * Feeds only while `isAlive`, called at each feeding, returns true; `reason` is shown when it does not. Disposing
   * removes the gate. All gates must be open.
   */
  feedOnlyWhile(isAlive: () => boolean, reason: string): Disposable {
    const gate: Gate = { isAlive, reason };
    this.#gates.add(gate);
    return {
      [Symbol.dispose]: () => {
        this.#gates.delete(gate);
      },
    };
  }

  /** Called before reboot(2): a restart leaves it armed with its full timeout, halt and power-off stop it. */
  stop(action: PowerAction): string {
    const device = this.#device;
    if (device === undefined) return this.#offReason;
    if (action !== 'restart') return this.#disarm(action);
    this.#feed(device);
    clearInterval(this.#timer);
    return `left armed: a restart that hangs is reset after ${this.#timeoutSeconds} s`;
  }

  #open(): boolean {
    const { logger, conditions, path = '/dev/watchdog', ioctl = WATCHDOG_IOCTL } = this.#options;
    try {
      this.#device = openWatchdog(path, ioctl);
    } catch (error) {
      const isAbsent = isErrno(error, 'ENOENT', 'ENODEV', 'ENXIO');
      const words = reasonOf(error);
      this.#offReason = isAbsent ? `this machine has no watchdog (${path})` : words;
      // A box without a watchdog works; one whose watchdog cannot be opened needs attention.
      if (isAbsent) conditions.set('info', SUBJECT, this.#offReason);
      else conditions.set('warning', SUBJECT, this.#offReason, 'watchdog.enabled');
      return false;
    }
    conditions.clear(SUBJECT);
    if (this.#device.bootStatus?.resetByWatchdog === true) {
      conditions.set('warning', 'last-boot', 'the last boot was ended by the watchdog');
    }
    this.#timeoutSeconds = this.#readTimeout(this.#device);
    logger.info(SUBJECT, `${this.#identity(this.#device) || path} is armed`);
    return true;
  }

  #readTimeout(device: WatchdogDevice): number {
    try {
      return device.timeout();
    } catch {
      return UNKNOWN_TIMEOUT_SECONDS; // not reported by the driver: fed often enough for any device
    }
  }

  #setTimeout(wanted: number): void {
    const device = this.#device;
    if (device === undefined) return;
    if (wanted !== this.#timeoutSeconds) {
      try {
        this.#timeoutSeconds = device.setTimeout(wanted);
      } catch (error) {
        const words = reasonOf(error);
        this.#timeoutSeconds = this.#readTimeout(device);
        this.#options.logger.warning(
          SUBJECT,
          `cannot set a timeout of ${wanted} s, ${this.#timeoutSeconds} s stays in force: ${words}`,
        );
      }
    }
    this.#reportTimeout(wanted);
    clearInterval(this.#timer);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), (this.#timeoutSeconds * 1000) / 3);
    // The timer must not keep a test's process alive.
    this.#timer.unref();
  }

  /** Many devices support only some timeouts. */
  #reportTimeout(wanted: number): void {
    const { conditions } = this.#options;
    if (this.#timeoutSeconds === wanted) conditions.clear(TIMEOUT_SUBJECT);
    else {
      const words = `the device resets the machine after ${this.#timeoutSeconds} s instead of ${wanted} s`;
      conditions.set('warning', TIMEOUT_SUBJECT, words, 'watchdog.timeout');
    }
  }

  #tick(): void {
    const device = this.#device;
    if (device === undefined) return;
    const closed = [...this.#gates].find((gate) => !gate.isAlive());
    if (closed === undefined) {
      if (this.#starving !== undefined) this.#options.logger.info(SUBJECT, 'feeding resumed');
      this.#starving = undefined;
      this.#feed(device);
      return;
    }
    if (this.#starving?.reason === closed.reason) return;
    this.#starving = { reason: closed.reason, since: Date.now() };
    const words = `feeding stopped, the machine is reset within ${this.#timeoutSeconds} s: ${closed.reason}`;
    this.#options.logger.error(SUBJECT, words);
  }

  #feed(device: WatchdogDevice): void {
    try {
      device.feed();
      this.#lastFedAt = Date.now();
      this.#failure = undefined;
    } catch (error) {
      const words = reasonOf(error);
      if (this.#failure !== words) this.#options.logger.error(SUBJECT, words);
      this.#failure = words;
    }
  }

  /** Stops the device for good if it can be stopped; otherwise keeps feeding it. */
  #disarm(why: string): string {
    const device = this.#device;
    if (device === undefined) {
      this.#offReason = why;
      return why;
    }
    if (this.#nowayout()) {
      this.#feed(device);
      return `cannot be stopped (nowayout): it resets the machine ${this.#timeoutSeconds} s after the last feeding`;
    }
    let how = 'magic close';
    try {
      if (!device.hasMagicClose) {
        how = 'closed';
        try {
          device.disable();
          how = 'WDIOS_DISABLECARD';
        } catch (error) {
          // A driver with neither magic close nor this ioctl stops when it is closed.
          if (!isErrno(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EINVAL')) throw error;
        }
      }
      device.closeOrderly();
    } catch (error) {
      this.#failure = `cannot stop the watchdog: ${reasonOf(error)}`;
      this.#options.logger.error(SUBJECT, this.#failure);
      return this.#failure;
    }
    clearInterval(this.#timer);
    this.#device = undefined;
    this.#starving = undefined;
    this.#failure = undefined;
    this.#offReason = `${why} (${how})`;
    return `stopped: ${this.#offReason}`;
  }

  #words(): string {
    const status = this.status;
    if (status.state === 'off') return status.reason;
    const name = status.identity === '' ? 'a watchdog' : status.identity;
    return `${name}, ${status.timeoutSeconds} s${status.nowayout ? ', cannot be stopped (nowayout)' : ''}`;
  }

  #identity(device: WatchdogDevice): string {
    return this.#attribute('identity') ?? device.identity;
  }

  #nowayout(): boolean {
    return this.#attribute('nowayout') === '1';
  }

  // /dev/watchdog is the first device.
  #attribute(name: string): string | undefined {
    return readText(`${this.#options.sysfs ?? '/sys'}/class/watchdog/watchdog0/${name}`);
  }
}
