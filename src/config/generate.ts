/**
 * The files that are made from the rows of the leaves and committed. Build time only: the one importer of ajv and esbuild.
 */

import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { buildSync } from 'esbuild';
import { renderReference } from './reference.ts';
import { buildSchema } from './schema.ts';

const HEAD =
  '// Made by generate.ts from the rows of the leaves (sections/): change those, then run `npm run generate`.\n';

const TYPES = `${HEAD}
/** One failed keyword; \`instancePath\` is a JSON pointer into the document. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Checks a document of \`schema.ts\`; after false, \`validate.errors\` has every failure until the next call. */
export declare const validate: {
  (document: unknown): boolean;
  errors?: readonly SchemaError[] | null;
};
`;

/** ajv's standalone code, with what it requires from ajv put in, as an ES module without imports. */
function renderValidator(): string {
  const ajv = new Ajv({ allErrors: true, strict: true, messages: false, code: { source: true, esm: true } });
  const schema = buildSchema();
  ajv.addSchema(schema, 'appliance.ini');
  const code = standaloneCode.default(ajv, { validate: 'appliance.ini' });
  const result = buildSync({
    stdin: { contents: code, resolveDir: import.meta.dirname, sourcefile: 'validate.js', loader: 'js' },
    bundle: true,
    write: false,
    absWorkingDir: import.meta.dirname,
    format: 'esm',
    platform: 'neutral',
    target: 'esnext',
    minifySyntax: true,
    legalComments: 'none',
  });
  return `${HEAD}// Code by ajv (MIT license, https://github.com/ajv-validator/ajv)\n${result.outputFiles[0]?.text ?? ''}`;
}

/** Path below the root of the repository → content, for `build.mjs --generate [--verify]`. Same rows, same bytes. */
export function generate(): Record<string, string> {
  return {
    'src/config/validate.generated.js': renderValidator(),
    'src/config/validate.generated.d.ts': TYPES,
    'docs/configuration.md': renderReference(),
  };
}
