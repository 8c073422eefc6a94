/** Owns the table of an image's weights, part by part. */

export interface Weight {
  readonly name: string;
  readonly bytes: number;
  /** Its size in the image; equal to `bytes` where it is not compressed. */
  readonly compressedBytes: number;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(9);

/** Lines of equal columns, the heaviest part first, the total last. */
export function formatWeights(weights: readonly Weight[], whole: string): string[] {
  const total = weights.reduce(
    (sum, each) => ({
      bytes: sum.bytes + each.bytes,
      compressedBytes: sum.compressedBytes + each.compressedBytes,
    }),
    { bytes: 0, compressedBytes: 0 },
  );
  const rows = [
    ...weights.toSorted((a, b) => b.compressedBytes - a.compressedBytes),
    { name: whole, ...total },
  ];
  const width = Math.max(...rows.map(({ name }) => name.length));
  return [
    `${'part'.padEnd(width)}  ${'MB'.padStart(9)}  ${'in image'.padStart(9)}`,
    ...rows.map(
      ({ name, bytes, compressedBytes }) =>
        `${name.padEnd(width)}  ${megabytes(bytes)}  ${megabytes(compressedBytes)}`,
    ),
  ];
}
