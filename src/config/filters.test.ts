import { describe, expect, it } from 'vitest';
import { expandAcl, filterLists, permits } from './acl-expand.ts';
import { formatAclRule, readAclRule } from './acl-rule.ts';
import { formatMacipRule, readMacipRule } from './macip-rule.ts';
import { parseConfig } from './parse.ts';
import { formatPlan, planChange } from './difference.ts';
import type { Config } from './types.ts';

function problemsOf(text: string): string[] {
  const parsed = parseConfig(text, 'test.ini');
  const all = parsed.ok ? parsed.warnings : parsed.problems;
  return all.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

function valid(text: string): Config {
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

describe('a rule', () => {
  it.each([
    ['permit any'],
    ['deny tcp, udp from any port 1-1023 to 192.0.2.1/32 port 53, 443, 8000-8010'],
    ['permit tcp from 10.0.0.0/8, servers to any port web stateful'],
    ['permit icmp type 8, 11-12 code 0'],
    ['permit icmp6 type 133-136'],
    ['permit tcp from 2001:db8::/32 flags syn, !ack'],
    ['permit tcp to 192.0.2.0/24 established'],
    ['permit 99 from 192.0.2.0/24'],
    ['deny ospf to 224.0.0.5/32'],
  ])('%s reads as it is written', (text) => {
    const read = readAclRule(text);
    expect('value' in read ? formatAclRule(read.value) : read.error).toBe(text);
  });

  it.each([
    ['permit from any to any', 'permit any'],
    ['permit tcp from 192.0.2.1 to any port 22,80', 'permit tcp from 192.0.2.1/32 to any port 22, 80'],
    ['permit 6 to any port 22 from any', 'permit tcp to any port 22'],
    ['permit tcp from servers', 'permit tcp from servers'],
  ])('%s is %s in the one spelling', (text, spelling) => {
    const read = readAclRule(text);
    expect('value' in read ? formatAclRule(read.value) : read.error).toBe(spelling);
  });

  it.each([
    ['', /^expected permit or deny, got "": expected a rule such as/],
    ['allow any', 'expected permit or deny, got "allow": write permit'],
    ['drop any', 'expected permit or deny, got "drop": write deny'],
    ['permit-reflect any', '"permit-reflect" is not an action: write permit … stateful'],
    ['permit', '"permit" names no packets: write permit any for all'],
    ['permit ip', '"ip" is not a protocol: write any'],
    ['permit icmpv6', '"icmpv6" is not a protocol: write icmp6'],
    ['permit tpc', '"tpc" is not a protocol: write tcp'],
    ['permit 0', 'the protocol "0" is out of range (1–255, any for all)'],
    ['permit 256', 'the protocol "256" is out of range (1–255, any for all)'],
    ['permit tcp, any', 'any stands for all protocols: name no other beside it'],
    ['permit tcp, 6', 'the protocol "6" is listed twice: list it once'],
    ['permit tcp any any', '"any": write from any or to any'],
    ['permit tcp 192.0.2.1', '"192.0.2.1": write from 192.0.2.1 or to 192.0.2.1'],
    ['permit tcp port 22', 'port stands before from and to: write to any port, or from any port'],
    ['permit any to any port 22', 'port applies to tcp and udp only: write permit tcp or permit udp'],
    ['permit gre to any port 22', 'port applies to tcp and udp only: write permit tcp or permit udp'],
    ['permit tcp to any port 70000', 'the port "70000" is out of range (0–65535)'],
    ['permit tcp to any port 90-80', 'the range "90-80" is reversed: write 80-90'],
    ['permit tcp to any port eq 80', '"eq": write port 443 or port 8000-8010'],
    ['permit tcp from', 'expected an address, a prefix, a prefix list or any after from, got ""'],
    ['permit tcp from to any', 'expected an address, a prefix, a prefix list or any after from, got "to"'],
    [
      'permit tcp from any, to any',
      'expected an address, a prefix, a prefix list or any after the comma, got "to"',
    ],
    ['permit tcp from any from any', 'from is given twice: give it once'],
    ['permit tcp from 10.0.0.1/8', '"10.0.0.1/8" has host bits set: write 10.0.0.0/8'],
    ['permit tcp type 8', 'type applies to icmp and icmp6 only: write permit icmp type …'],
    ['permit icmp type 256', 'the ICMP type "256" is out of range (0–255)'],
    ['permit udp established', 'established applies to tcp only: write permit tcp … established'],
    ['permit tcp flags syn, syn', 'the flag "syn" is listed twice: list it once'],
    ['permit tcp flags foo', /^"foo" is not a TCP flag: expected fin, syn/],
    ['permit tcp flags syn established', 'established and flags exclude each other: write one'],
    ['deny any stateful', 'stateful applies to permit only: omit it'],
    ['permit tcp form any', 'unknown word "form": did you mean from?'],
  ])('%s: %s', (text, message) => {
    const read = readAclRule(text);
    expect('error' in read ? read.error : 'no error').toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });
});

describe('a MAC rule', () => {
  it.each([
    ['permit 52:54:00:12:34:56 192.0.2.10/32'],
    ['deny 52:54:00:00:00:00/ff:ff:ff:00:00:00'],
    ['permit any 2001:db8::/32'],
    ['deny any'],
  ])('%s reads as it is written', (text) => {
    const read = readMacipRule(text);
    expect('value' in read ? formatMacipRule(read.value) : read.error).toBe(text);
  });

  it.each([
    ['allow any', /^expected permit or deny, got "allow"/],
    ['permit', /^"permit" has no MAC address/],
    ['permit 5254.0012.3456', /write 52:54:00:12:34:56$/],
    ['permit 52:54:00:12:34:56/24', /^expected a mask such as/],
    ['permit 52:54:00:12:34:56/ff:ff:ff:00:00:00', /write 52:54:00:00:00:00\/ff:ff:ff:00:00:00$/],
    ['permit any 192.0.2.1/24', /host bits set/],
    ['permit any any any', /^unexpected "any"/],
  ])('%s is refused', (text, message) => {
    const read = readMacipRule(text);
    expect('error' in read ? read.error : 'no error').toMatch(message);
  });
});

describe('expansion', () => {
  const expand = (text: string) => {
    const config = valid(text);
    return expandAcl(config.acls[0]!.rules, filterLists(config)).map(
      ({ action, from, to, protocol, first, second }) =>
        `${action} ${protocol} ${from} ${first.join()} ${to} ${second.join()}`,
    );
  };

  it('makes the product, each rule of one family', () => {
    const text =
      '[acl.a]\n10 = permit tcp, udp from l to any port p\n[prefix-list.l]\nprefixes = 10.0.0.0/8, 2001:db8::/32\n[port-list.p]\nports = 53, 80-81\n';
    expect(expand(text)).toEqual([
      'permit 6 10.0.0.0/8 0,65535 0.0.0.0/0 53,53',
      'permit 6 10.0.0.0/8 0,65535 0.0.0.0/0 80,81',
      'permit 17 10.0.0.0/8 0,65535 0.0.0.0/0 53,53',
      'permit 17 10.0.0.0/8 0,65535 0.0.0.0/0 80,81',
      'permit 6 2001:db8::/32 0,65535 ::/0 53,53',
      'permit 6 2001:db8::/32 0,65535 ::/0 80,81',
      'permit 17 2001:db8::/32 0,65535 ::/0 53,53',
      'permit 17 2001:db8::/32 0,65535 ::/0 80,81',
    ]);
  });

  it('orders rules by their numbers, whatever their lines', () => {
    expect(expand('[acl.a]\n20 = deny any from 0.0.0.0/0\n5 = permit any from 192.0.2.0/24\n')).toEqual([
      'permit 0 192.0.2.0/24 0,65535 0.0.0.0/0 0,65535',
      'deny 0 0.0.0.0/0 0,65535 0.0.0.0/0 0,65535',
    ]);
  });

  it('lets the first rule that matches decide, and denies what none matches', () => {
    const { acls } = valid('[acl.a]\n10 = deny tcp to any port 22\n20 = permit tcp to 192.0.2.0/24\n');
    const rules = expandAcl(acls[0]!.rules, { prefixes: new Map(), ports: new Map() });
    const packet = { from: '10.0.0.1', to: '192.0.2.1', protocol: 6, first: 1024, second: 443 };
    expect(permits(rules, packet)).toBe(true);
    expect(permits(rules, { ...packet, second: 22 })).toBe(false);
    expect(permits(rules, { ...packet, protocol: 17 })).toBe(false);
    expect(permits(rules, { ...packet, to: '2001:db8::1', from: '2001:db8::2' })).toBe(false);
  });
});

describe('checks', () => {
  it.each([
    [
      '[interface.loop0]\nacl-in = lan-im\n[acl.lan-in]\n10 = permit any\n',
      [
        '2 interface.loop0.acl-in: "lan-im" is not a filter of this configuration ([acl.NAME]): did you mean lan-in?',
      ],
    ],
    [
      '[gre.gre0]\nsource = 192.0.2.1\ndestination = 192.0.2.2\n[interface.gre0]\nmacip = hosts\n[macip.hosts]\n10 = permit any\n',
      [
        '5 interface.gre0.macip: the tunnel gre0 carries IP packets, which have no MAC address: remove the line',
      ],
    ],
    [
      '[interface.loop0]\nmacip = hosts\n',
      [
        '2 interface.loop0.macip: "hosts" is not a filter of this configuration ([macip.NAME]): there is none',
      ],
    ],
    [
      '[interface.loop0]\nacl-out = a, a\n[acl.a]\n10 = permit any\n',
      ['2 interface.loop0.acl-out: "a" is listed twice: list it once'],
    ],
    [
      '[acl.a]\n10 = permit tcp from servrs to any port https\n[prefix-list.servers]\nprefixes = 192.0.2.1\n',
      [
        '2 acl.a.10: "servrs" is not a prefix list of this configuration ([prefix-list.NAME]): did you mean servers?',
        '2 acl.a.10: "https" is not a port list of this configuration ([port-list.NAME]): write port 443',
      ],
    ],
    [
      '[acl.a]\n10 = permit icmp from 2001:db8::/32\n',
      ['2 acl.a.10: no packet matches this rule: icmp is of IPv4 (icmp6 is of IPv6)'],
    ],
    [
      '[acl.a]\n10 = permit any from 2001:db8::/32 to 192.0.2.1\n',
      ['2 acl.a.10: no packet matches this rule: from and to are of different families'],
    ],
    [
      '[acl.a]\n',
      ['1 acl.a: a has no rule, and would deny everything: write at least one, such as 10 = deny any'],
    ],
    [
      '[acl.a]\n10 = permit any\n10 = deny any\n',
      ['3 acl.a.10: 10 is already on line 2: give each line its own number'],
    ],
    [
      '[acl.a]\n10 =\n',
      [
        '2 acl.a.10: no value: write one such as 10 = permit tcp from 10.0.0.0/8 to any port 443 stateful, or omit the line',
      ],
    ],
    [
      '[acl.a]\nrule = permit any\n',
      ['2 acl.a.rule: "rule" is not a sequence number (1–999999): expected a line such as 10 = permit any'],
    ],
    [
      '[acl.1a]\n10 = permit any\n',
      ['1 acl.1a: "1a" does not begin with a letter: expected a name such as lan-in'],
    ],
    [
      '[prefix-list.any]\nprefixes = 192.0.2.1\n',
      ['1 prefix-list.any: "any" is a word of the rules: choose another name'],
    ],
    [
      '[prefix-list.a]\n',
      [
        '1 prefix-list.a.prefixes: missing: [prefix-list.a] needs a line such as prefixes = 192.0.2.0/24, 2001:db8:1::/48, 198.51.100.7',
      ],
    ],
  ])('%j', (text, messages) => {
    expect(problemsOf(text)).toEqual(messages);
  });

  it('bounds the product', () => {
    const list = (name: string, base: string, count: number) =>
      `[prefix-list.${name}]\nprefixes = ${Array.from({ length: count }, (_, i) => `${base}.${i}.0/24`).join(', ')}\n`;
    const text = `[acl.a]\n10 = permit any from x\n20 = permit any from x to y\n${list('x', '10.0', 200)}${list('y', '10.1', 100)}`;
    expect(problemsOf(text)).toEqual([
      '3 acl.a.20: the filter has more than 4096 rules in VPP with this one, which alone makes more than 4096 (each prefix with each prefix and each port): use shorter lists',
    ]);
  });

  const LOOP = '[interface.loop0]\naddresses = 2001:db8::1/64\nacl-in = a\n';
  it.each([
    ['10 = permit any', []],
    ['10 = permit icmp6 type 133-136', []],
    ['10 = permit tcp', ['solicitations']],
    ['10 = permit icmp6 type 135', ['advertisements']],
    ['10 = deny icmp6\n20 = permit any', ['solicitations']],
    ['10 = permit icmp6 from 2001:db8:0:1::/64', ['solicitations']],
  ])('warns of a filter of a received IPv6 without neighbour discovery: %s', (rules, words) => {
    expect(problemsOf(`${LOOP}[acl.a]\n${rules}\n`)).toEqual(
      words.map(
        (what) =>
          `3 interface.loop0.acl-in: it denies neighbor ${what}, without which IPv6 does not work on loop0: permit icmp6 type 133-136 first`,
      ),
    );
  });

  it('warns of a filter that no interface uses', () => {
    expect(problemsOf('[acl.a]\n10 = permit any\n')).toEqual([
      '1 acl.a: no interface uses a: name it in acl-in or acl-out of an interface, or remove it',
    ]);
  });
});

describe('a change', () => {
  it('names the rules that came, went and changed', () => {
    const before = valid('[acl.a]\n10 = permit any\n20 = deny any\n');
    const after = valid('[acl.a]\n10 = permit tcp\n30 = deny any\n');
    expect(formatPlan(planChange(before, after))).toEqual([
      'acl.a.10: permit any → permit tcp',
      'acl.a.20: deny any → not set',
      'acl.a.30: not set → deny any',
    ]);
    expect(formatPlan(planChange(before, valid('')))).toEqual(['acl.a: removed: the filter is deleted']);
    expect(formatPlan(planChange(valid(''), before))).toEqual(['acl.a: added: 2 rules']);
  });
});
