/** The appliance.ini that a new box starts with: every leaf as a comment, with its default. */
import { leavesOf, type PlacedLeaf, SECTIONS } from './sections.ts';

const HEAD = `# appliance.ini: the configuration of this box. Every line here is a comment: the defaults are in force.
# A line that begins with ";" shows a key: remove the ";" to set it. "appliance check FILE" finds mistakes.
`;

/** Leaves that are set, by path, with their values as the file has them. */
type Given = ReadonlyMap<string, string>;

function lines({ path, leaf }: PlacedLeaf, given: Given): string[] {
  const { type, sentence, absent, example, default: fallback } = leaf;
  const about = [type.range, absent === undefined ? undefined : `left out: ${absent}`]
    .filter((part) => part !== undefined)
    .join('; ');
  const key = leaf.keys?.example ?? leaf.key;
  return [
    `# ${sentence}.${about === '' ? '' : ` (${about})`}`,
    given.has(path) ? `${key} = ${given.get(path)}` : `;${key} = ${fallback ?? example}`,
  ];
}

/**
 * The default INI text. Taking away the `;` of every key with a default changes nothing; a key without one shows an
 * example. Sections that may be repeated are comments too. Leaves that are `given` are no comments.
 */
export function renderDefaultIni(given: Given = new Map()): string {
  const parts = SECTIONS.map((section) => {
    const { name, sentence, repeated } = section;
    const byInstance = Map.groupBy(leavesOf(section), ({ leaf }) => leaf.instance ?? repeated?.example ?? '');
    const body = [...byInstance].flatMap(([instance, leaves]) => [
      instance === '' ? `[${name}]` : `;[${name.replace(/[A-Z]+$/, instance)}]`,
      ...leaves.flatMap((leaf) => lines(leaf, given)),
      '',
    ]);
    return [`# ${sentence.replaceAll('`', '')}`, ...body].join('\n');
  });
  return [HEAD, ...parts].join('\n');
}
