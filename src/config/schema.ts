/**
 * The leaf table as JSON schema, which ajv compiles at build time.
 *
 * The document it describes is the file: `{ "vpp.cpu": { "workers": 2 } }`, values converted where they look like
 * their type and left as text where they do not, so that ajv reports them. Types whose text has a grammar of its own
 * (addresses, prefixes, listen) are checked by their readers in `network-values.ts` and only bounded here.
 */

import { IMAGE_VERSION_PATTERN } from './image-version.ts';
import { LEAVES, type Leaf, type LeafType, SECTIONS } from './leaves.ts';

export const PATTERNS = {
  // Linux takes 15 characters; VPP's startup.conf would take braces as structure.
  interfaceName: '^[A-Za-z][A-Za-z0-9_.-]{0,14}$',
  // At most 31 characters: with 32 VPP ends at once. No separators, no `.` and `..`.
  netns: '^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$',
  // A part of paths and of labels: no separators.
  serviceName: '^[A-Za-z][A-Za-z0-9_-]{0,30}$',
  // RFC 1123, section 2.1; Linux holds 64 characters.
  hostname:
    '^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$',
  // RFC 1123, section 2.1, in the length of DNS (RFC 1035, section 2.3.4); digits and dots alone are no name.
  dnsName:
    '^(?=.{1,253}$)(?![0-9.]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$',
  // Absolute, no `..`, not a folder, at most 107 bytes (sun_path less its NUL); nothing that ends a word or opens a
  // block in startup.conf, where the path is written.
  socketPath:
    '^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"\'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"\'\\\\/]$',
  filePath: '^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$',
  // Domain, bus, device (5 bits), function (3 bits); lower case.
  pciAddress: '^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$',
} as const;

type Schema = Readonly<Record<string, unknown>>;

/** A record of every type: a new one does not compile until it is judged here. */
const TYPE_SCHEMAS: Readonly<Record<LeafType, (leaf: Leaf) => Schema>> = {
  boolean: () => ({ type: 'boolean' }),
  integer: ({ min, max }) => ({ type: 'integer', minimum: min, maximum: max }),
  size: ({ min, max }) => ({ type: 'integer', minimum: min, maximum: max }),
  choice: ({ choices }) => ({ enum: choices }),
  hostname: () => text(PATTERNS.hostname),
  version: () => text(IMAGE_VERSION_PATTERN),
  'interface-name': () => text(PATTERNS.interfaceName),
  netns: () => text(PATTERNS.netns),
  'socket-path': () => text(PATTERNS.socketPath),
  'file-path': () => text(PATTERNS.filePath),
  command: () => text(NOT_EMPTY),
  listen: () => text(NOT_EMPTY),
  address: () => text(NOT_EMPTY),
  'address-list': () => text(NOT_EMPTY),
  'host-list': () => text(NOT_EMPTY),
  'name-list': () => text(NOT_EMPTY),
  endpoint: () => text(NOT_EMPTY),
  'dhcp-or-prefix': () => text(NOT_EMPTY),
  'prefix-list': () => text(NOT_EMPTY),
  route: () => text(NOT_EMPTY),
};

const NOT_EMPTY = '\\S';

function text(pattern: string): Schema {
  return { type: 'string', pattern };
}

/** The schema of the document described at the top. Routes are not in it: their keys are values. */
export function buildSchema(): Schema {
  const properties: Record<string, Schema> = {};
  const patternProperties: Record<string, Schema> = {};
  for (const section of SECTIONS.keys()) {
    const leaves = LEAVES.filter((leaf) => leaf.section === section && leaf.type !== 'route');
    if (leaves.length === 0) continue;
    const schema = {
      type: 'object',
      properties: Object.fromEntries(leaves.map((leaf) => [leaf.key, TYPE_SCHEMAS[leaf.type](leaf)])),
      required: leaves.filter((leaf) => leaf.required).map((leaf) => leaf.key),
      additionalProperties: false,
    };
    const instance = /^(.*\.)[A-Z]+$/.exec(section);
    if (instance) patternProperties[`^${(instance[1] ?? '').replaceAll('.', '\\.')}`] = schema;
    else properties[section] = schema;
  }
  return { type: 'object', properties, patternProperties, additionalProperties: false };
}
