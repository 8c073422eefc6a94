/** A feed of routes turned into one that deletes them: each line stays in its place, so that its number does too. */
import { formatDestination, readRouteLine } from '../config/mod.ts';

/** A longer line is none. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** `PREFIX via …` becomes `del PREFIX`; a line that is no route is reported and becomes an empty one. */
export async function* deletions(
  input: AsyncIterable<Uint8Array>,
  onError: (line: number, message: string) => void,
): AsyncGenerator<Uint8Array> {
  let number = 0;
  const turn = (line: string): string => {
    number += 1;
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return '\n';
    const read = readRouteLine(text);
    if ('error' in read) {
      onError(number, read.error);
      return '\n';
    }
    const { destination, tableId } = read.value.kind === 'route' ? read.value.route : read.value;
    return `del ${formatDestination(destination)}${tableId === undefined ? '' : ` table ${tableId}`}\n`;
  };
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of input) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    // Kept long enough to be refused for its length, and no longer.
    if (rest.length > MAX_LINE_CHARACTERS) rest = rest.slice(0, MAX_LINE_CHARACTERS);
    yield Buffer.from(lines.map(turn).join(''));
  }
  if (rest !== '') yield Buffer.from(turn(rest));
}
