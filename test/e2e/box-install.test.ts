/** From the stick to the internal disk: `appliance install`, then a boot from the disk alone. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { runCommand } from '../../image/run-command.ts';
import { runCommandLine } from './box-client.ts';
import { DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { type PreparedBox, preparedBox } from './prepared-box.ts';
import { reliabilityCase } from './reliability.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const TARGET_BYTES = 2 * 2 ** 30;
const kind = 'installation';

describe.skipIf(why !== undefined)('an installation', () => {
  let scratch: string;
  let target: string;
  let prepared: PreparedBox;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-install-'));
    target = join(scratch, 'target.img');
    writeFileSync(target, '');
    truncateSync(target, TARGET_BYTES);
    const drive = `if=none,id=target,format=raw,cache=writeback,file=${target}`;
    prepared = await preparedBox({
      bus: 'usb',
      guest: {
        extraArguments: ['-drive', drive, '-device', 'nvme,serial=target,drive=target,bus=pcie.0,addr=0x1a'],
      },
    });
  });
  afterAll(async () => {
    await prepared?.box[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  reliabilityCase('copies the running stick to a disk that then boots alone', { kind }, async () => {
    const { box, password } = prepared;
    await box.powerOn();
    await box.until('it proved good', ({ box: own }) => own?.update.verdict?.state === 'good');
    const listed = await runCommandLine(box, password, ['install', '--list']);
    expect(listed.text).toMatch(/nvme0n1/);
    expect(await runCommandLine(box, password, ['install', 'nvme0n1'])).toMatchObject({ code: 0 });
    const again = await runCommandLine(box, password, ['install', 'sda']);
    expect(again.code).toBe(1);
    await box.powerOff();
    expect(await runCommand('sgdisk', ['-v', target])).toMatch(/No problems found/);

    await using installed = await DiskGuest.create({ diskMiB: TARGET_BYTES / 2 ** 20 });
    await runCommand('cp', ['--sparse=always', target, installed.disk]);
    await installed.powerOn();
    const status = await installed.until('it works', ({ box: own }) => own?.update.verdict?.state === 'good');
    expect(status).toMatchObject({ hostname: 'demo', box: { bootDevice: '/dev/nvme0n1p1', dataKept: true } });
    // The password went along.
    expect(await runCommandLine(installed, password, ['reload'])).toMatchObject({ code: 0 });
    await installed.powerOff();
    expect(await installed.findFaults()).toEqual([]);
    return `boots from ${status.box?.bootDevice} with the same configuration and password`;
  });
});
