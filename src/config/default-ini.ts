/** The appliance.ini that a new box starts with: every leaf as a comment, with its default. */

import { type Leaf, leavesOf, SECTIONS } from './leaves.ts';
import { rangeText } from './words.ts';

/** What stands for the capital parts of a section or a key. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'vpp.dpdk.interface.PCI': 'vpp.dpdk.interface.0000:03:00.0',
  'interface.NAME': 'interface.xe0',
  'service.NAME': 'service.bird',
};

const HEAD = `# appliance.ini: the configuration of this box. Every line is a comment as it stands, which means defaults.
# A line that begins with ";" shows a key: remove the ";" to set it. "appliance check FILE" finds mistakes.
`;

/** Leaves that are set, by path, with their values as the file has them. */
type Given = ReadonlyMap<string, string>;

function lines(leaf: Leaf, given: Given): string[] {
  const range = rangeText(leaf);
  const about = [
    range,
    leaf.default === undefined && leaf.absent !== undefined ? `left out: ${leaf.absent}` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
  const key = leaf.type === 'route' ? '198.51.100.0/24' : leaf.key;
  return [
    `# ${leaf.sentence}.${about === '' ? '' : ` (${about})`}`,
    given.has(leaf.path) ? `${key} = ${given.get(leaf.path)}` : `;${key} = ${leaf.default ?? leaf.example}`,
  ];
}

/**
 * The default INI text. Taking away the `;` of every key with a default changes nothing; a key without one shows an
 * example. Sections that are there once per NIC or interface are comments too. Leaves that are `given` are no comments.
 */
export function renderDefaultIni(given: Given = new Map()): string {
  const parts = [HEAD];
  for (const [section, sentence] of SECTIONS) {
    const example = EXAMPLES[section];
    const header = example === undefined ? `[${section}]` : `;[${example}]`;
    parts.push(
      [
        `# ${sentence.replaceAll('`', '')}`,
        header,
        ...leavesOf(section).flatMap((leaf) => lines(leaf, given)),
        '',
      ].join('\n'),
    );
  }
  return parts.join('\n');
}
