/** The emulator damages itself as a real VPP does: otherwise no test could show that a command never reaches it. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../../src/vpp/mod.ts';
import { EmulatorProcess } from './emulator.ts';

test.each([
  'show api dump file /',
  'show tap local0',
  'show udp transport ports',
  'show hardware-interfaces verbose4294967294',
])('"%s" crashes it', async (command) => {
  await using vpp = await EmulatorProcess.start();
  await expect(runCli(vpp.cliSocket, command)).rejects.toMatchObject({ code: 'cli-closed' });
  expect(await vpp.exited).toMatchObject({ signal: 'SIGSEGV' });
});

test('"show fib source X" hangs it, for every client', async () => {
  await using vpp = await EmulatorProcess.start();
  await expect(runCli(vpp.cliSocket, 'show fib source 4294967294', { timeoutMs: 300 })).rejects.toMatchObject(
    {
      code: 'timeout',
    },
  );
  await expect(runCli(vpp.cliSocket, 'show version', { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'timeout',
  });
  await vpp.kill();
});

test('"show vlib graphviz file" writes to the given file, with and without the blank', async () => {
  await using vpp = await EmulatorProcess.start();
  for (const blank of [' ', '']) {
    const name = `graph-${process.pid}${blank.length}`;
    const file = join('/tmp', name);
    await runCli(vpp.cliSocket, `show vlib graphviz file${blank}${name}`);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  }
});
