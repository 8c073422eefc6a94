import { expect, test } from 'vitest';
import { VPP_COMMANDS } from './table.ts';
import { formsOf, formText } from './usage.ts';

const texts = (usage: string): string[] => formsOf(usage).map(formText);

test.each([
  ['show a', ['show a']],
  ['show a [b]', ['show a b', 'show a']],
  ['show {a | b c} d', ['show a d', 'show b c d']],
  [
    'show [INTERFACE] [a | b]',
    ['show INTERFACE a', 'show INTERFACE b', 'show INTERFACE', 'show a', 'show b', 'show'],
  ],
  ['show a [TABLE [b | c]]', ['show a TABLE b', 'show a TABLE c', 'show a TABLE', 'show a']],
])('%s', (usage, forms) => {
  expect(texts(usage)).toEqual(forms);
});

test.each(['show [a', 'show a]', 'show {a | b', 'show a | b}', 'show {a ]', 'show NOTHING'])(
  'refuses the usage "%s"',
  (usage) => {
    expect(() => formsOf(usage)).toThrow(/usage|type/);
  },
);

test('the table has each command once, and only show commands', () => {
  const all = VPP_COMMANDS.flatMap(texts);
  expect(all.length).toBeGreaterThan(200);
  expect(new Set(all).size).toBe(all.length);
  for (const text of all) expect(text).toMatch(/^show [a-z][a-z0-9-]*( [a-z0-9-]+| [A-Z0-9-]+)*$/);
});

test('the table has no command that kills or hangs VPP, writes a file, reveals a key or shows all routes', () => {
  const all = VPP_COMMANDS.flatMap(texts);
  const bad = [
    /\bfile\b/,
    /^show api dump/,
    /^show vlib graphviz/,
    /^show fib source ./,
    /^show udp transport/,
    /^show (tap|tun)\b/,
    /^show hardware-interfaces (?!HARDWARE|brief|verbose|detail)./,
    /^show wireguard/,
    /^show ipsec sa ./,
    /^show ikev2 profile/,
    /^show qos \w+ ./,
    /^show ip6? fib( table TABLE)?$/,
    /^show mpls fib( table TABLE)?$/,
    /^show load-balance$/,
  ];
  for (const pattern of bad) expect(all.filter((text) => pattern.test(text))).toEqual([]);
});
