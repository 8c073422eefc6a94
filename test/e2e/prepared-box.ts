/**
 * A box that has booted once and proved good: GUIDs of its own, a password, a last good configuration. Made once for
 * an image and copied for each test, since a first boot takes its time under emulation.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runCommand } from '../../image/run-command.ts';
import { firstPassword } from './box-client.ts';
import { DiskGuest, type DiskGuestOptions, testImage } from './disk-harness.ts';
import { oneAtATime } from './one-at-a-time.ts';

export const DEMO = readFileSync(resolve(import.meta.dirname, '../../image/demo.ini'), 'utf8');

/** Two NICs for VPP, five routes, and verdicts in seconds instead of minutes. */
export const BOX_INI = `${DEMO}
[update]
trial-stable = 2
trial-timeout = 75
confirm-timeout = 30

[supervisor]
backoff-ms = 200
backoff-max-ms = 1000
loop-after = 3
`;

export interface PreparedBox {
  readonly box: DiskGuest;
  readonly password: string;
}

/** A copy of the prepared box, powered off; the version is the image's own. */
export async function preparedBox(
  options: Omit<DiskGuestOptions, 'image' | 'ini'> = {},
): Promise<PreparedBox> {
  const { disk, passwordFile } = await oneAtATime('prepared-box', prepareOrReuse);
  const box = await DiskGuest.create(options);
  await runCommand('cp', ['--sparse=always', disk, box.disk]);
  return { box, password: readFileSync(passwordFile, 'utf8') };
}

async function prepareOrReuse(): Promise<{ readonly disk: string; readonly passwordFile: string }> {
  const image = await testImage();
  const directory = join(dirname(image.image), 'prepared');
  const disk = join(directory, 'disk.img');
  const passwordFile = join(directory, 'password');
  const madeOf = join(directory, 'made-of');
  const inputs = `${readFileSync(image.signature, 'utf8')}${BOX_INI}`;
  if (existsSync(madeOf) && readFileSync(madeOf, 'utf8') === inputs) return { disk, passwordFile };
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await using first = await DiskGuest.create({ ini: BOX_INI });
  await first.powerOn();
  const password = await firstPassword(first);
  await first.until('the first boot proved good', ({ box }) => box?.update.verdict?.state === 'good');
  await first.powerOff();
  writeFileSync(passwordFile, password);
  await runCommand('cp', ['--sparse=always', first.disk, disk]);
  writeFileSync(madeOf, inputs);
  return { disk, passwordFile };
}
