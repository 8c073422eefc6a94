// Made by generate.ts from the rows of the leaves (sections/): change those, then run `npm run generate`.

/** One failed keyword; `instancePath` is a JSON pointer into the document. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Checks a document of `schema.ts`; after false, `validate.errors` has every failure until the next call. */
export declare const validate: {
  (document: unknown): boolean;
  errors?: readonly SchemaError[] | null;
};
