/** A chain of nftables, and its text. Pure. */
export interface Chain {
  readonly name: string;
  /** Where packets meet it; undefined: other chains jump to it. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

export function chainText({ name, hook, rules }: Chain): string {
  const head = hook === undefined ? [] : [`    ${hook}; policy accept;\n`];
  return [`  chain ${name} {\n`, ...head, ...rules.map((rule) => `    ${rule}\n`), '  }\n'].join('');
}

/** A set of names of links. */
export function setOfNames(names: readonly string[]): string {
  return names.length === 0 ? '' : `{ ${names.map((name) => `"${name}"`).join(', ')} }`;
}
