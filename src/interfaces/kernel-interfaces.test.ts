/** Interfaces in the kernel, as far as it cannot do what VPP does. */
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interfaceConfig } from '../config/interface-config.ts';
import { withInterfaces } from '../config/with-interfaces.fixture.ts';
import type { InterfaceConfig } from '../config/types.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import type { RuleVerdict } from '../nftables/mod.ts';
import { KernelInterfaces } from './mod.ts';

const NETNS = `test-kernel-if-${process.pid}`;
const ip = (...args: string[]): string =>
  withNetns(NETNS, () => execFileSync('ip', args, { encoding: 'utf8' }));
const place = {
  find: (name: string) => ({ ifName: name }),
  run: <T>(body: () => T): T => withNetns(NETNS, body),
};
const NOTHING: RuleVerdict = { lacks: [], isPromiscuous: false };
type Given = Partial<InterfaceConfig> & { readonly name: string };
const configOf = (...interfaces: readonly Given[]) => withInterfaces(interfaces.map(interfaceConfig));

describe.skipIf(process.getuid?.() !== 0)('interfaces while the kernel forwards', () => {
  beforeEach(() => {
    createNamedNetns(NETNS);
    for (const name of ['xe0', 'xe1']) ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`);
  });
  afterEach(() => deleteNamedNetns(NETNS));

  const stateOf = (interfaces: KernelInterfaces, wanted: string) => {
    const found = interfaces.status.find(({ name }) => name === wanted)!;
    const reason = found.state.state === 'failed' ? found.state.reason : found.state.state;
    return [found.adminUp, reason];
  };

  it('stay down while the rules of packets say so, and lack what these say', () => {
    const verdicts = new Map<string, RuleVerdict>([
      ['xe0', { whyDown: 'no filter', lacks: ['urpf'], isPromiscuous: false }],
    ]);
    const config = configOf({ name: 'xe0', mpls: true, urpf: 'strict' }, { name: 'xe1' });
    const interfaces = new KernelInterfaces(config, place, (name) => verdicts.get(name) ?? NOTHING);
    interfaces.apply();
    expect(stateOf(interfaces, 'xe0')).toEqual([false, 'no filter']);
    expect(stateOf(interfaces, 'xe1')).toEqual([true, 'ok']);
    verdicts.set('xe0', { lacks: ['urpf'], isPromiscuous: true });
    interfaces.apply();
    expect(stateOf(interfaces, 'xe0')).toEqual([true, 'the kernel forwards without MPLS, urpf']);
    expect(ip('link', 'show', 'xe0')).toContain('PROMISC');
    verdicts.delete('xe0');
    interfaces.reconfigure(configOf({ name: 'xe0' }, { name: 'xe1' }));
    expect(stateOf(interfaces, 'xe0')).toEqual([true, 'ok']);
    expect(ip('link', 'show', 'xe0')).not.toContain('PROMISC');
    verdicts.set('xe0', { whyDown: 'no filter', lacks: [], isPromiscuous: false });
    interfaces.apply();
    expect(stateOf(interfaces, 'xe0')).toEqual([false, 'no filter']);
  });

  it('have MAC address, MTU, static neighbours and a link-local address, and nothing of them afterwards', () => {
    const interfaces = new KernelInterfaces(
      configOf({
        name: 'xe0',
        mac: '02:00:00:00:00:77',
        mtuBytes: 9000,
        neighbors: [{ address: '192.0.2.9', mac: '02:00:00:00:00:09' }],
        linkLocal: 'fe80::77',
      }),
      place,
      () => NOTHING,
    );
    const before = ip('link', 'show', 'xe0').match(/link\/ether \S+/)![0];
    interfaces.apply();
    expect(ip('link', 'show', 'xe0')).toMatch(/mtu 9000 .*link\/ether 02:00:00:00:00:77/s);
    expect(ip('neigh', 'show', 'dev', 'xe0')).toContain('192.0.2.9 lladdr 02:00:00:00:00:09 PERMANENT');
    expect(ip('-6', 'address', 'show', 'dev', 'xe0')).toContain('fe80::77/64');
    interfaces.reconfigure(configOf());
    expect(ip('link', 'show', 'xe0')).toContain(before);
    expect(ip('link', 'show', 'xe0')).toMatch(/mtu 1500 /);
    expect(ip('neigh', 'show', 'dev', 'xe0')).toBe('');
    expect(ip('-6', 'address', 'show', 'dev', 'xe0')).not.toContain('fe80::77');
  });

  it('keep the master that somebody gave them', () => {
    ip('link', 'add', 'theirs', 'type', 'bridge');
    ip('link', 'set', 'xe0', 'master', 'theirs');
    const interfaces = new KernelInterfaces(configOf({ name: 'xe0' }), place, () => NOTHING);
    interfaces.apply();
    interfaces.reconfigure(configOf({ name: 'xe0', mtuBytes: 2000 }));
    expect(ip('link', 'show', 'xe0')).toMatch(/mtu 2000 .*master theirs/);
  });
});
