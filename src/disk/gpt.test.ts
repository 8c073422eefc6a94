import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeGpt,
  emptyGpt,
  encodeGpt,
  type Gpt,
  GptType,
  gptHeadSectors,
  gptTailSectors,
  growGpt,
  guidFromBytes,
  guidToBytes,
  renewGuids,
} from './gpt.ts';

const SECTOR = 512;
const MIB_SECTORS = (1 << 20) / SECTOR;
const DISK_SECTORS = 16 * MIB_SECTORS;
const DISK_GUID = '01234567-89ab-cdef-0123-456789abcdef';
const SGDISK = ['/usr/sbin/sgdisk', '/sbin/sgdisk', '/usr/bin/sgdisk'].find((path) => existsSync(path));

function sample(sectorBytes = SECTOR): Gpt {
  const mib = (1 << 20) / sectorBytes;
  return {
    ...emptyGpt(sectorBytes, 16 * mib, DISK_GUID),
    partitions: [
      {
        number: 1,
        typeGuid: GptType.efiSystem,
        guid: '11111111-2222-3333-4444-555555555555',
        firstLba: mib,
        lastLba: 8 * mib - 1,
        attributes: 0n,
        name: 'boot',
      },
      {
        number: 2,
        typeGuid: GptType.linuxFilesystem,
        guid: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        firstLba: 8 * mib,
        lastLba: 12 * mib - 1,
        attributes: 1n << 63n,
        name: 'Daten ä',
      },
    ],
  };
}

/** The whole disk as one buffer. */
function disk(gpt: Gpt, sectors = gpt.diskSectors): Buffer {
  const bytes = Buffer.alloc(sectors * gpt.sectorBytes);
  const { head, tail, tailLba } = encodeGpt(gpt);
  head.copy(bytes);
  tail.copy(bytes, tailLba * gpt.sectorBytes);
  return bytes;
}

function decode(bytes: Buffer, sectorBytes = SECTOR) {
  const diskSectors = bytes.length / sectorBytes;
  const head = bytes.subarray(0, gptHeadSectors(sectorBytes) * sectorBytes);
  const tail = bytes.subarray(bytes.length - gptTailSectors(sectorBytes) * sectorBytes);
  return decodeGpt(head, tail, { sectorBytes, diskSectors });
}

/** Changes one byte. */
function damage(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(offset) ^ 0x55, offset);
  return copy;
}

