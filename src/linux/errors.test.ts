import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asLinuxError, isErrno, LinuxError } from './errors.ts';
import { mount } from './mount.ts';

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('LinuxError', () => {
  it('names the call, its arguments and the errno', () => {
    const error = new LinuxError('mount', 2, ['none', '/x', 'tmpfs']);
    expect(error.message).toBe('mount("none", "/x", "tmpfs"): ENOENT (No such file or directory)');
    expect(error).toMatchObject({ code: 'ENOENT', errno: 2, call: 'mount', args: ['none', '/x', 'tmpfs'] });
  });

  it('carries the errno of a real failing call, read for each call', () => {
    for (let i = 0; i < 200; i++) {
      const missing = thrownBy(() => mount('none', '/does/not/exist', 'tmpfs', 0));
      expect(missing).toBeInstanceOf(LinuxError);
      expect(isErrno(missing, 'ENOENT') || isErrno(missing, 'EPERM')).toBe(true);
    }
  });

  it('refuses strings that C would truncate', () => {
    expect(() => mount('none', '/tmp\0/x', 'tmpfs', 0)).toThrow(/contains a NUL character/);
  });

  it('knows errno names that libuv does not', () => {
    expect(new LinuxError('x', 129, []).code).toBe('EKEYREJECTED');
    expect(new LinuxError('x', 4000, []).code).toBe('E4000');
  });

  it('appends the kernel’s text and truncates long arguments', () => {
    const error = new LinuxError('x', 22, ['y'.repeat(500)], { detail: 'too long' });
    expect(error.message.length).toBeLessThan(200);
    expect(error.message).toMatch(/EINVAL \(Invalid argument\): too long$/);
  });
});

describe('isErrno', () => {
  it('is true for node’s errors too, and for nothing else', () => {
    const error = thrownBy(() => openSync('/does/not/exist', 'r'));
    expect(isErrno(error, 'ENOENT')).toBe(true);
    expect(isErrno(error, 'EACCES', 'ENOENT')).toBe(true);
    expect(isErrno(error, 'EACCES')).toBe(false);
    expect(isErrno(undefined, 'ENOENT')).toBe(false);
    expect(isErrno('ENOENT', 'ENOENT')).toBe(false);
    expect(asLinuxError(error, 'open', ['x']).message).toBe('open("x"): ENOENT (No such file or directory)');
  });
});
