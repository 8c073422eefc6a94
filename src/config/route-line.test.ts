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
    '"hello" is not a route: expected PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX',
  ],
  ['default via 192.0.2.1', 'expected a prefix, got "default": write 0.0.0.0/0 or ::/0'],
  [
    '10.0.0.0/8',
    '"10.0.0.0/8" lacks a next hop or an action: expected PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX',
  ],
  [
    '10.0.0.0/8 dev xe0',
    'unknown word "dev" after 10.0.0.0/8: expected PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX',
  ],
  [
    '10.0.0.0/8 via',
    'no value: expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  ['10.0.0.0/8 via blackhole', '"blackhole": write blackhole without via'],
  ['10.0.0.0/8 via prohibit metric 5', '"prohibit metric 5": write prohibit without via'],
  ['10.0.0.0/8 via 192.0.2.1%9xe', '"9xe" does not begin with a letter: expected a name such as xe0'],
  ['mpls', '"mpls" names no label: expected mpls LABEL via NEXT-HOP, then swap LABEL or pop'],
  [
    'mpls 16 192.0.2.1',
    'unknown word "192.0.2.1" after mpls 16: expected mpls LABEL via NEXT-HOP, then swap LABEL or pop',
  ],
  ['del', 'del names no route: expected del PREFIX [table N] or del mpls LABEL'],
  ['del 10.0.0.1/8', '"10.0.0.1/8" has host bits set: write 10.0.0.0/8'],
  ['del 10.0.0.0/8 via 192.0.2.1', 'unknown word "via" after del 10.0.0.0/8: expected del PREFIX [table N]'],
  ['del 10.0.0.0/8 table 3 4', 'unexpected "4": expected del PREFIX [table N]'],
  ['del mpls 16 table 3', 'unknown word "table" after del mpls 16: expected del mpls LABEL'],
  ['10.0.0.0/8 via 192.0.2.1\u0000', 'NUL byte: expected a line of text'],
  ['10.0.0.0/8 via 192.0.2.1\u001b[31m', 'control character "\\u001b": remove it'],
])('refuses %j', (line, error) => {
  expect(readRouteLine(line)).toEqual({ error });
});
