/** `appliance check` where a version of VPP is known. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { COMMANDS } from './commands.ts';
import { execute } from './execute.ts';
import { UsageError } from './usage-error.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Exit code, and the problems of VPP. */
async function checked(more: string, ...options: string[]): Promise<{ code: number; said: string[] }> {
  const file = join(dir, 'appliance.ini');
  writeFileSync(
    file,
    `[vpp]\nenabled = true\nbinary = ${dir}/bin/vpp\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n${more}`,
  );
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    const code = await execute(['check', file, '--json', ...options], { startedAt: 0, root: COMMANDS });
    const { problems }: { problems: { severity: string; leaf: string; message: string }[] } =
      JSON.parse(text);
    const said = problems.map(({ severity, leaf, message }) => `${severity} ${leaf}: ${message}`);
    return { code, said: said.filter((line) => line.includes('VPP ') && !line.includes('machine.')) };
  } finally {
    write.mockRestore();
  }
}

test('driver = native is refused for a version that is named and has none', async () => {
  const refused = await checked('driver = native\n', '--vpp-version', '25.02');
  expect(refused).toEqual({
    code: 1,
    said: [
      expect.stringMatching(
        /^error vpp\.dpdk\.interface\.0000:03:00\.0\.driver: .*VPP 25\.02 has no native driver/,
      ),
    ],
  });
  expect(await checked('driver = native\n', '--vpp-version', '26.06')).toEqual({ code: 0, said: [] });
});

test('a version that is none is a wrong command line', async () => {
  await expect(checked('', '--vpp-version', 'twenty')).rejects.toBeInstanceOf(UsageError);
});

test('without a version and a binary nothing is said of VPP', async () => {
  expect(await checked('driver = native\n')).toEqual({ code: 0, said: [] });
});

test('a plugin that the binary here lacks is named', async () => {
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'lib/vpp_plugins'), { recursive: true });
  writeFileSync(join(dir, 'bin/vpp'), '#!/bin/sh\necho "vpp v26.06-release built by me on here at now"\n');
  chmodSync(join(dir, 'bin/vpp'), 0o755);
  for (const name of ['dpdk', 'linux_cp', 'linux_nl', 'ping', 'policer']) {
    writeFileSync(join(dir, `lib/vpp_plugins/${name}_plugin.so`), '');
  }
  expect(await checked('')).toEqual({
    code: 1,
    said: [expect.stringMatching(/^error vpp\.lcp\.enabled: VPP 26\.06-release lacks tap_plugin\.so/)],
  });
  // Of a version that is named the files are elsewhere.
  expect(await checked('', '--vpp-version', '26.06')).toEqual({ code: 0, said: [] });
});
