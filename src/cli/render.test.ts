/** `appliance render` on a machine without VPP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommandLine } from './mod.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'render-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function rendered(
  ini: string,
  ...options: string[]
): Promise<{ code: number; out: string; err: string }> {
  const file = join(dir, 'appliance.ini');
  writeFileSync(file, ini);
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true));
  const code = await runCommandLine(['render', file, ...options], 0);
  vi.restoreAllMocks();
  return { code, ...said };
}

const INI = '[vpp]\nenabled = true\nbinary = /nonexistent/vpp\n';

test('says which version it assumes, and prints what is for that version', async () => {
  const { code, out, err } = await rendered(INI);
  expect(code).toBe(0);
  expect(err).toBe('there is no VPP at /nonexistent/vpp: assuming VPP 26.06 (see --vpp-version)\n');
  expect(out).toBe((await rendered(INI, '--vpp-version', '26.06')).out);
  expect(out).toMatch(/^unix \{/m);
});

test('assumes nothing when the version is given', async () => {
  expect(await rendered(INI, '--vpp-version', '25.02')).toMatchObject({ code: 0, err: '' });
});

test('prints nothing for a configuration with mistakes', async () => {
  const { code, out, err } = await rendered('[vpp]\nnonsense = 1\n');
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/appliance\.ini:2: vpp\.nonsense: /);
});
