/**
 * The rows of the leaves as JSON schema, which ajv compiles at build time.
 *
 * The document it describes is the file: `{ "vpp.cpu": { "workers": 2 } }`, values converted where they look like
 * their type and left as text where they do not, so that ajv reports them. Types whose text has a grammar of its own
 * (addresses, prefixes, listen) are read after it has passed.
 */
import type { Section } from './leaf.ts';
import type { Schema } from './leaf-types.ts';
import { REPEATED, SINGLE } from './sections.ts';

/** The schema of the document described at the top. Lines whose keys the user chooses are not in it. */
export function buildSchema(): Schema {
  const properties: Record<string, Schema> = {};
  const patternProperties: Record<string, Schema> = {};
  for (const section of SINGLE) properties[section.name] = sectionSchema(section);
  for (const { prefix, section } of REPEATED) {
    patternProperties[`^${prefix.replaceAll('.', '\\.')}`] = sectionSchema(section);
  }
  return { type: 'object', properties, patternProperties, additionalProperties: false };
}

function sectionSchema({ leaves }: Section): Schema {
  const rows = Object.values(leaves).filter(({ keys }) => keys === undefined);
  return {
    type: 'object',
    properties: Object.fromEntries(rows.map(({ key, type }) => [key, type.schema])),
    required: rows.filter(({ required }) => required).map(({ key }) => key),
    additionalProperties: false,
  };
}
