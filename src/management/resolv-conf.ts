/** resolv.conf: the name servers that programs on the box query. Replaced atomically. */
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

/** Writes the file. Throws node's error when it cannot be written. */
export function writeResolvConf(path: string, resolver: Resolver): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, renderResolvConf(resolver));
  renameSync(`${path}.new`, path);
}
