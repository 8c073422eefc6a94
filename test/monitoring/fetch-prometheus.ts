/**
 * Fetches Debian's Prometheus for the tests: `node test/monitoring/fetch-prometheus.ts`. The package is extracted into
 * the cache and not installed, since installed it starts a service and makes a user.
 */
import { extractPackage, fetchPackage } from '../../image/debian-package.ts';

process.stdout.write(`${await extractPackage(await fetchPackage('prometheus'))}\n`);
