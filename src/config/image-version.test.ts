import { describe, expect, it } from 'vitest';
import { isImageVersion } from './image-version.ts';

describe('isImageVersion', () => {
  it.each(['0.1.0', '10.20.30', '0.2.0-rc.1', '0.2.0-a1'])('%s is one', (text) => {
    expect(isImageVersion(text)).toBe(true);
  });
  it.each([
    '',
    '1',
    '1.2.3.4',
    '1.2.3-',
    '1.2.3-a..b',
    '1.2.3+1',
    '1.2.3-a/b',
    '1.2.3\n',
    ' 1.2.3',
    '01.2.3',
    `1.2.3-${'a'.repeat(59)}`,
  ])('%j is none', (text) => {
    expect(isImageVersion(text)).toBe(false);
  });
});
