/**
 * Owns the password of the box: its hash in password.json on the data partition, created at the first boot.
 *
 * Invariants: the password itself is not stored, and shown only when it is created; while none is set, none is accepted.
 */
import { randomInt } from 'node:crypto';
import type { DataPartition } from '../disk/mod.ts';
import { hashPassword, parsePasswordHash, type PasswordHash, verifyPassword } from './password-hash.ts';

const FILE = 'password.json';
/** Without characters that look alike on a console: 31 characters, 79 bits in all. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;
export const MIN_PASSWORD_CHARACTERS = 10;
const MAX_PASSWORD_CHARACTERS = 256;

export class Password {
  readonly #data: Pick<DataPartition, 'readFile' | 'writeFile'>;
  #hash: PasswordHash | undefined;
  /** Called when `renew` has set another password: sessions of the old one must end. */
  onRenewed: () => void = () => {};

  /** Reads the stored hash; a damaged file counts as none. Throws when the partition cannot be read. */
  constructor(data: Pick<DataPartition, 'readFile' | 'writeFile'>) {
    this.#data = data;
    this.#hash = parsePasswordHash(data.readFile(FILE) ?? '');
  }

  /** Whether a password is set. */
  get isSet(): boolean {
    return this.#hash !== undefined;
  }

  /**
   * Creates a password when none is set, and passes it to `print` once. It is in force even when it cannot be saved:
   * then this rejects, and the next boot creates another.
   */
  async ensure(print: (password: string) => void): Promise<void> {
    if (this.isSet) return;
    const password = makePassword();
    this.#hash = await hashPassword(password);
    print(password);
    await this.#keep();
  }

  /** Returns false while no password is set. Rejects with HashingBusyError. */
  async verify(password: string): Promise<boolean> {
    if (this.#hash === undefined || password.length > MAX_PASSWORD_CHARACTERS) return false;
    return verifyPassword(password, this.#hash);
  }

  /** Why this cannot be a password; undefined: it can. */
  static refusal(password: string): string | undefined {
    const { length } = password;
    if (length < MIN_PASSWORD_CHARACTERS) {
      return `expected a password of at least ${MIN_PASSWORD_CHARACTERS} characters, got ${length}`;
    }
    if (length > MAX_PASSWORD_CHARACTERS)
      return `expected a password of at most ${MAX_PASSWORD_CHARACTERS} characters, got ${length}`;
    return /\p{Cc}/u.test(password) ? 'expected a password without control characters' : undefined;
  }

  /** Sets another password; the caller has checked the old one and the new one. */
  async change(password: string): Promise<void> {
    const before = this.#hash;
    this.#hash = await hashPassword(password);
    try {
      await this.#keep();
    } catch (error) {
      // a change that is reported as failed must not be in force
      this.#hash = before;
      throw error;
    }
  }

  /** Creates and sets another password; resolves with it, the only time it is available. */
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
