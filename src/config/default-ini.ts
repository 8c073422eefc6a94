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

function lines(leaf: Leaf): string[] {
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
    `;${key} = ${leaf.default ?? leaf.example}`,
  ];
}

/**
 * The default INI text. Taking away the `;` of every key with a default changes nothing; a key without one shows an
 * example. Sections that are there once per NIC or interface are comments too.
 */
export function renderDefaultIni(): string {
  const parts = [HEAD];
  for (const [section, sentence] of SECTIONS) {
    const example = EXAMPLES[section];
    const header = example === undefined ? `[${section}]` : `;[${example}]`;
    parts.push(
      [`# ${sentence.replaceAll('`', '')}`, header, ...leavesOf(section).flatMap(lines), ''].join('\n'),
    );
  }
  return parts.join('\n');
}
