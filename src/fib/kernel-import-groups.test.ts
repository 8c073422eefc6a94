import { describe, expect, it } from 'vitest';
import { encodeAddition, type KernelNextHop, NexthopObjects, RouteNotice } from '../linux/mod.ts';
import { ImportGroups } from './kernel-import-groups.ts';
import { formatGroup, NextHopGroups, NO_GROUP } from './next-hop-groups.ts';

const LINKS: Readonly<Record<number, string>> = { 2: 'xe0', 3: 'blue', 4: 'wg0' };

/** What a route over these next hops becomes in a namespace with the TAP xe0, the VRF device blue and wg0. */
function imported(family: 4 | 6, ...nextHops: KernelNextHop[]): unknown {
  const groups = new NextHopGroups();
  const found = new ImportGroups({
    groups,
    objects: new NexthopObjects(),
    linkName: (index) => LINKS[index],
    isVrf: (index) => index === 3,
    interfaceOfTap: (name) => (name === 'xe0' ? name : undefined),
  });
  const { bytes } = encodeAddition({ family, table: 10, metric: 0, protocol: 12, kind: 'unicast', nextHops });
  const notice = new RouteNotice();
  notice.read(Buffer.from(bytes), 0);
  const { group, refusals } = found.of(notice);
  return group === NO_GROUP ? refusals : formatGroup(groups.action(group), family);
}

describe('a route of a daemon over a VRF device', () => {
  it('is looked up in the VRF; a gateway there is nothing that Linux looks up, and is refused', () => {
    expect(imported(4, { ifIndex: 3, weight: 1 })).toBe('%blue');
    expect(imported(6, { ifIndex: 3, weight: 1 })).toBe('%blue');
    expect(imported(4, { ifIndex: 3, weight: 2 }, { gateway: '192.0.2.2', ifIndex: 2, weight: 1 })).toBe(
      '@2%blue, 192.0.2.2%xe0',
    );
    expect(imported(4, { gateway: '192.0.2.2', ifIndex: 3, weight: 1 })).toEqual([
      { reason: 'link-not-in-vpp', detail: 'blue' },
    ]);
    expect(imported(4, { ifIndex: 4, weight: 1 })).toEqual([{ reason: 'link-not-in-vpp', detail: 'wg0' }]);
  });
});
