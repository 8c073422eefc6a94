/** The resolver's file: which name servers the programs on the box ask. Replaced as a whole, never half-written. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Resolver {
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
}

/** The file's text; empty without name servers. */
export function renderResolvConf({ dns, searchDomains }: Resolver): string {
  const lines = [
    ...(searchDomains.length > 0 ? [`search ${searchDomains.join(' ')}`] : []),
    ...dns.map((server) => `nameserver ${server}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Writes it. Throws node's own error when the place cannot be written to. */
export function writeResolvConf(path: string, resolver: Resolver): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, renderResolvConf(resolver));
  renameSync(`${path}.new`, path);
}
