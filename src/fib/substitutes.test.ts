import { describe, expect, it } from 'vitest';
import type { NextHop } from '../config/types.ts';
import { type GroupAction, NextHopGroups } from './next-hop-groups.ts';
import { Substitutes } from './substitutes.ts';

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(
  (address): NextHop => ({ family: 4, address, weight: 1, interface: undefined }),
) as [NextHop, NextHop, NextHop];
const over = (...nextHops: NextHop[]): GroupAction => ({ kind: 'forward', nextHops, labels: [] });
const out = (...hops: NextHop[]) => hops.map((hop) => ({ hop, reason: 'it is not there' }));

function make() {
  const groups = new NextHopGroups();
  const substitutes = new Substitutes(groups);
  const whole = groups.intern(4, over(a, b, c));
  return { groups, substitutes, whole };
}

describe('what stands in for a group', () => {
  it('is a group of what is left; nothing while all is there', () => {
    const { groups, substitutes, whole } = make();
    expect(substitutes.of(whole)).toBe(whole);
    expect(substitutes.leaveOut(whole, out(b))).toBe(true);
    expect(groups.action(substitutes.of(whole))).toEqual(over(a, c));
    expect(substitutes.leaveOut(whole, out(b)), 'the same again').toBe(false);
    expect(substitutes.leaveOut(whole, out(b, a))).toBe(true);
    expect(groups.action(substitutes.of(whole))).toEqual(over(c));
    expect(substitutes.leaveOut(whole, [])).toBe(true);
    expect(substitutes.of(whole)).toBe(whole);
    expect(groups.size, 'what stood in is let go').toBe(1);
  });

  it('stays what it was when everything is missing', () => {
    const { substitutes, whole } = make();
    expect(substitutes.leaveOut(whole, out(a, b, c))).toBe(false);
    expect(substitutes.of(whole)).toBe(whole);
    substitutes.leaveOut(whole, out(b));
    const before = substitutes.of(whole);
    expect(substitutes.leaveOut(whole, out(a, b, c))).toBe(false);
    expect(substitutes.of(whole)).toBe(before);
  });

  it('goes with its group, and with all others', () => {
    const { groups, substitutes, whole } = make();
    substitutes.leaveOut(whole, out(b));
    groups.release(whole);
    expect([groups.size, substitutes.groups()]).toEqual([0, []]);
    const again = groups.intern(4, over(a, b));
    substitutes.leaveOut(again, out(b));
    substitutes.clear();
    expect([groups.size, substitutes.of(again)]).toEqual([1, again]);
  });
});

describe('the report', () => {
  it('has each next hop once, of what is told to a FIB, with the newest reason', () => {
    const { groups, substitutes, whole } = make();
    const other = groups.intern(4, over(a, { ...b, weight: 7 }));
    substitutes.leaveOut(whole, out(b));
    substitutes.leaveOut(other, out(secondOf(groups.action(other))));
    expect(substitutes.report(9), 'nobody was told').toEqual({ count: 0, first: [] });
    for (const group of [whole, other]) groups.retain(substitutes.of(group));
    const first = [{ 'next-hop': '192.0.2.2', reason: 'it is not there' }];
    expect(substitutes.report(9)).toEqual({ count: 1, first });
    expect(substitutes.leftOutOf(whole, substitutes.of(whole))).toEqual(first);
    expect(substitutes.leftOutOf(whole, whole), 'all of it was told').toEqual([]);
    const news = [{ hop: b, reason: 'its link is down' }];
    expect(substitutes.leaveOut(whole, news)).toBe(false);
    expect(substitutes.leftOutOf(whole, substitutes.of(whole))[0]?.reason).toBe('its link is down');
  });
});

function secondOf(action: GroupAction): NextHop {
  const second = action.kind === 'forward' ? action.nextHops[1] : undefined;
  if (second === undefined) throw new Error('there is no second one');
  return second;
}
