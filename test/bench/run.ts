/**
 * Benchmarks of the hot paths: `npm run bench`. Figures of one run compare with each other, not with another run's.
 */
import { bench, do_not_optimize, group, run } from 'mitata';
import { parseConfig } from '../../src/config/mod.ts';
import {
  encodeFibPath,
  FIB_PATH_BYTES,
  fibPath,
  ipRouteAddDel,
  routeBody,
  tableId,
} from '../../src/vpp/api/mod.ts';
import { RouteTable } from '../../src/fib/route-table.ts';

const ROUTES = 1_000;
const lines = Array.from(
  { length: ROUTES },
  (_, i) => `10.${i >> 8}.${i & 255}.0/24 = 192.0.2.${1 + (i % 64)}`,
);
const text = `[route]\n${lines.join('\n')}\n`;
const parsed = parseConfig(text, 'bench.ini');
if (!parsed.ok) throw new Error('the benchmark has a wrong configuration');
const { routes } = parsed.config;

group(`configuration, ${ROUTES} routes`, () => {
  bench('parse', () => do_not_optimize(parseConfig(text, 'bench.ini')));
});

group(`route table, ${ROUTES} routes`, () => {
  bench('build', () => do_not_optimize(new RouteTable(routes)));
  const table = new RouteTable(routes);
  bench('take a batch of 256', () => do_not_optimize(table.due(256)));
});

group('one ip_route_add_del', () => {
  const path = fibPath({ nextHop: Uint8Array.of(192, 0, 2, 1) });
  const change = {
    isAdd: true,
    tableId: tableId(0),
    prefix: { family: 4, address: '10.0.0.0', length: 8 },
    paths: [path],
  } as const;
  const body = routeBody(change);
  const bytes = new Uint8Array(ipRouteAddDel.codec.lengthOf(body));
  const view = new DataView(bytes.buffer);
  bench('encode the body by its schema', () => {
    ipRouteAddDel.codec.write({ bytes, view, offset: 0 }, body);
    do_not_optimize(bytes);
  });
  const pathBytes = new Uint8Array(FIB_PATH_BYTES);
  bench('copy an encoded path', () => {
    pathBytes.set(encoded);
    do_not_optimize(pathBytes);
  });
  const encoded = encodeFibPath(path);
});

await run();
