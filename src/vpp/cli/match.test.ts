import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARGUMENTS, type ArgumentType, type KnownInterface } from './arguments.ts';
import { commandText, matchCommand } from './match.ts';
import { VPP_COMMANDS } from './table.ts';
import { type Form, formsOf } from './usage.ts';

const INTERFACES: readonly KnownInterface[] = [
  { name: 'xe0', isHardware: true },
  { name: 'xe0.100', isHardware: false },
  { name: 'GigabitEthernet0/3/0', isHardware: true },
];

/** The text given to VPP, or why the command was refused. */
function outcome(typed: string, interfaces = INTERFACES): string {
  const match = matchCommand(typed);
  if (!match.ok) return `refused: ${match.reason}`;
  const command = commandText(match.command, interfaces);
  return command.ok ? command.text : `refused: ${command.reason}`;
}

describe('commands that are run', () => {
  test.each([
    ['show version', 'show version'],
    ['  show   interface  ', 'show interface'],
    ['show interface xe0', 'show interface xe0'],
    ['show interface address xe0.100', 'show interface address xe0.100'],
    [
      'show hardware-interfaces GigabitEthernet0/3/0 brief',
      'show hardware-interfaces GigabitEthernet0/3/0 brief',
    ],
    ['show ip fib 10.1.2.3', 'show ip fib 10.1.2.3'],
    ['show ip fib 10.1.2.3/8 table 7', 'show ip fib 10.1.2.3/8 table 7'],
    ['show ip6 fib 2001:DB8::/32', 'show ip6 fib 2001:db8:0:0:0:0:0:0/32'],
    ['show ip6 fib ::ffff:192.0.2.1', 'show ip6 fib 0:0:0:0:0:ffff:c000:201'],
    ['show ip table 4294967294', 'show ip table 4294967294'],
    ['show mpls fib 1048575', 'show mpls fib 1048575'],
    ['show bridge-domain 16777215 detail', 'show bridge-domain 16777215 detail'],
  ])('%s', (typed, given) => {
    expect(outcome(typed)).toBe(given);
  });
});

describe('commands that are refused', () => {
  test.each([
    '',
    ' ',
    'show',
    'show tap local0',
    'show tun local0',
    'show udp transport ports',
    'show api dump file /',
    'show vlib graphviz file /tmp/x',
    'show vlib graphviz file/tmp/x',
    'show fib source 4294967294',
    'show hardware-interfaces 4294967294',
    'show hardware-interfaces xe0.100',
    'show interface 1',
    'show interface xe9',
    'show interface address1',
    'show interface xe0xe0',
    'show wireguard interface',
    'show session',
    'show int',
    'SHOW version',
    'show version;quit',
    'show version | x',
    'show\tversion',
    'show version\nclear interfaces',
    'show version\r',
    'show interface local0\u0000',
    'show version \u00e4',
    'set interface state xe0 down',
    'clear interfaces',
    'show ip fib',
    'show ip fib table 0',
    'show ip fib 10.0.0.0/33',
    'show ip fib 010.0.0.0/8',
    'show ip fib 2001:db8::1',
    'show ip6 fib 10.0.0.1',
    'show ip6 fib fe80::1%xe0',
    'show ip fib 10.0.0.1 table',
    'show ip fib 10.0.0.1 table -1',
    'show ip fib 10.0.0.1 table 1e3',
    'show ip fib 10.0.0.1 table 0x10',
    'show ip fib 10.0.0.1 table 01',
    'show ip fib 10.0.0.1 table 4294967295',
    'show ip fib 10.0.0.1 table7',
    'show mpls fib 1048576',
    'show load-balance',
    'show load-balance 4294967295',
    'show bridge-domain 0',
    'show bridge-domain 16777216',
    'show constructor',
    'show interface __proto__',
    `show interface ${'x'.repeat(64)}`,
    `show ${'x'.repeat(300)}`,
    `show version${' '.repeat(300)}`,
  ])('%j', (typed) => {
    expect(outcome(typed)).toMatch(/^refused: ./);
  });

  test.each([
    ['show int', 'did you mean show interface?'],
    ['sho ver', 'did you mean show version?'],
    ['show hard', 'did you mean show hardware-interfaces?'],
    ['show ip nei', 'did you mean show ip neighbors?'],
    ['show int addr', 'did you mean show interface address?'],
    ['show verison', 'did you mean show version?'],
    ['show ip fib sumary', 'did you mean show ip fib summary?'],
    ['show ip fib 10.0.0.0/33', 'expected show ip fib IPV4 [table TABLE], show ip fib summary'],
    ['show ip fib 10.0.0.0/33', '; IPV4 is an IPv4 address, or a prefix such as 192.0.2.0/24'],
    ['show load-balance x', 'expected show load-balance INDEX; INDEX is an index, 0–4294967294'],
    ['show interface xe1', 'VPP has no interface "xe1": did you mean xe0?'],
    [
      'show interface loop77',
      'VPP has no interface "loop77": expected one of xe0, xe0.100, GigabitEthernet0/3/0',
    ],
    ['show hardware-interfaces xe0.100', '"xe0.100" is a sub-interface, which has no hardware: '],
    ['show api dump file /', 'cannot run "show api dump file /": '],
    ['configure terminal', 'cannot run "configure terminal": omit the command to list all commands'],
    ['show\nversion', 'expected one line of printable ASCII'],
  ])('refuses "%s" with a suggestion: %s', (typed, words) => {
    expect(outcome(typed)).toContain(words);
  });

  test('says that VPP has no interfaces', () => {
    expect(outcome('show interface xe0', [])).toMatch(/VPP has no interface "xe0": it has none/);
  });
});

