import { describe, expect, it } from 'vitest';
import { describeImport, describeImportRefusal, describeNotTaken, importedRouteText } from './status.ts';
import type { ImportRefusal, ImportRefusalCode, KernelImportStatus } from '../fib/status.ts';

const following = (notTaken: Partial<KernelImportStatus['notTaken']>): KernelImportStatus => ({
  state: 'following',
  since: 0,
  routes: 12,
  readings: 1,
  notTaken: { routes: 0, byReason: {}, first: [], ...notTaken },
});
const overTunnel: ImportRefusal = { prefix: '10.0.0.0/8', reason: 'link-not-in-vpp', detail: 'wg0' };

describe('routes of daemons that are not taken', () => {
  it.each([
    [overTunnel, '10.0.0.0/8', 'wg0 is the TAP of no interface of VPP'],
    [
      { prefix: '2001:db8::/32', table: 100, from: '2001:db8:1::/48', reason: 'source-specific' },
      '2001:db8::/32 from 2001:db8:1::/48 in table 100',
      'it is for packets from 2001:db8:1::/48 only, and VPP forwards by destination alone',
    ],
    [
      { ...overTunnel, 'next-hop': '192.0.2.1 dev wg0' },
      '10.0.0.0/8',
      'without its next hop 192.0.2.1 dev wg0: wg0 is the TAP of no interface of VPP',
    ],
  ] satisfies [ImportRefusal, string, string][])('%o', (refusal, where, why) => {
    expect(importedRouteText(refusal)).toBe(where);
    expect(describeImportRefusal(refusal)).toBe(why);
  });

  it('have words for each reason, with its detail', () => {
    const codes: Record<ImportRefusalCode, boolean> = {
      'route-type': true,
      'throw-in-table': false,
      'source-specific': false,
      tos: true,
      'link-not-in-vpp': true,
      encapsulated: true,
      'labels-differ': false,
      'label-without-gateway': false,
      'nexthop-object': true,
      'too-many-next-hops': true,
      'table-full': false,
    };
    const words = Object.entries(codes).map(([reason, hasDetail]) => {
      const text = describeImportRefusal({
        prefix: '10.0.0.0/8',
        reason: reason as ImportRefusalCode,
        detail: 'DETAIL',
        from: '::/0',
      });
      expect([reason, text.includes('DETAIL')]).toEqual([reason, hasDetail]);
      return text;
    });
    expect(new Set(words).size).toBe(words.length);
  });

  it('are counted, with an example', () => {
    expect(describeNotTaken(following({}))).toBeUndefined();
    expect(describeImport(following({}))).toBe('12 routes');
    const many = following({ routes: 3, byReason: { 'link-not-in-vpp': 3 }, first: [overTunnel] });
    expect(describeImport(many)).toBe('12 routes, 3 not taken over');
    expect(describeNotTaken(many)).toBe(
      '3 routes of routing daemons are not taken over, such as 10.0.0.0/8: wg0 is the TAP of no interface of VPP',
    );
    const partly = following({ first: [{ ...overTunnel, 'next-hop': 'dev wg0' }] });
    expect(describeNotTaken(partly)).toMatch(
      /not taken over as they are, such as 10\.0\.0\.0\/8: without its/,
    );
  });
});
