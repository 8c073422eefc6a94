/** GUIDs as in the UEFI specification (appendix A): text and 16 bytes. */

export const GUID_BYTES = 16;

/** The 16 bytes of a GUID's text: its first three groups are little-endian. @throws Error */
export function guidToBytes(text: string): Buffer {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(text);
  if (match === null) throw new Error(`"${text}" is not a GUID`);
  const groups = match.slice(1).map((group) => Buffer.from(group, 'hex'));
  return Buffer.concat(groups.map((group, index) => (index < 3 ? group.toReversed() : group)));
}

/** The text of a GUID's 16 bytes, lower-case. */
export function guidFromBytes(bytes: Uint8Array): string {
  const group = (start: number, end: number) => Buffer.from(bytes.subarray(start, end));
  const little = (start: number, end: number) => Buffer.from(group(start, end).toReversed());
  const groups = [little(0, 4), little(4, 6), little(6, 8), group(8, 10), group(10, GUID_BYTES)];
  return groups.map((part) => part.toString('hex')).join('-');
}
