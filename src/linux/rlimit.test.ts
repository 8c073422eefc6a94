import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isErrno } from './errors.ts';
import { getRlimit, setRlimit } from './rlimit.ts';

describe('setRlimit', () => {
  it('sets this process’s limits, and children inherit them', () => {
    const before = getRlimit('core');
    try {
      setRlimit('core', 0, before.hard);
      expect(getRlimit('core')).toEqual({ soft: 0, hard: before.hard });
      expect(execFileSync('sh', ['-c', 'ulimit -S -c'], { encoding: 'utf8' }).trim()).toBe('0');
    } finally {
      setRlimit('core', before.soft, before.hard);
    }
    expect(getRlimit('core')).toEqual(before);
  });

  it('takes Infinity', (ctx) => {
    const before = getRlimit('memlock');
    try {
      setRlimit('memlock', Infinity, Infinity);
    } catch (error) {
      if (isErrno(error, 'EPERM')) ctx.skip('raising a hard limit needs CAP_SYS_RESOURCE');
      throw error;
    }
    expect(getRlimit('memlock')).toEqual({ soft: Infinity, hard: Infinity });
    expect(execFileSync('sh', ['-c', 'ulimit -S -l'], { encoding: 'utf8' }).trim()).toBe('unlimited');
    setRlimit('memlock', before.soft, before.hard);
  });

  it('reads Infinity as this process’s own unlimited limits', (ctx) => {
    const before = getRlimit('core');
    if (before.hard !== Infinity) ctx.skip('the hard core limit is not unlimited here');
    setRlimit('core', Infinity, Infinity);
    expect(execFileSync('sh', ['-c', 'ulimit -S -c'], { encoding: 'utf8' }).trim()).toBe('unlimited');
    setRlimit('core', before.soft, before.hard);
  });

  it('refuses a soft limit above the hard one', () => {
    expect(() => setRlimit('nofile', 100, 50)).toThrow(/setrlimit\("nofile", 100, 50\): EINVAL/);
  });
});
