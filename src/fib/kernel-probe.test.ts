import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addAddress,
  createNamedNetns,
  deleteNamedNetns,
  linkIndex,
  setLinkUp,
  withNetns,
  writeSysctl,
} from '../linux/mod.ts';
import { KernelProbe, type ProbedHop } from './kernel-probe.ts';

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const netns = `test-probe-${process.pid}`;

function ip(...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

describe('asking the kernel for next hops', () => {
  let index = 0;

  beforeEach((ctx) => {
    if (!isRoot) ctx.skip('network namespaces need root');
    if (!hasIp) ctx.skip('iproute2 makes links and is compared with');
    createNamedNetns(netns);
    ip('link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'peer0');
    index = withNetns(netns, () => {
      for (const name of ['xe0', 'peer0']) setLinkUp(name, true);
      addAddress('xe0', '192.0.2.1', 24);
      addAddress('xe0', '2001:db8::1', 64);
      return linkIndex('xe0') ?? 0;
    });
  });
  afterEach(() => {
    if (isRoot) deleteNamedNetns(netns);
  });

  const hop = (address: string, ifIndex?: number): ProbedHop => ({
    family: address.includes(':') ? 6 : 4,
    address,
    ifIndex,
  });

  it('says which it takes, of both families, with and without a link, and leaves no trace', async () => {
    using probe = new KernelProbe(netns);
    const taken = [
      hop('192.0.2.2'),
      hop('192.0.2.2', index),
      hop('2001:db8::2'),
      hop('2001:db8::2', index),
      hop('fe80::2', index),
    ];
    const refused = [
      hop('203.0.113.1'),
      hop('192.0.2.2', index + 1),
      hop('2001:db8::1'),
      hop('2001:db8:1::1'),
      hop('fe80::2', 9_999),
    ];
    // Neither a default route nor one to the very neighbour changes what the kernel says.
    ip('route', 'add', 'default', 'via', '192.0.2.9');
    ip('route', 'add', '192.0.2.2/32', 'via', '192.0.2.9');
    const routes = ip('route', 'show', 'table', 'all');
    expect(await probe.reasonsAgainst(taken)).toEqual(taken.map(() => undefined));
    for (const reason of await probe.reasonsAgainst(refused))
      expect(reason).toMatch(/^the kernel cannot reach it now: ./);
    expect(ip('route', 'show', 'table', 'all')).toBe(routes);
    ip('link', 'set', 'xe0', 'down');
    for (const reason of await probe.reasonsAgainst(taken)) expect(reason).toMatch(/cannot reach it now/);
    expect(await probe.reasonsAgainst([])).toEqual([]);
  });

  it('takes a refusal for another reason as one too', async () => {
    ip('link', 'set', 'dev', 'xe0', 'addrgenmode', 'none');
    withNetns(netns, () => writeSysctl('net.ipv6.conf.xe0.disable_ipv6', '1'));
    using probe = new KernelProbe(netns);
    const [reason, other] = await probe.reasonsAgainst([hop('fe80::2', index), hop('192.0.2.2')]);
    expect(reason).toMatch(/IPv6 is disabled|EACCES/);
    expect(other).toBeUndefined();
  });

  it('keeps the answers of many apart', async () => {
    using probe = new KernelProbe(netns);
    const hops = Array.from({ length: 1_000 }, (_, n) =>
      hop(`${n % 3 === 0 ? '192.0.2' : '203.0.113'}.${2 + (n % 250)}`),
    );
    const reasons = await probe.reasonsAgainst(hops);
    expect(reasons.map((reason) => reason === undefined)).toEqual(hops.map((_, n) => n % 3 === 0));
  });
});
