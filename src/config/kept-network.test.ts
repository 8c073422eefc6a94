import { describe, expect, it } from 'vitest';
import { renderKeptNetwork } from './kept-network.ts';
import { defaultConfig, parseConfig } from './parse.ts';
import type { Config } from './types.ts';

function parsed(text: string): Config {
  const result = parseConfig(text, 'appliance.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

const OTHERS =
  '[system]\nhostname = edge-1\n[vpp]\nenabled = true\n[http]\nlisten = :81\n[route]\n10.0.0.0/8 = blackhole\n';

describe('the configuration of which the network is kept', () => {
  it.each([
    'interface = eth3\naddress = 192.0.2.10/24\ngateway = 192.0.2.1\ndns = 192.0.2.53, 2001:db8::53\nntp = 192.0.2.123, ntp.example.net\n',
    'interface = eth3\naddress = 2001:db8::a/64\ngateway = fe80::1\n',
    'interface = eth3\naddress = dhcp\n',
  ])('has [management] as it was, and nothing else', (management) => {
    const before = parsed(`${OTHERS}[management]\n${management}`);
    const kept = parsed(renderKeptNetwork(before, 'eth9'));
    expect(kept).toEqual({ ...defaultConfig(), management: before.management });
  });

  it('names the NIC that management has found by itself', () => {
    const before = parsed(`${OTHERS}[management]\naddress = 192.0.2.10/24\n`);
    expect(parsed(renderKeptNetwork(before, 'eth2')).management).toEqual({
      ...before.management,
      interface: 'eth2',
    });
    expect(parsed(renderKeptNetwork(before, undefined)).management).toEqual(before.management);
  });

  it('shows every other leaf as a comment', () => {
    const set = renderKeptNetwork(parsed(OTHERS), 'eth2')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line));
    expect(set).toEqual(['interface = eth2', 'address = dhcp']);
  });
});