describe('GUIDs', () => {
  it('store their first three groups little-endian', () => {
    const bytes = guidToBytes('00112233-4455-6677-8899-aabbccddeeff');
    expect(bytes.toString('hex')).toBe('33221100554477668899aabbccddeeff');
    expect(guidFromBytes(bytes)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('refuses other text', () => {
    expect(() => guidToBytes('0011')).toThrow('"0011" is not a GUID');
  });
});

describe.each([512, 4096])('a table of %i byte sectors', (sectorBytes) => {
  it('is decoded as encoded', () => {
    const gpt = sample(sectorBytes);
    expect(decode(disk(gpt), sectorBytes)).toEqual({ gpt, source: 'primary', fault: undefined });
  });

  it('falls back to the backup and reports why', () => {
    const gpt = sample(sectorBytes);
    const bytes = damage(disk(gpt), sectorBytes + 56);
    expect(decode(bytes, sectorBytes)).toEqual({
      gpt,
      source: 'backup',
      fault: 'primary table: header checksum mismatch',
    });
  });
});

describe('decodeGpt', () => {
  const at = (what: string, offset: number) => [what, offset] as const;
  it.each([
    at('no protective master boot record', 510),
    at('the master boot record has no protective entry', 450),
    at('no header at sector 1', SECTOR),
    at('entries checksum mismatch', 2 * SECTOR + 40),
  ])('uses the backup when the primary has this fault: %s', (reason, offset) => {
    const found = decode(damage(disk(sample()), offset));
    expect(found.source).toBe('backup');
    expect(found.fault).toContain(reason);
    expect(found.gpt).toEqual(sample());
  });

  it('uses the primary when the backup is damaged, and reports it', () => {
    const found = decode(damage(disk(sample()), DISK_SECTORS * SECTOR - SECTOR + 60));
    expect(found).toEqual({
      gpt: sample(),
      source: 'primary',
      fault: 'backup table: header checksum mismatch',
    });
  });

  it('reads an image on a larger disk, where the backup is not at the end', () => {
    const found = decode(disk(sample(), DISK_SECTORS * 2));
    expect(found.gpt).toEqual(sample());
    expect(found.fault).toBe(`backup table: no header at sector ${DISK_SECTORS * 2 - 1}`);
  });

  it('reports differing copies', () => {
    const bytes = disk(sample());
    const { tail, tailLba } = encodeGpt(renewGuids(sample()));
    tail.copy(bytes, tailLba * SECTOR);
    expect(decode(bytes).fault).toBe('backup table: differs from the primary');
    expect(decode(bytes).gpt).toEqual(sample());
  });

  it('throws the faults of both', () => {
    expect(() => decode(Buffer.alloc(DISK_SECTORS * SECTOR))).toThrow(
      `no partition table: primary: no protective master boot record; backup: no header at sector ${DISK_SECTORS - 1}`,
    );
  });
});

describe('encodeGpt', () => {
  const moved = (firstLba: number, lastLba: number): Gpt => {
    const [boot, data] = sample().partitions;
    if (boot === undefined || data === undefined) throw new Error('the sample has two partitions');
    return { ...sample(), partitions: [boot, { ...data, firstLba, lastLba }] };
  };
  it.each([
    [8 * MIB_SECTORS - 1, 9 * MIB_SECTORS, /starts before sector 16384, the first free one/],
    [9 * MIB_SECTORS, DISK_SECTORS - 33, /ends after sector 32734, the last usable one/],
    [9 * MIB_SECTORS, 9 * MIB_SECTORS - 1, /ends before it starts/],
  ])('refuses a partition from %i to %i', (first, last, reason) => {
    expect(() => encodeGpt(moved(first, last))).toThrow(reason);
  });
});

describe('growGpt', () => {
  it('extends the last partition over a larger disk, to an aligned end', () => {
    const grown = growGpt(sample(), DISK_SECTORS * 4 + 77);
    expect(grown.diskSectors).toBe(DISK_SECTORS * 4 + 77);
    expect(grown.partitions[0]).toEqual(sample().partitions[0]);
    expect(grown.partitions[1]?.lastLba).toBe(DISK_SECTORS * 4 - 1);
    expect(decode(disk(grown))).toEqual({ gpt: grown, source: 'primary', fault: undefined });
  });

  it('changes nothing the second time', () => {
    const grown = growGpt(sample(), DISK_SECTORS * 4);
    expect(growGpt(grown, DISK_SECTORS * 4)).toBe(grown);
  });

  it('refuses a smaller disk', () => {
    expect(() => growGpt(sample(), DISK_SECTORS - 1)).toThrow('the disk is too small');
  });
});

describe('renewGuids', () => {
  it('changes every GUID except the types', () => {
    const renewed = renewGuids(sample());
    const guids = [renewed.diskGuid, ...renewed.partitions.map((each) => each.guid)];
    expect(new Set([...guids, DISK_GUID, ...sample().partitions.map((each) => each.guid)]).size).toBe(6);
    expect(renewed.partitions.map((each) => each.typeGuid)).toEqual([
      GptType.efiSystem,
      GptType.linuxFilesystem,
    ]);
    expect(decode(disk(renewed)).gpt).toEqual(renewed);
  });
});

describe.skipIf(SGDISK === undefined)(
  `sgdisk${SGDISK === undefined ? ' (not installed: gdisk)' : ''}`,
  () => {
    let scratch: string;
    let file: string;
    const sgdisk = (...args: string[]): string =>
      execFileSync(SGDISK ?? '', [...args, file], { encoding: 'utf8' });
    beforeEach(() => {
      scratch = mkdtempSync(join(tmpdir(), 'appliance-gpt-'));
      file = join(scratch, 'disk.img');
    });
    afterEach(() => rmSync(scratch, { recursive: true, force: true }));

    it('finds no problem in our table, and the same values', () => {
      writeFileSync(file, disk(sample()));
      expect(sgdisk('-v')).toMatch(/No problems found\. /);
      expect(sgdisk('-p')).toContain(`Disk identifier (GUID): ${DISK_GUID.toUpperCase()}`);
      const second = sgdisk('-i', '2');
      expect(second).toContain(
        'Partition GUID code: 0FC63DAF-8483-4772-8E79-3D69D8477DE4 (Linux filesystem)',
      );
      expect(second).toContain('Partition unique GUID: AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE');
      expect(second).toContain(`Last sector: ${12 * MIB_SECTORS - 1} `);
      expect(second).toContain("Partition name: 'Daten ä'");
      expect(second).toContain('Attribute flags: 8000000000000000');
    });

    it('finds no problem after growth and renewal', () => {
      const bytes = disk(sample(), DISK_SECTORS * 2);
      writeFileSync(file, bytes);
      const changed = renewGuids(growGpt(decode(bytes).gpt, DISK_SECTORS * 2));
      const { head, tail, tailLba } = encodeGpt(changed);
      head.copy(bytes);
      tail.copy(bytes, tailLba * SECTOR);
      writeFileSync(file, bytes);
      expect(sgdisk('-v')).toMatch(/No problems found\. /);
    });

    it('writes a table that we read', () => {
      writeFileSync(file, '');
      truncateSync(file, DISK_SECTORS * SECTOR);
      const guid = 'deadbeef-0000-4000-8000-00000000c0de';
      sgdisk('-o', '-U', DISK_GUID, '-n', '3:4096:8191', '-t', '3:ef00', '-c', '3:boot', '-u', `3:${guid}`);
      const { gpt, source, fault } = decode(readFileSync(file));
      expect({ source, fault }).toEqual({ source: 'primary', fault: undefined });
      expect(gpt).toEqual({
        ...emptyGpt(SECTOR, DISK_SECTORS, DISK_GUID),
        partitions: [
          {
            number: 3,
            typeGuid: GptType.efiSystem,
            guid,
            firstLba: 4096,
            lastLba: 8191,
            attributes: 0n,
            name: 'boot',
          },
        ],
      });
      // Equal bytes, except for the unused CHS address in the master boot record.
      const [ours, theirs] = [encodeGpt(gpt), readFileSync(file)];
      const fromHeader = ours.head.subarray(SECTOR);
      expect(fromHeader.equals(theirs.subarray(SECTOR, SECTOR + fromHeader.length))).toBe(true);
      expect(ours.tail.equals(theirs.subarray(theirs.length - ours.tail.length))).toBe(true);
    });
  },
);
