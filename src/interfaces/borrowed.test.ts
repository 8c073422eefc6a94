/** What an interface borrows is in its TAP too, and is nobody's wish. */
import { expect, test } from 'vitest';
import { parseConfig, parsePrefix } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import { swIfIndex } from '../vpp/api/mod.ts';
import { targetsOf } from './targets.ts';
import type { Known } from './vpp-status.ts';

const parsed = parseConfig(
  '[interface.loop0]\naddresses = 192.0.2.1/32\n[interface.loop1]\nunnumbered = loop0\n',
  'test.ini',
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const configs = new Map(parsed.config.interfaces.map((one) => [one.name, one]));

function known(index: number, name: string, addresses: readonly string[]): Known {
  const vpp = {
    swIfIndex: swIfIndex(index),
    supSwIfIndex: swIfIndex(index),
    name,
    vppName: name,
    devType: 'Loopback',
    tag: '',
    mac: '02:00:00:00:00:01',
    adminUp: true,
    linkUp: true,
    linkSpeedKbps: 0,
    linkMtuBytes: 9000,
    mtuBytes: { l3: 1500, ip4: 0, ip6: 0, mpls: 0 },
    subId: 0,
    sub: undefined,
    tagRewrite: { op: 0, pushDot1q: 0, tag1: 0, tag2: 0 },
  };
  return { vpp, addresses, tables: undefined, mpls: false, failure: undefined };
}

const prefixes = (...texts: string[]): Prefix[] => texts.map((text) => parsePrefix(text)!);

test('copies of what is borrowed are not added; what Linux has besides is', () => {
  const link = { name: 'loop1' };
  const targets = targetsOf({
    configs,
    released: [],
    ports: new Map(),
    present: new Map([
      ['loop0', known(1, 'loop0', ['192.0.2.1/32', '2001:db8::1/128'])],
      ['loop1', known(2, 'loop1', [])],
    ]),
    nics: new Set(),
    pairs: new Map(),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the TAP itself does not matter
    links: new Map([['loop1', link as never]]),
    tableOf: () => undefined,
    wishOf: () => ({
      enabled: true,
      addresses: prefixes('192.0.2.1/32', '2001:db8::1/128', '198.51.100.7/32'),
      tableId: 0,
      proxyArp: false,
    }),
    originalMtu: new Map(),
  });
  const borrower = targets.find(({ name }) => name === 'loop1');
  expect(borrower?.wanted.addresses?.map(({ address }) => address)).toEqual(['198.51.100.7']);
});
