import { expect, it } from 'vitest';
import { readRouteLine } from './route-line.ts';

const hop = { family: 4, address: '192.0.2.1', weight: 1, interface: undefined };
const forward = { action: { kind: 'forward', nextHops: [hop], labels: [] }, metric: 0, tableId: undefined };
const net10 = { family: 4, address: '10.0.0.0', length: 8 };

it.each([
  ['10.0.0.0/8 via 192.0.2.1', { kind: 'route', route: { destination: net10, ...forward } }],
  ['  10.0.0.0/8\tvia\t192.0.2.1  ', { kind: 'route', route: { destination: net10, ...forward } }],
  [
    '10.0.0.0/8 via 192.0.2.1 table 7 metric 9',
    { kind: 'route', route: { destination: net10, ...forward, metric: 9, tableId: 7 } },
  ],
  [
    '2001:db8::/32 unreachable metric 5',
    {
      kind: 'route',
      route: {
        destination: { family: 6, address: '2001:db8::', length: 32 },
        action: { kind: 'unreachable' },
        metric: 5,
        tableId: undefined,
      },
    },
  ],
  [
    'mpls 16 via 192.0.2.1',
    { kind: 'route', route: { destination: { family: 'mpls', label: 16 }, ...forward } },
  ],
  [
    '198.51.100.7/32 via %xe0 metric 9',
    {
      kind: 'route',
      route: {
        destination: { family: 4, address: '198.51.100.7', length: 32 },
        action: {
          kind: 'forward',
          nextHops: [{ family: 4, address: undefined, weight: 1, interface: 'xe0' }],
          labels: [],
        },
        metric: 9,
        tableId: undefined,
      },
    },
  ],
  [
    '10.0.0.0/8 prohibit',
    {
      kind: 'route',
      route: { destination: net10, action: { kind: 'prohibit' }, metric: 0, tableId: undefined },
    },
  ],
  ['del 10.0.0.0/8', { kind: 'delete', destination: net10, tableId: undefined }],
  ['del 10.0.0.0/8 table 3', { kind: 'delete', destination: net10, tableId: 3 }],
  ['del mpls  16', { kind: 'delete', destination: { family: 'mpls', label: 16 }, tableId: undefined }],
])('reads %j', (line, value) => {
  expect(readRouteLine(line)).toEqual({ value });
});

it.each([
  [
    'hello world',
    '"hello" is no route: PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX is right',
  ],
  ['default via 192.0.2.1', '"default" is not a prefix: write 0.0.0.0/0 or ::/0'],
  [
    '10.0.0.0/8',
    'nothing follows "10.0.0.0/8": PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX is right',
  ],
  [
    '10.0.0.0/8 dev xe0',
    '"dev" is not known behind 10.0.0.0/8: PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX is right',
  ],
  [
    '10.0.0.0/8 via',
    'no value: NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit is right',
  ],
  ['10.0.0.0/8 via blackhole', '"blackhole": blackhole stands without via'],
  ['10.0.0.0/8 via prohibit metric 5', '"prohibit metric 5": prohibit stands without via'],
  ['10.0.0.0/8 via 192.0.2.1%9xe', '"9xe" does not begin with a letter: expected a name such as xe0'],
  ['mpls', '"mpls" names no label: mpls LABEL via NEXT-HOP, then swap LABEL or pop, is right'],
  [
    'mpls 16 192.0.2.1',
    '"192.0.2.1" is not known behind mpls 16: mpls LABEL via NEXT-HOP, then swap LABEL or pop, is right',
  ],
  ['del', 'nothing follows del: del PREFIX [table N] or del mpls LABEL is right'],
  ['del 10.0.0.1/8', '"10.0.0.1/8" has host bits set: the prefix is 10.0.0.0/8'],
  ['del 10.0.0.0/8 via 192.0.2.1', '"via" is not known behind del 10.0.0.0/8: del PREFIX [table N] is right'],
  ['del 10.0.0.0/8 table 3 4', '"4" is too much: del PREFIX [table N] is right'],
  ['del mpls 16 table 3', '"table" is not known behind del mpls 16: del mpls LABEL is right'],
  ['10.0.0.0/8 via 192.0.2.1\u0000', 'a NUL byte: a line of text is right'],
  ['10.0.0.0/8 via 192.0.2.1\u001b[31m', 'the control character "\\u001b": take it out'],
])('refuses %j', (line, error) => {
  expect(readRouteLine(line)).toEqual({ error });
});
