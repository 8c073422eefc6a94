/**
 * Fetches Debian's packages for the tests: `node test/fetch-package.ts prometheus bird2`. They are extracted into the
 * cache and not installed, since installed they start services and make users.
 */
import { extractPackage, fetchPackage } from '../image/debian-package.ts';

for (const name of process.argv.slice(2)) {
  process.stdout.write(`${await extractPackage(await fetchPackage(name))}\n`);
}
