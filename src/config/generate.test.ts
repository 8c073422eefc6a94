import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generate } from './generate.ts';
import { LEAVES, SECTIONS } from './leaves.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each(Object.entries(generate()))('%s is current: npm run generate', (name, content) => {
  expect(readFileSync(join(ROOT, name), 'utf8') === content, `${name} is stale`).toBe(true);
});

it('generates the same bytes twice', () => {
  expect(generate()).toEqual(generate());
});

it('puts no import into the validator, nor the place where it was made', () => {
  const code = generate()['src/config/validate.generated.js'] ?? '';
  expect(code).toContain('export {');
  expect(code).not.toMatch(/\brequire\(|^import\b|\bimport\(|\bfrom ["']/m);
  expect(code).not.toContain('node_modules');
});

it('has a table whose leaves are whole', () => {
  expect(new Set(LEAVES.map((leaf) => leaf.path)).size).toBe(LEAVES.length);
  for (const leaf of LEAVES) {
    expect(SECTIONS.has(leaf.section), leaf.section).toBe(true);
    // A leaf says what holds when it is left out, in one of three ways.
    const ways = [leaf.default !== undefined, leaf.required === true, leaf.absent !== undefined];
    expect(ways.filter(Boolean).length, leaf.path).toBe(1);
    expect(leaf.sentence, leaf.path).not.toMatch(/\.$/);
    expect(leaf.type === 'choice', leaf.path).toBe(leaf.choices !== undefined);
    expect(leaf.type === 'integer' || leaf.type === 'size', leaf.path).toBe(leaf.min !== undefined);
  }
  for (const section of SECTIONS.keys()) {
    expect(
      LEAVES.some((leaf) => leaf.section === section),
      section,
    ).toBe(true);
  }
});

it('documents every leaf', () => {
  const page = generate()['docs/configuration.md'] ?? '';
  for (const leaf of LEAVES) {
    const [, rest = ''] = page.split(`### \`[${leaf.section}]\``);
    expect(rest.split('### ')[0], leaf.path).toContain(`\n| \`${leaf.key}\` `);
  }
});
