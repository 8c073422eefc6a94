import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generate } from './generate.ts';
import { LEAVES, SECTIONS } from './sections.ts';

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

it('has rows that are whole', () => {
  expect(new Set(LEAVES.map(({ path }) => path)).size).toBe(LEAVES.length);
  for (const { path, leaf } of LEAVES) {
    // A leaf says what holds when it is left out, in one of three ways.
    const ways = [leaf.default !== undefined, leaf.required === true, leaf.absent !== undefined];
    expect(ways.filter(Boolean).length, path).toBe(1);
    expect(leaf.sentence, path).not.toMatch(/\.$/);
    // And it says when its check fails, or why it always takes effect.
    expect([leaf.fails, leaf.cannotFail].filter((one) => one !== undefined).length, path).toBe(1);
    expect(leaf.fails?.[1] ?? leaf.cannotFail, path).not.toBe('');
  }
  for (const section of SECTIONS) expect(Object.keys(section.leaves).length, section.name).toBeGreaterThan(0);
});

it('documents every leaf', () => {
  const page = generate()['docs/configuration.md'] ?? '';
  for (const { path, leaf, section } of LEAVES) {
    const [, rest = ''] = page.split(`### \`[${section.name}]\``);
    expect(rest.split('### ')[0], path).toContain(`\n| \`${leaf.key}\` `);
  }
});
