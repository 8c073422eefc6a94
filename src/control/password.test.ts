import { describe, expect, test } from 'vitest';
import { Attempts } from './attempts.ts';
import { MemoryFiles } from '../../test/fixtures/control.ts';
import { Password } from './password.ts';
import { isSameToken, Sessions } from './sessions.ts';

describe('the password', () => {
  test('is created once, shown once, and stored as a hash', async () => {
    const data = new MemoryFiles();
    const said: string[] = [];
    const password = new Password(data);
    expect(password.isSet).toBe(false);
    expect(await password.verify('')).toBe(false);
    await password.ensure((text) => said.push(text));
    await password.ensure((text) => said.push(text));
    expect(said).toEqual([expect.stringMatching(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/)]);
    const [made = ''] = said;
    expect(made).not.toMatch(/[il01o]/);
    expect(await password.verify(made)).toBe(true);
    expect(await password.verify(made.toUpperCase())).toBe(false);
    const file = data.readFile('password.json') ?? '';
    expect(file).not.toContain(made);
    expect(JSON.parse(file)).toMatchObject({ algorithm: 'scrypt', N: 32768, r: 8, p: 1 });
    // after a restart
    const again = new Password(data);
    await again.ensure((text) => said.push(text));
    expect(said).toHaveLength(1);
    expect(await again.verify(made)).toBe(true);
  });

  test('is different each time', async () => {
    const said = new Set<string>();
    for (let i = 0; i < 5; i++) await new Password(new MemoryFiles()).ensure((text) => said.add(text));
    expect(said.size).toBe(5);
  });

  test('is changed in the file, or not at all', async () => {
    const data = new MemoryFiles();
    const password = new Password(data);
    await password.change('first password');
    data.writeFile = () => Promise.reject(new Error('the disk is full'));
    await expect(password.change('second password')).rejects.toThrow('full');
    expect(await password.verify('first password')).toBe(true);
    expect(await new Password(data).verify('first password')).toBe(true);
  });

  test.each([
    '',
    'x',
    '{}',
    '[]',
    'null',
    '{"algorithm":"scrypt","N":1073741824,"r":8,"p":1,"salt":"aa","hash":"aa"}',
  ])('a damaged file (%s) counts as none', async (text) => {
    const data = new MemoryFiles();
    await data.writeFile('password.json', text);
    const password = new Password(data);
    expect(password.isSet).toBe(false);
    const said: string[] = [];
    await password.ensure((made) => said.push(made));
    expect(await password.verify(said[0] ?? '')).toBe(true);
  });

  test('has a minimum and a maximum length, and no control characters', () => {
    expect(Password.refusal('123456789')).toContain('at least 10');
    expect(Password.refusal('1234567890')).toBeUndefined();
    expect(Password.refusal('x'.repeat(257))).toContain('at most');
    expect(Password.refusal('1234567890\u001b')).toContain('control');
  });
});

describe('attempts', () => {
  test('are five, then one after each of increasing waits', () => {
    let now = 0;
    const attempts = new Attempts(() => now);
    for (let i = 0; i < 5; i++) expect(attempts.begin('a')).toBe(0);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const wait = attempts.begin('a');
      waits.push(wait / 1000);
      expect(attempts.begin('b')).toBe(0);
      attempts.succeeded('b');
      now += wait;
      expect(attempts.begin('a')).toBe(0);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
    now += 3_600_001;
    for (let i = 0; i < 5; i++) expect(attempts.begin('a')).toBe(0);
    attempts.succeeded('a');
    expect(attempts.begin('a')).toBe(0);
  });

  test('of many peers take bounded memory', () => {
    const attempts = new Attempts(() => 0);
    for (let i = 0; i < 5; i++) attempts.begin('victim');
    expect(attempts.begin('victim')).toBeGreaterThan(0);
    for (let i = 0; i < 1024; i++) attempts.begin(`peer ${i}`);
    // forgotten: only the last 1,024 are kept
    expect(attempts.begin('victim')).toBe(0);
  });
});

describe('sessions', () => {
  test('are found by their token until they are idle for an hour or ended', () => {
    let now = 0;
    const sessions = new Sessions(() => now);
    const { token, session } = sessions.begin();
    expect(token).toMatch(/^[\w-]{43}$/);
    now += 3_500_000;
    expect(sessions.find(token)).toBe(session);
    now += 3_500_000;
    expect(sessions.find(token)).toBe(session);
    now += 3_600_001;
    expect(sessions.find(token)).toBeUndefined();
    const other = sessions.begin();
    sessions.end(other.token);
    expect(sessions.find(other.token)).toBeUndefined();
    expect(sessions.find('')).toBeUndefined();
  });

  test('are bounded: the least recently used is removed', () => {
    let now = 0;
    const sessions = new Sessions(() => now++);
    const tokens = Array.from({ length: 16 }, () => sessions.begin().token);
    sessions.find(tokens[0] ?? '');
    sessions.begin();
    expect(sessions.find(tokens[0] ?? '')).toBeDefined();
    expect(sessions.find(tokens[1] ?? '')).toBeUndefined();
    sessions.endOthers(sessions.find(tokens[5] ?? ''));
    expect(tokens.filter((token) => sessions.find(token) !== undefined)).toEqual([tokens[5]]);
  });

  test('compare tokens', () => {
    expect(isSameToken('a', 'a')).toBe(true);
    expect(isSameToken('a', 'b')).toBe(false);
    expect(isSameToken('', 'a')).toBe(false);
  });
});
