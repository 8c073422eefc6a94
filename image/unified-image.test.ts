import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStubLayout } from './unified-image.ts';

/** The headers of an EFI program with these sections: [address, size]. */
function encodeHeaders(sectionAlignment: number, sections: readonly (readonly [number, number])[]): Buffer {
  const file = Buffer.alloc(4096);
  file.write('MZ');
  file.writeUInt32LE(0x80, 0x3c);
  file.write('PE\0\0', 0x80, 'latin1');
  file.writeUInt16LE(0x8664, 0x84);
  file.writeUInt16LE(sections.length, 0x86);
  file.writeUInt16LE(240, 0x94);
  file.writeUInt32LE(sectionAlignment, 0x98 + 32);
  sections.forEach(([address, size], index) => {
    const at = 0x98 + 240 + 40 * index;
    file.writeUInt32LE(size, at + 8);
    file.writeUInt32LE(address, at + 12);
  });
  return file;
}

describe('readStubLayout', () => {
  let scratch: string;
  let stub: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-stub-'));
    stub = join(scratch, 'stub');
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  it('finds the end of the last section, anywhere in the table', () => {
    const sections = [[0x1000, 0x10] as const, [0x5000, 0x234] as const, [0x2000, 0x1000] as const];
    writeFileSync(stub, encodeHeaders(0x1000, sections));
    expect(readStubLayout(stub)).toEqual({ sectionAlignment: 0x1000, end: 0x5234 });
  });

  it('refuses a file that is not an EFI program', () => {
    writeFileSync(stub, Buffer.alloc(4096));
    expect(() => readStubLayout(stub)).toThrow(`${stub} is not an EFI program`);
  });
});
