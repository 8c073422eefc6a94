/** Filters, NAT and cross-connects of a kernel in VPP's place, judged by the packets of hosts on the cables. */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readText, withNetns } from '../linux/mod.ts';
import type { FarHost } from '../../test/fixtures/far-host.ts';
import { PlaneBox, whyNoPlane } from '../../test/fixtures/kernel-plane.ts';

const hasNft = spawnSync('nft', ['--version']).status === 0;
const why = whyNoPlane() ?? (hasNft ? undefined : 'nft loads the rules');
if (why !== undefined) process.stderr.write(`skipped: rules of packets in the kernel: ${why}\n`);

const PORT = 5_000;
const UDP_TIMEOUT = '/proc/sys/net/netfilter/nf_conntrack_udp_timeout';
const LAN = '[interface.xe0]\naddresses = 192.168.1.1/24\n';
const WAN = '[interface.xe1]\naddresses = 198.51.100.1/24\n';

describe.skipIf(why !== undefined)('rules of packets in the kernel', () => {
  let at: PlaneBox;
  let inside: FarHost;
  let outside: FarHost;

  beforeEach(() => {
    at = new PlaneBox();
    inside = at.host(2, '192.168.1.10/24', '192.168.1.1');
    outside = at.host(3, '198.51.100.9/24', '198.51.100.1');
  });
  afterEach(() => at[Symbol.asyncDispose]());

  const nft = (...args: string[]): string =>
    withNetns(at.box.netns, () => execFileSync('nft', args, { encoding: 'utf8' }));

  it('filter, with sessions that belong to their interface, and are replaced while it is up', async () => {
    outside.answers(PORT);
    inside.answers(PORT);
    const filters = (rule: string): string => `${LAN}${WAN}acl-out = out
acl-in = in
[acl.out]
10 = ${rule}
[acl.in]
10 = permit icmp
`;
    await at.take(filters('permit udp to any port 5000 stateful'));
    expect(at.states).toEqual({ xe0: 'ok', xe1: 'ok' });
    expect(await inside.ask('198.51.100.9', PORT)).toBe('192.168.1.10');
    // From outside nobody begins, whatever the port, except with ICMP; its answer is not permitted.
    expect(await outside.ask('192.168.1.10', PORT)).toBeUndefined();
    expect(outside.pings('192.168.1.10')).toBe(false);
    const index = at.box.links(at.box.netns).find(({ name }) => name === 'xe1')!.index;
    await at.change(filters('permit icmp'));
    expect(outside.pings('192.168.1.10')).toBe(true);
    expect(await inside.ask('198.51.100.9', PORT)).toBeUndefined();
    expect(at.box.links(at.box.netns).find(({ name }) => name === 'xe1')!.index).toBe(index);
    await at.change(`${LAN}${WAN}`);
    expect(await outside.ask('192.168.1.10', PORT)).toBe('198.51.100.9');
    expect(nft('list', 'ruleset')).toBe('');
    expect(at.box.errors).toEqual([]);
  });

  it('check sources and MAC addresses', async () => {
    outside.answers(PORT);
    const mac = inside.ip('link', 'show', 'eth0').match(/link\/ether (\S+)/)![1]!;
    const macip = (address: string): string =>
      `${LAN}urpf = strict\nmacip = hosts\n${WAN}[macip.hosts]\n10 = permit ${mac} ${address}\n20 = deny any\n`;
    outside.ip('route', 'add', '10.9.9.9/32', 'via', '198.51.100.1');
    await at.take(macip('192.168.1.0/24'));
    expect(inside.pings('198.51.100.9')).toBe(true);
    // Nobody's source.
    inside.ip('address', 'add', '10.9.9.9/32', 'dev', 'lo');
    inside.ip('route', 'replace', 'default', 'via', '192.168.1.1', 'src', '10.9.9.9');
    expect(inside.pings('198.51.100.9')).toBe(false);
    inside.ip('route', 'replace', 'default', 'via', '192.168.1.1');
    expect(inside.pings('198.51.100.9')).toBe(true);
    await at.change(macip('192.168.1.77'));
    expect(inside.pings('198.51.100.9')).toBe(false);
  });

  it('translate: masquerade, a forward and its hairpin, a whole address, and nothing unasked', async () => {
    outside.answers(PORT);
    inside.answers(8_443);
    inside.answers(PORT);
    inside.ip('address', 'add', '192.168.1.11/24', 'dev', 'eth0');
    const nat = `[nat44]
enabled = true
masquerade = xe1
udp-timeout = 77
${LAN}nat = inside
${WAN}nat = outside
[port-forward.web]
protocol = udp
external = xe1:443
internal = 192.168.1.10:8443
[nat-static.server]
external = 198.51.100.6
internal = 192.168.1.11
`;
    await at.take(nat);
    expect(at.states).toEqual({ xe0: 'ok', xe1: 'ok' });
    expect(await inside.ask('198.51.100.9', PORT)).toBe('198.51.100.1');
    expect(await outside.ask('198.51.100.1', 443)).toBe('198.51.100.9');
    expect(await inside.ask('198.51.100.1', 443)).toBe('192.168.1.1');
    // It answers ARP for it, and the host behind has it in both directions.
    expect(await outside.ask('198.51.100.6', PORT)).toBe('198.51.100.9');
    expect(await outside.ask('192.168.1.10', PORT)).toBeUndefined();
    expect(outside.pings('198.51.100.1')).toBe(true);
    expect(withNetns(at.box.netns, () => readText(UDP_TIMEOUT))).toBe('77');
    await at.plane.leave();
    expect(nft('list', 'ruleset')).toBe('');
    expect(at.box.ip(at.box.netns, 'address', 'show', 'dev', 'lo')).not.toContain('198.51.100.6');
    expect(withNetns(at.box.netns, () => readText(UDP_TIMEOUT))).not.toBe('77');
    // And again.
    await at.plane.take();
    expect(await inside.ask('198.51.100.9', PORT)).toBe('198.51.100.1');
    expect(at.box.errors).toEqual([]);
  });

  it('connect two interfaces as a wire', async () => {
    outside.ip('address', 'add', '192.168.1.20/24', 'dev', 'eth0');
    await at.take('[cross-connect.wire]\ninterfaces = xe0, xe1\n');
    expect(inside.pings('192.168.1.20')).toBe(true);
    await at.change('');
    expect(inside.pings('192.168.1.20')).toBe(false);
    expect(nft('list', 'ruleset')).toBe('');
  });

  it('keep interfaces down that need them where nft is not, and say so', async () => {
    await at.take(`${LAN}acl-in = lan\n${WAN}urpf = strict\n[acl.lan]\n10 = permit any\n`, {
      nft: () => undefined,
    });
    expect(at.states).toEqual({
      xe0: 'it stays down while the kernel forwards, which has no acl-in: the program nft is not installed',
      xe1: 'the kernel forwards without urpf',
    });
    expect(inside.pings('192.168.1.1')).toBe(false);
    expect(outside.pings('198.51.100.1')).toBe(true);
    expect(at.conditions.list().map(({ reason }) => reason)).toEqual([
      'filters and NAT are not in force while the kernel forwards: the program nft is not installed',
    ]);
  });

  it('come back when somebody removes them', async () => {
    await at.take(`${LAN}acl-in = lan\n${WAN}[acl.lan]\n10 = deny icmp\n20 = permit any\n`);
    expect(inside.pings('198.51.100.9')).toBe(false);
    nft('flush', 'ruleset');
    await expect
      .poll(() => nft('list', 'ruleset'), { timeout: 30_000, interval: 500 })
      .toContain('acl-in-lan');
    // The interface is down at first, and what does not come in hits nothing.
    const hits = (): number | undefined => {
      expect(inside.pings('198.51.100.9')).toBe(false);
      return at.plane.ruleHits.find(({ rule }) => rule === 'acl lan 10')?.packets;
    };
    await expect.poll(hits, { timeout: 50_000, interval: 500 }).toBeGreaterThan(0);
  }, 120_000);
});
