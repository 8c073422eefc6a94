import { describe, expect, it } from 'vitest';
import { type Entry, parseEntryName } from './entries.ts';
import { countedBoots, findRunning, isTrialBoot } from './running.ts';

function entries(...files: string[]): Entry[] {
  return files.map((file) => {
    const name = parseEntryName(file);
    if (name === undefined) throw new Error(`${file} is not an entry`);
    return { ...name, file, sizeBytes: 1 };
  });
}

function find(files: string[], bootCountPath?: string, entrySelected?: string, imageVersion?: string) {
  const running = findRunning(entries(...files), { bootCountPath, entrySelected }, imageVersion);
  return [running.state, running.entry?.file, running.counted];
}

describe('findRunning', () => {
  const files = ['appliance-0.2.0+2-1.efi', 'appliance-0.1.0.efi'];

  it('takes the counted entry', () => {
    expect(find(files, '\\EFI\\Linux\\appliance-0.2.0+2-1.efi', 'appliance-0.2.0+3.efi')).toEqual([
      'trial',
      'appliance-0.2.0+2-1.efi',
      true,
    ]);
  });

  it('takes the selected entry when none was counted', () => {
    expect(find(files, undefined, 'appliance-0.1.0.efi')).toEqual(['good', 'appliance-0.1.0.efi', false]);
  });

  it('takes the selected entry when the counted one could not be started', () => {
    expect(find(files, '\\EFI\\Linux\\appliance-0.2.0+2-1.efi', 'appliance-0.1.0.efi\0')).toEqual([
      'good',
      'appliance-0.1.0.efi',
      false,
    ]);
  });

  it('ignores case', () => {
    expect(find(['APPLIANCE-0.1.0.EFI'], undefined, 'appliance-0.1.0.efi')[1]).toBe('APPLIANCE-0.1.0.EFI');
  });

  it('calls the last of three tries a trial', () => {
    const path = '\\EFI\\Linux\\appliance-0.2.0+0-3.efi';
    expect(find(['appliance-0.2.0+0-3.efi'], path, 'appliance-0.2.0+1-2.efi')[0]).toBe('trial');
    expect(find(['appliance-0.2.0+0-3.efi'], path)[0]).toBe('trial');
  });

  it('calls an entry that had no boots left a fallback, not a trial', () => {
    const path = '\\EFI\\Linux\\appliance-0.2.0+0-1.efi';
    expect(find(['appliance-0.2.0+0-1.efi'], path, 'appliance-0.2.0+0.efi')[0]).toBe('fallback');
    expect(find(['appliance-0.2.0+0-1.efi'], path)[0]).toBe('fallback');
    expect(isTrialBoot({ bootCountPath: path, entrySelected: 'appliance-0.2.0+0.efi' })).toBe(false);
  });

  it('calls an entry that the loader could not rename a trial that was not counted', () => {
    expect(find(['appliance-0.2.0+3.efi'], undefined, 'appliance-0.2.0+3.efi')).toEqual([
      'trial',
      'appliance-0.2.0+3.efi',
      false,
    ]);
  });

  it('without the loader finds only the file, by its version', () => {
    expect(find(files, undefined, undefined, '0.1.0')).toEqual(['unknown', 'appliance-0.1.0.efi', false]);
    expect(find(files)).toEqual(['unknown', undefined, false]);
    expect(find([], undefined, 'appliance-0.1.0.efi')).toEqual(['unknown', undefined, false]);
  });

  it('detects a trial although the boot partition cannot be read', () => {
    const path = '\\EFI\\Linux\\appliance-0.2.0+2-1.efi';
    expect(find([], path, 'appliance-0.2.0+3.efi')).toEqual(['trial', undefined, true]);
    expect(countedBoots({ bootCountPath: path, entrySelected: undefined })).toBe(1);
    expect(countedBoots({ bootCountPath: undefined, entrySelected: undefined })).toBe(0);
  });
});

describe('isTrialBoot', () => {
  it('is true for a counted boot and for nothing else', () => {
    expect(
      isTrialBoot({ bootCountPath: '\\EFI\\Linux\\appliance-0.2.0+2-1.efi', entrySelected: undefined }),
    ).toBe(true);
    expect(isTrialBoot({ bootCountPath: undefined, entrySelected: 'appliance-0.2.0+3.efi' })).toBe(true);
    expect(isTrialBoot({ bootCountPath: undefined, entrySelected: 'appliance-0.2.0.efi' })).toBe(false);
    expect(isTrialBoot({ bootCountPath: undefined, entrySelected: undefined })).toBe(false);
    expect(isTrialBoot({ bootCountPath: '\\EFI\\BOOT\\x.efi', entrySelected: 'auto-windows' })).toBe(false);
  });
});
