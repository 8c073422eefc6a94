import { describe, expect, test } from 'vitest';
import { formatTable } from './table.ts';

describe('a table', () => {
  test('pads words on the right and numbers on the left, and leaves no blanks at the end', () => {
    const rows = [
      ['NAME', 'COUNT', 'WORDS'],
      ['a', '1', ''],
      ['long-name', '1,234', 'x y'],
    ];
    expect(formatTable(rows, { right: [1], heading: true })).toBe(
      'NAME       COUNT  WORDS\na              1\nlong-name  1,234  x y\n',
    );
  });

  test('lets no text of an appliance move the cursor', () => {
    expect(formatTable([['\u001b[2J\u0007a\nb', { text: '\u009bc', shade: 'error' }]])).toBe(
      '\uFFFD[2J\uFFFDa b  \uFFFDc\n',
    );
  });
});
