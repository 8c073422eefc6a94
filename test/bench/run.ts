/**
 * Benchmarks of the hot paths: `npm run bench`. Figures of one run compare with each other, not with another run's.
 */
import { bench, do_not_optimize, group, run } from 'mitata';
import { parseConfig } from '../../src/config/mod.ts';
import { encodeRequest, fibPath, ipRouteAddDel, routeBody, tableId } from '../../src/vpp/api/mod.ts';
import { BackendState } from '../../src/fib/backend-state.ts';
import { FeedLineReader } from '../../src/fib/feed-line.ts';
import { newRouteKey, type RouteSource, RouteTable } from '../../src/fib/mod.ts';

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

group(`route table, ${ROUTES} routes of text`, () => {
  const table = new RouteTable();
  const source = table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
  bench('set again what is there', () => {
    for (const route of routes) do_not_optimize(source.setRoute(route));
  });
});

group('route table, 100000 keys', () => {
  const KEYS = 100_000;
  const key = newRouteKey();
  const keyAt = (i: number): typeof key => {
    // Spread as a real table is, and never twice the same.
    key.w0 = (Math.imul(i, 0x9e37_79b1) & ~0xff) >>> 0;
    key.length = 24;
    return key;
  };
  const filled = (): { table: RouteTable; source: RouteSource; groups: number[] } => {
    const table = new RouteTable();
    const source = table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
    const groups = [1, 2].map((host) =>
      table.groups.intern(4, {
        kind: 'forward',
        nextHops: [{ family: 4, address: `192.0.2.${host}`, weight: 1, interface: undefined }],
        labels: [],
      }),
    );
    for (let i = 0; i < KEYS; i++) source.set(keyAt(i), groups[0] ?? 0, 0);
    return { table, source, groups };
  };
  bench('insert into an empty table', () => do_not_optimize(filled()));
  const full = filled();
  let round = 0;
  bench('change the best of each', () => {
    round += 1;
    const group = full.groups[round % 2] ?? 0;
    for (let i = 0; i < KEYS; i++) full.source.set(keyAt(i), group, 0);
  });
  const { groups } = full.table;
  const state = new BackendState(
    {
      store: full.table.store(4),
      groups,
      wanted: (slot) => full.table.store(4).group[slot] ?? 0,
      onWork: () => {},
    },
    () => false,
  );
  bench('follow a change of each in a FIB', () => {
    round += 1;
    const group = full.groups[round % 2] ?? 0;
    for (let i = 0; i < KEYS; i++) full.source.set(keyAt(i), group, 0);
    for (let slot = state.take(); slot >= 0 || state.queued > 0; slot = state.take()) {
      if (slot < 0) continue;
      state.sent(slot, state.target(slot));
      state.acked(slot);
    }
  });
});

group('feed, 100000 lines', () => {
  const table = new RouteTable();
  const source = table.addSource({ name: 'bench', distance: 20, origin: 'feed' });
  const reader = new FeedLineReader(table);
  const bytesOf = (lineAt: (i: number) => string): Buffer =>
    Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${lineAt(i)}\n`).join(''));
  const apply = (bytes: Buffer): void => {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(10, start);
      const error = reader.apply(source, bytes, start, end);
      if (error !== undefined) throw new Error(error);
      start = end + 1;
    }
  };
  const ipv4 = bytesOf(
    (i) => `10.${(i >> 8) & 255}.${i & 255}.0/${24 + (i >> 16)} via 192.0.2.${1 + (i % 64)}`,
  );
  const ipv6 = bytesOf((i) => {
    const prefix = `2001:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::/48`;
    return `${prefix} via 2001:db8:ffff::${1 + (i % 64)} metric ${i % 9}`;
  });
  bench('read and set again, IPv4', () => apply(ipv4));
  bench('read and set again, IPv6 with metrics', () => apply(ipv6));
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
  const encoded = encodeRequest(ipRouteAddDel, body);
  const copy = new Uint8Array(encoded.length);
  bench('copy an encoded request', () => {
    copy.set(encoded);
    do_not_optimize(copy);
  });
});

await run();
