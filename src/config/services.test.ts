import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChange } from './difference.ts';
import { machineProblems } from './machine.ts';
import { defaultConfig, parseConfig } from './parse.ts';
import { formatCommand, readCommand } from './command.ts';
import type { Config } from './types.ts';

function problemsOf(text: string): string[] {
  const result = parseConfig(text, 'appliance.ini');
  const list = result.ok ? result.warnings : result.problems;
  return list.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

function valid(text: string): Config {
  const result = parseConfig(text, 'appliance.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

const BIRD = '[service.bird]\ncommand = /usr/sbin/bird -f\n';

describe('[service.NAME]', () => {
  it('becomes a program, its arguments, its namespace and its rule', () => {
    const text = `[service.zebra]
command = /usr/lib/frr/zebra -f '/boot/frr files/zebra.conf' -A "" # the first
netns = dataplane
restart = on-failure

${BIRD}`;
    expect(valid(text).services).toEqual([
      {
        name: 'zebra',
        command: ['/usr/lib/frr/zebra', '-f', '/boot/frr files/zebra.conf', '-A', ''],
        netns: 'dataplane',
        restart: 'on-failure',
        line: 1,
      },
      { name: 'bird', command: ['/usr/sbin/bird', '-f'], netns: undefined, restart: 'always', line: 6 },
    ]);
  });

  it.each([
    [
      '[service.bird]\nnetns = x',
      '1 service.bird.command: missing: [service.bird] needs a line such as command = /usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl',
    ],
    [
      '[service.bird]\ncommand = bird -f',
      '2 service.bird.command: expected the absolute path of a program, got "bird": write a command such as /usr/sbin/bird -f -c /boot/bird.conf',
    ],
    [
      '[service.bird]\ncommand = /usr/sbin/',
      '2 service.bird.command: "/usr/sbin/" is a directory: name the program in it, as in /usr/sbin/bird -f -c /boot/bird.conf',
    ],
    [
      '[service.bird]\ncommand = /boot/../bin/x',
      '2 service.bird.command: "/boot/../bin/x" has ".." in it: write the path without it',
    ],
    [
      '[service.bird]\ncommand = /bin/x "y z',
      '2 service.bird.command: "/bin/x "y z" has an unclosed quote "',
    ],
    [
      "[service.bird]\ncommand = '/bin/x \\'",
      '2 service.bird.command: "/bin/x \\" ends with a backslash: write \\\\ for one',
    ],
    [
      '[service.bird]\ncommand = "/bin/x \\u0000"',
      '2 service.bird.command: "/bin/x \\u0000" has control characters: remove them',
    ],
    [
      `[service.bird]\ncommand = /bin/x${' y'.repeat(256)}`,
      '2 service.bird.command: 257 words exceed the limit of 256',
    ],
    ['[service.bird]\ncommand =', /^2 service\.bird\.command: no value: write one such as command = \/usr/],
    [`${BIRD}restart = yes`, '3 service.bird.restart: expected always, on-failure or never, got "yes"'],
    [`${BIRD}netns = /run/netns/x`, /^3 service\.bird\.netns: "\/run\/netns\/x" is a path/],
    [`${BIRD}user = bird`, /^3 service\.bird\.user: "user" is not a key of \[service\.bird\]/],
    [
      `${BIRD}${BIRD}`,
      '3 service.bird: the section [service.bird] is already on line 1: move its keys there',
    ],
    ['[service.vpp]\ncommand = /bin/x', `1 service.vpp: "vpp" is a service of the box: choose another name`],
    [
      '[service.0x]\ncommand = /bin/x',
      '1 service.0x: "0x" does not begin with a letter: expected a name such as bird',
    ],
    [
      `[service.${'b'.repeat(32)}]\ncommand = /bin/x`,
      `1 service.${'b'.repeat(32)}: "${'b'.repeat(32)}" has 32 characters: a service name has at most 31`,
    ],
    ['[service.a.b]\ncommand = /bin/x', /^1 service\.a\.b: "a\.b" has characters other than letters/],
    ['[services.bird]', '1 services.bird: [services.bird] is not a section: did you mean [service.bird]?'],
    ['[service]', '1 service: [service] is not a section: did you mean [service.bird]?'],
  ] as const)('%j is refused', (text, message) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    if (typeof message === 'string') expect(problems[0]).toBe(message);
    else expect(problems[0]).toMatch(message);
  });

  it('is in the plan of a change, and its part is told', () => {
    const before = defaultConfig();
    const after = valid(`${BIRD}netns = dataplane`);
    const added = planChange(before, after);
    expect(added.steps).toEqual([
      { leaf: 'service.bird', words: 'added: /usr/sbin/bird -f', effect: 'live' },
    ]);
    expect(added.parts).toEqual(['services']);
    expect(planChange(after, before)).toMatchObject({
      steps: [{ leaf: 'service.bird', words: 'removed: it is stopped' }],
      parts: ['services'],
      restart: [],
    });
    const changed = planChange(after, valid(`${BIRD}restart = never`));
    expect(changed.steps.map(({ leaf, words }) => `${leaf}: ${words}`)).toEqual([
      'service.bird.netns: dataplane → not set',
      'service.bird.restart: always → never',
    ]);
  });

  it('is held against the programs of the machine', () => {
    const facts = { cores: 4, memoryBytes: 2 ** 34, nicPciAddresses: [], iommu: true };
    const config = valid(BIRD);
    const programs = (there: boolean): string[] =>
      machineProblems(config, { ...facts, isProgram: () => there }).map(({ message }) => message);
    expect(programs(true)).toEqual([]);
    expect(programs(false)).toEqual([
      '"/usr/sbin/bird" is not a program of this machine: add its package to the image with --add',
    ]);
  });
});

describe('readCommand', () => {
  it('reads what formatCommand writes', () => {
    const word = fc.string({ unit: fc.constantFrom(...`ab/"'\\ #;=é`.split('')), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (args) => {
        const words = ['/bin/x', ...args];
        expect(readCommand(formatCommand(words))).toEqual({ value: words });
      }),
    );
  });
});
