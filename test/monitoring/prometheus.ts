/** Finds Debian's Prometheus: installed, or in the cache where fetch-package.ts put it. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../image/debian-package.ts';

interface Prometheus {
  /** Paths of the programs. */
  readonly prometheus: string;
  readonly promtool: string;
}

/** Why tests that need it are skipped. */
export const WITHOUT_PROMETHEUS =
  'there is no Prometheus: `node_modules/.bin/node test/fetch-package.ts prometheus` fetches it';

export function findPrometheus(): Prometheus | undefined {
  if (!spawnSync('promtool', ['--version']).error && !spawnSync('prometheus', ['--version']).error) {
    return { prometheus: 'prometheus', promtool: 'promtool' };
  }
  const extracted = cacheDirectory('extracted');
  const newest = readdirSync(extracted)
    .filter((name) => name.startsWith('prometheus_') && !name.endsWith('.partial'))
    .sort()
    .at(-1);
  if (newest === undefined) return undefined;
  const programs = join(extracted, newest, 'usr/bin');
  return { prometheus: join(programs, 'prometheus'), promtool: join(programs, 'promtool') };
}
