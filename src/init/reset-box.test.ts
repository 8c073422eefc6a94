import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Config, defaultConfig, parseConfig } from '../config/mod.ts';
import { directoryBootPartition, directoryDataPartition } from '../disk/mod.ts';
import { isEntryPath } from '../update/mod.ts';
import { type ResetSituation, resetBox } from './reset-box.ts';

function parsed(text: string): Config {
  const result = parseConfig(text, 'appliance.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

let situation: ResetSituation;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'appliance-reset-box-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'boot/EFI/Linux'), { recursive: true });
  for (const file of [
    'appliance-0.1.0.efi',
    'appliance-0.2.0+2-1.efi',
    'appliance-0.3.0.efi.new',
    'other.efi',
  ]) {
    writeFileSync(join(root, 'boot/EFI/Linux', file), file);
  }
  situation = {
    place: {
      boot: directoryBootPartition(join(root, 'boot')),
      data: directoryDataPartition(join(root, 'data')),
      version: '0.1.0',
      isImage: isEntryPath,
    },
    config: parsed('[management]\naddress = 192.0.2.10/24\n[vpp]\nenabled = true\n'),
    managementInterface: 'eth1',
    busy: undefined,
  };
});

const left = (): string => readFileSync(join(situation.place.boot.root, 'appliance.ini'), 'utf8');

describe('a factory reset of the box', () => {
  it('leaves the defaults with CRLF line ends, and the images of all versions', async () => {
    const { erased } = await resetBox(situation, { keepNetwork: false });
    expect(parsed(left())).toEqual(defaultConfig());
    expect(left().replaceAll('\r\n', '')).not.toContain('\n');
    const images = join(situation.place.boot.root, 'EFI/Linux');
    expect(erased.toSorted()).toEqual(
      ['appliance-0.3.0.efi.new', 'other.efi'].map((file) => join(images, file)),
    );
  });

  it('keeps the network on request, with the NIC in use', async () => {
    await resetBox(situation, { keepNetwork: true });
    const { management } = situation.config;
    expect(parsed(left())).toEqual({ ...defaultConfig(), management: { ...management, interface: 'eth1' } });
  });

  it('is refused while something writes to the partitions', async () => {
    const asked = resetBox({ ...situation, busy: 'an image is being received' }, { keepNetwork: false });
    await expect(asked).rejects.toMatchObject({
      code: 'busy',
      message: 'cannot reset: an image is being received; retry when it has ended',
    });
    expect(left).toThrow('ENOENT');
  });
});
