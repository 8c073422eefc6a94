import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpdateError } from './errors.ts';
import { fakeImage } from '../../test/fixtures/image.ts';
import { checkHeader, findSection, HEADER_BYTES, versionOf } from './portable-executable.ts';

const STUB = '/usr/lib/systemd/boot/efi/linuxx64.efi.stub';
const image = fakeImage({ version: '0.2.0' });

function codeOf(head: Buffer, architecture = 'x86_64'): unknown {
  try {
    checkHeader(head, architecture);
    return 'fine';
  } catch (error) {
    return error instanceof UpdateError ? error.code : error;
  }
}

describe('checkHeader', () => {
  it('accepts an image for this machine', () => {
    expect(codeOf(image.subarray(0, HEADER_BYTES))).toBe('fine');
  });

  it.skipIf(!existsSync(STUB))("accepts systemd's own stub", () => {
    const head = readFileSync(STUB).subarray(0, HEADER_BYTES);
    expect(codeOf(head)).toBe('fine');
    expect(findSection(head, '.text')?.length).toBeGreaterThan(1000);
  });

  it('names the machine of an image for another architecture', () => {
    const arm = fakeImage({ version: '0.2.0', machine: 0xaa64 });
    expect(codeOf(arm)).toBe('wrong-architecture');
    expect(() => checkHeader(arm, 'x86_64')).toThrow(/for aarch64, this machine is x86_64/);
  });

  it('refuses anything but an EFI program, and never reads past its end', () => {
    expect(codeOf(Buffer.from('#!/bin/sh\n'))).toBe('not-efi');
    expect(codeOf(Buffer.alloc(4096))).toBe('not-efi');
    fc.assert(
      fc.property(fc.nat(400), fc.nat(0xffffffff), (length, offset) => {
        const head = Buffer.from(image.subarray(0, length));
        if (length >= 64) head.writeUInt32LE(offset, 60);
        expect(['not-efi', 'fine', 'wrong-architecture']).toContain(codeOf(head));
      }),
    );
  });
});

describe('the os-release inside', () => {
  it('is found, and its version read', () => {
    const section = findSection(image, '.osrel');
    if (section === undefined) throw new Error('no section');
    const text = image.toString('utf8', section.offset, section.offset + section.length);
    expect(versionOf(text)).toBe('0.2.0');
    expect(findSection(image, '.linux')).toBeUndefined();
  });

  it.each([
    ['VERSION_ID="1.2.3"\n', '1.2.3'],
    ['ID=x\r\nVERSION_ID=1.2.3\r\n', '1.2.3'],
    ['IMAGE_VERSION_ID=9\n', undefined],
  ])('%j', (text, expected) => {
    expect(versionOf(text)).toBe(expected);
  });
});
