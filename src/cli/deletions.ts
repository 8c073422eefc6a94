/** Turns a feed of routes into one that deletes them. Each line keeps its place, and so its number. */
import { formatDestination, readRouteLine } from '../config/mod.ts';

/** Longer lines are refused. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** `PREFIX via …` becomes `del PREFIX`; a line that is not a route is reported and becomes empty. */
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
    // Enough of it to be refused for its length.
    if (rest.length > MAX_LINE_CHARACTERS) rest = rest.slice(0, MAX_LINE_CHARACTERS);
    yield Buffer.from(lines.map(turn).join(''));
  }
  if (rest !== '') yield Buffer.from(turn(rest));
}
