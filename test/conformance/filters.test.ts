/** Filters on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addReplaceAcl,
  addReplaceMacip,
  deleteAcl,
  deleteMacip,
  dumpAclLists,
  dumpAcls,
  dumpInterfaces,
  dumpMacipInterfaces,
  dumpMacips,
  setAclList,
  setMacip,
} from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';
import type { FilterRule } from '../../src/config/mod.ts';

const ALL = [0, 65535] as const;
const RULE: FilterRule = {
  action: 'permit',
  from: '192.0.2.0/24',
  to: '0.0.0.0/0',
  protocol: 6,
  first: ALL,
  second: [443, 443],
  flags: [0, 0],
};

describe(`filters on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const indexOf = async (name: string) =>
    (await dumpInterfaces(vpp.client)).find((one) => one.name === name)!.swIfIndex;
  const add = (changes: Partial<FilterRule>) =>
    retvalOf(addReplaceAcl(vpp.client, { tag: 'x', rules: [{ ...RULE, ...changes }] }));

  /** The steps that were taken: those of one stage in any order. */
  const expectStages = (stages: readonly (readonly string[])[]): void => {
    let at = 0;
    const taken = stages.map((stage) => vpp.notices.slice(at, (at += stage.length)).sort());
    expect(taken).toEqual(stages.map((stage) => stage.toSorted()));
    expect(vpp.notices.length).toBe(at);
  };

  test('what VPP answers: to rules that no packet has, to filters in use, to lists of unknown filters', async () => {
    expect(await add({ from: '192.0.2.1/24' })).toBe(-57);
    expect(await add({ to: '192.0.2.1/24' })).toBe(-58);
    expect(await add({ to: '2001:db8::/32' })).toBe(-57);
    expect(await add({ second: [80, 22] })).toBe(-8);
    expect(await retvalOf(addReplaceAcl(vpp.client, { index: 77, tag: 'x', rules: [RULE] }))).toBe(-6);
    expect(await retvalOf(deleteAcl(vpp.client, 77))).toBe(-6);
    expect(await dumpAcls(vpp.client)).toEqual([]);

    const xe3 = await indexOf('xe3');
    const one = await addReplaceAcl(vpp.client, { tag: 'one', rules: [RULE] });
    await setAclList(vpp.client, xe3, { in: [one], out: [] });
    expect(await retvalOf(deleteAcl(vpp.client, one))).toBe(-142);
    await setAclList(vpp.client, xe3, { in: [], out: [one] });
    expect(await retvalOf(deleteAcl(vpp.client, one))).toBe(-143);
    // The list of packets sent is set before the other one is refused.
    await setAclList(vpp.client, xe3, { in: [one], out: [] });
    expect(await retvalOf(setAclList(vpp.client, xe3, { in: [one, one], out: [one] }))).toBe(1);
    expect((await dumpAclLists(vpp.client)).get(xe3)).toEqual({ in: [one], out: [one] });
    expect(await retvalOf(setAclList(vpp.client, xe3, { in: [], out: [99] }))).toBe(-6);
    await setAclList(vpp.client, xe3, { in: [], out: [] });
    expect((await dumpAclLists(vpp.client)).has(xe3)).toBe(false);
    await deleteAcl(vpp.client, one);

    const mac = {
      action: 'permit',
      mac: '52:54:00:00:00:01',
      mask: 'ff:ff:ff:ff:ff:ff',
      prefix: '0.0.0.0/0',
    } as const;
    expect(await retvalOf(setMacip(vpp.client, xe3, 77))).toBe(-6);
    expect(await retvalOf(setMacip(vpp.client, xe3, undefined))).toBe(-6);
    const first = await addReplaceMacip(vpp.client, { tag: 'a', rules: [mac] });
    const second = await addReplaceMacip(vpp.client, { tag: 'b', rules: [mac] });
    await setMacip(vpp.client, xe3, first);
    await setMacip(vpp.client, xe3, second);
    expect((await dumpMacipInterfaces(vpp.client)).get(xe3)).toBe(second);
    await deleteMacip(vpp.client, second);
    expect((await dumpMacipInterfaces(vpp.client)).has(xe3)).toBe(false);
    await deleteMacip(vpp.client, first);
    expect(await dumpMacips(vpp.client)).toEqual([]);
  });

  const EVERYTHING = `
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8::1/64
acl-in = lan-in, base
acl-out = lan-out
macip = hosts
[interface.xe0.100]
acl-in = base
[interface.xe1]
acl-out = lan-out
[acl.lan-in]
10 = permit icmp6 type 133-136
20 = permit tcp from 10.0.0.0/8 to any port 443
30 = deny udp from any port 53 to 192.0.2.1
40 = permit tcp from servers to any port web stateful
50 = permit tcp established
60 = permit tcp flags syn, !ack
70 = permit 89
80 = permit icmp type 8 code 0
[acl.base]
5 = permit any stateful
[acl.lan-out]
10 = deny tcp, udp from any to 2001:db8:bad::/48 port 135-139
20 = permit any
[macip.hosts]
10 = permit 52:54:00:12:34:56 192.0.2.10
20 = deny 52:54:00:00:00:00/ff:ff:ff:00:00:00
30 = permit any
[prefix-list.servers]
prefixes = 198.51.100.0/24, 198.51.100.7, 2001:db8:1::/48
[port-list.web]
ports = 80, 8000-8010
`;

  test('all rules are as configured, in VPP and in a second look', async () => {
    const objects = await vpp.apply(EVERYTHING);
    expect(vpp.errors).toEqual([]);
    expect(objects.map(({ kind, name, state }) => `${kind} ${name} ${state.state}`)).toEqual([
      'sub-interface xe0.100 ok',
      'acl lan-in ok',
      'acl base ok',
      'acl lan-out ok',
      'acl-list xe0 ok',
      'acl-list xe0.100 ok',
      'acl-list xe1 ok',
      'macip hosts ok',
      'macip-interface xe0 ok',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    const acls = await dumpAcls(vpp.client);
    expect(acls.map(({ tag }) => tag).sort()).toEqual([
      'appliance:base',
      'appliance:lan-in',
      'appliance:lan-out',
    ]);
    const { rules } = acls.find(({ tag }) => tag === 'appliance:lan-in')!;
    const any4 = {
      action: 'permit',
      from: '0.0.0.0/0',
      to: '0.0.0.0/0',
      first: ALL,
      second: ALL,
      flags: [0, 0],
    };
    const any6 = { ...any4, from: '::/0', to: '::/0' };
    const web = (from: string) =>
      [
        [80, 80],
        [8000, 8010],
      ].map((second) => ({
        ...(from.includes(':') ? any6 : any4),
        action: 'permit-stateful',
        from,
        protocol: 6,
        second,
      }));
    expect(rules).toEqual([
      { ...any6, protocol: 58, first: [133, 136] },
      { ...any4, from: '10.0.0.0/8', protocol: 6, second: [443, 443] },
      { ...any4, action: 'deny', to: '192.0.2.1/32', protocol: 17, first: [53, 53] },
      ...web('198.51.100.0/24'),
      ...web('198.51.100.7/32'),
      ...web('2001:db8:1::/48'),
      { ...any4, protocol: 6, flags: [0x10, 0x10] },
      { ...any4, protocol: 6, flags: [0x04, 0x04] },
      { ...any6, protocol: 6, flags: [0x10, 0x10] },
      { ...any6, protocol: 6, flags: [0x04, 0x04] },
      { ...any4, protocol: 6, flags: [0x12, 0x02] },
      { ...any6, protocol: 6, flags: [0x12, 0x02] },
      { ...any4, protocol: 89 },
      { ...any6, protocol: 89 },
      { ...any4, protocol: 1, first: [8, 8], second: [0, 0] },
    ]);
    const index = (name: string) => acls.find(({ tag }) => tag === `appliance:${name}`)!.index;
    expect((await dumpAclLists(vpp.client)).get(await indexOf('xe0'))).toEqual({
      in: [index('lan-in'), index('base')],
      out: [index('lan-out')],
    });
    expect((await dumpMacips(vpp.client))[0]?.rules).toEqual([
      { action: 'permit', mac: '52:54:00:12:34:56', mask: 'ff:ff:ff:ff:ff:ff', prefix: '192.0.2.10/32' },
      { action: 'deny', mac: '52:54:00:00:00:00', mask: 'ff:ff:ff:00:00:00', prefix: '0.0.0.0/0' },
      { action: 'deny', mac: '52:54:00:00:00:00', mask: 'ff:ff:ff:00:00:00', prefix: '::/0' },
      { action: 'permit', mac: '00:00:00:00:00:00', mask: '00:00:00:00:00:00', prefix: '0.0.0.0/0' },
      { action: 'permit', mac: '00:00:00:00:00:00', mask: '00:00:00:00:00:00', prefix: '::/0' },
    ]);
  });

  test('rules are replaced in place: the filter keeps its index, and no list is touched', async () => {
    await vpp.apply(EVERYTHING);
    const before = await dumpAcls(vpp.client);
    await vpp.apply(
      EVERYTHING.replace('5 = permit any stateful', '5 = permit any').replace(
        '20 = deny 52',
        '20 = permit 52',
      ),
    );
    expect(vpp.errors).toEqual([]);
    expectStages([
      ['replace the rules of filter base (2 rules)', 'replace the rules of MAC filter hosts (5 rules)'],
    ]);
    const after = await dumpAcls(vpp.client);
    expect(after.map(({ index, tag }) => [index, tag])).toEqual(before.map(({ index, tag }) => [index, tag]));
    expect(await vpp.remaining()).toEqual([]);
  });

  test('a filter goes after the lists that named it, and another takes its place in one step', async () => {
    await vpp.apply(EVERYTHING);
    await vpp.apply(`
[interface.xe0]
acl-in = new
[interface.xe1]
[acl.new]
10 = permit any
`);
    expect(vpp.errors).toEqual([]);
    expectStages([
      ['remove the filters of xe0.100', 'remove the filters of xe1', 'remove the MAC filter of xe0'],
      ['delete xe0.100'],
      ['create filter new (2 rules)'],
      ['filter xe0 (in: new)'],
      ['delete filter lan-in', 'delete filter base', 'delete filter lan-out', 'delete MAC filter hosts'],
    ]);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('what others changed is repaired, and what nobody configured is removed', async () => {
    await vpp.apply(
      '[interface.xe0]\nacl-in = one\nacl-out = two\n[acl.one]\n10 = permit any\n[acl.two]\n10 = deny any\n',
    );
    const xe0 = await indexOf('xe0');
    const xe2 = await indexOf('xe2');
    const others = await addReplaceAcl(vpp.client, { tag: 'theirs', rules: [RULE] });
    await setAclList(vpp.client, xe2, { in: [others], out: [] });
    const acls = await dumpAcls(vpp.client);
    const one = acls.find(({ tag }) => tag === 'appliance:one')!;
    // Half of a list, as VPP leaves it between the two; the rules of another one.
    await setAclList(vpp.client, xe0, { in: [], out: [one.index] });
    await addReplaceAcl(vpp.client, { index: one.index, tag: one.tag, rules: [RULE] });
    expect((await vpp.remaining()).sort()).toEqual([
      `delete filter #${others}`,
      'filter xe0 (in: one; out: two)',
      'remove the filters of xe2',
      'replace the rules of filter one (2 rules)',
    ]);
    await vpp.apply(
      '[interface.xe0]\nacl-in = one\nacl-out = two\n[acl.one]\n10 = permit any\n[acl.two]\n10 = deny any\n',
    );
    expect(await vpp.remaining()).toEqual([]);
    expect((await dumpAclLists(vpp.client)).has(xe2)).toBe(false);
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });

  test('an interface that is made anew gets its filters again', async () => {
    const ini = (vlan: number) =>
      `[interface.xe0]\n[interface.xe0.7]\nvlan = ${vlan}\nacl-in = one\nmacip = hosts\n[acl.one]\n10 = permit any\n[macip.hosts]\n10 = permit any\n`;
    await vpp.apply(ini(7));
    await vpp.apply(ini(8));
    expect(vpp.errors).toEqual([]);
    expectStages([
      ['remove the filters of xe0.7', 'remove the MAC filter of xe0.7'],
      ['delete xe0.7'],
      ['create xe0.7 (dot1q 8)'],
      ['filter xe0.7 (in: one)', 'filter the MAC addresses of xe0.7 (hosts)'],
    ]);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });

  test('a filter has as many rules as one message may carry', async () => {
    const prefixes = (base: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${base}.${i}.0/24`).join(', ');
    await vpp.apply(`
[interface.xe0]
acl-in = big
[acl.big]
10 = permit any from many to more
[prefix-list.many]
prefixes = ${prefixes('10.1', 64)}
[prefix-list.more]
prefixes = ${prefixes('10.2', 64)}
`);
    expect(vpp.errors).toEqual([]);
    expect((await dumpAcls(vpp.client))[0]?.rules.length).toBe(4096);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });
});
