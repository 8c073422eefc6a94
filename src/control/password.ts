/**
 * Owns the password of the box: its hash in password.json on the data partition, made at the first boot.
 *
 * Invariants: the password itself is kept nowhere, and said once, when it is made; without one nobody is let in by it.
 */
import { randomInt } from 'node:crypto';
import type { DataPartition } from '../disk/mod.ts';
import { hashPassword, parsePasswordHash, type PasswordHash, verifyPassword } from './password-hash.ts';

const FILE = 'password.json';
/** Without what is read as something else on a console: 31 characters, 79 bits in all. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;
export const MIN_PASSWORD_CHARACTERS = 10;
const MAX_PASSWORD_CHARACTERS = 256;

export class Password {
  readonly #data: Pick<DataPartition, 'readFile' | 'writeFile'>;
  #hash: PasswordHash | undefined;
  /** Called when `renew` has put another one in place: whoever got in by the old one is to be out. */
  onRenewed: () => void = () => {};

  /** Reads what is kept; a file that is damaged counts as none. Throws when the partition cannot be read. */
  constructor(data: Pick<DataPartition, 'readFile' | 'writeFile'>) {
    this.#data = data;
    this.#hash = parsePasswordHash(data.readFile(FILE) ?? '');
  }

  /** Whether there is one. */
  get isSet(): boolean {
    return this.#hash !== undefined;
  }

  /**
   * Makes one when there is none, and gives it to `print`, this once. It is in force even when it cannot be kept: then
   * it rejects afterwards, and the next boot makes another.
   */
  async ensure(print: (password: string) => void): Promise<void> {
    if (this.isSet) return;
    const password = makePassword();
    this.#hash = await hashPassword(password);
    print(password);
    await this.#keep();
  }

  /** False without a password. Rejects with HashingBusyError. */
  async verify(password: string): Promise<boolean> {
    if (this.#hash === undefined || password.length > MAX_PASSWORD_CHARACTERS) return false;
    return verifyPassword(password, this.#hash);
  }

  /** Why this cannot be a password, in words; undefined: it can. */
  static refusal(password: string): string | undefined {
    const { length } = password;
    if (length < MIN_PASSWORD_CHARACTERS) {
      return `a password has at least ${MIN_PASSWORD_CHARACTERS} characters, this one has ${length}`;
    }
    if (length > MAX_PASSWORD_CHARACTERS)
      return `a password has at most ${MAX_PASSWORD_CHARACTERS} characters`;
    return /\p{Cc}/u.test(password) ? 'a password has no control characters' : undefined;
  }

  /** Puts another one in its place; the caller has checked the old one and the new one. */
  async change(password: string): Promise<void> {
    const before = this.#hash;
    this.#hash = await hashPassword(password);
    try {
      await this.#keep();
    } catch (error) {
      // what is said to have failed must not be in force until the next boot
      this.#hash = before;
      throw error;
    }
  }

  /** Makes another one and puts it in place; resolves with it, this once. */
  async renew(): Promise<string> {
    const password = makePassword();
    await this.change(password);
    this.onRenewed();
    return password;
  }

  async #keep(): Promise<void> {
    await this.#data.writeFile(FILE, `${JSON.stringify(this.#hash)}\n`);
  }
}

function makePassword(): string {
  const group = (): string =>
    Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