const VALUES: Readonly<Record<ArgumentType, fc.Arbitrary<string>>> = {
  INTERFACE: fc.constantFrom(...INTERFACES.map(({ name }) => name)),
  HARDWARE: fc.constantFrom('xe0', 'GigabitEthernet0/3/0'),
  IPV4: fc.oneof(
    fc.ipV4(),
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`),
  ),
  IPV6: fc.oneof(
    fc.ipV6(),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, length]) => `${address}/${length}`),
  ),
  TABLE: fc.integer({ min: 0, max: 2 ** 32 - 2 }).map(String),
  INDEX: fc.integer({ min: 0, max: 2 ** 32 - 2 }).map(String),
  LABEL: fc.integer({ min: 0, max: 2 ** 20 - 1 }).map(String),
  'BRIDGE-DOMAIN': fc.integer({ min: 1, max: 2 ** 24 - 1 }).map(String),
};

describe('for every command of the table', () => {
  const forms = VPP_COMMANDS.flatMap(formsOf);
  const wordsOf = (form: Form): fc.Arbitrary<string[]> =>
    fc.tuple(...form.map((piece) => (piece.kind === 'word' ? fc.constant(piece.word) : VALUES[piece.type])));

  test('a command with arguments of its types is run, in its own words', () => {
    for (const form of forms) {
      fc.assert(
        fc.property(wordsOf(form), (words) => {
          const given = outcome(words.join(' ')).split(' ');
          expect(given.length).toBe(words.length);
          for (const [at, piece] of form.entries()) {
            if (piece.kind === 'word') expect(given[at]).toBe(piece.word);
            else expect(ARGUMENTS[piece.type].read(given[at] ?? '')).toBeDefined();
          }
          // matched a second time: nothing was lost
          expect(outcome(given.join(' '))).toBe(given.join(' '));
        }),
        { numRuns: 2 },
      );
    }
  });

  test('no typed text brings other characters, or other words, to VPP', () => {
    const known = new Set(
      forms.flatMap((form) => form.map((piece) => (piece.kind === 'word' ? piece.word : ''))),
    );
    const anyWord = fc.oneof(fc.constantFrom(...known), ...Object.values(VALUES), fc.string());
    let ran = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(...forms).chain(wordsOf),
          fc.array(anyWord, { maxLength: 7 }),
          fc
            .tuple(fc.constantFrom(...forms).chain(wordsOf), fc.nat(6), anyWord)
            .map(([words, at, other]) => words.with(at % words.length, other)),
        ),
        fc.constantFrom(' ', '  ', '', '\n', '\t', ';'),
        (words, blank) => {
          const given = outcome(words.join(blank));
          if (given.startsWith('refused: ')) return;
          ran++;
          expect(given).toMatch(/^show( [A-Za-z0-9.:/_-]+)+$/);
          for (const word of given.split(' ')) {
            const isArgument = Object.values(ARGUMENTS).some(({ read }) => read(word) !== undefined);
            expect(known.has(word) || isArgument).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(ran).toBeGreaterThan(200);
  });
});
