/** What another configuration would do to the interfaces that VPP has. Pure. */
import {
  formatPrefix,
  hostNamesOf,
  parsePrefix,
  type Port,
  portsOf,
  subInterfaceName,
  type VppStep,
} from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import type { LcpPairing } from './lcp-pairing.ts';
import { wantedOfPort } from './targets.ts';
import { previewOf, RELEASED, type Wanted } from './vpp-configure.ts';
import { freshInterface, type Known } from './vpp-status.ts';

export interface PreviewInputs {
  readonly present: ReadonlyMap<string, Known>;
  /** The configuration in force, and its ports. */
  readonly configs: readonly InterfaceConfig[];
  readonly ports: ReadonlyMap<string, Port>;
  readonly next: Config;
  /** Interfaces that are deleted, or made anew. */
  readonly removed: ReadonlySet<string>;
}

/** The steps for each interface of `next`, then for those that leave the configuration. */
export function previewInterfaces({ present, configs, ports, next, removed }: PreviewInputs): VppStep[] {
  const before = byName(configs);
  const wanted = byName(next.interfaces);
  const nextPorts = portsOf(next);
  const names = new Set([...wanted.keys(), ...nextPorts.keys(), ...before.keys(), ...ports.keys()]);
  const targetOf = (name: string, known: Known): Wanted => {
    const config = wanted.get(name);
    const port = nextPorts.get(name);
    if (port !== undefined) return wantedOfPort(port, config);
    if (config === undefined) return RELEASED;
    // What daemons put on TAPs stays.
    const own = new Set(before.get(name)?.addresses.map(formatPrefix));
    const others = known.addresses
      .filter((text) => !own.has(text))
      .flatMap((text) => parsePrefix(text) ?? []);
    const vrf = next.vrfs.find((one) => one.name === config.vrf)?.table;
    const tableId = vrf ?? (before.get(name)?.vrf === undefined ? undefined : 0);
    return { ...config, addresses: [...config.addresses, ...others], tableId };
  };
  return [...names].flatMap((name) => {
    const isNew = removed.has(name) || !present.has(name);
    if (isNew && !wanted.has(name)) return [];
    const known = isNew ? freshInterface(name) : present.get(name)!;
    const target = targetOf(name, known);
    const parent = wanted.get(subInterfaceName(name)?.parent ?? '');
    return previewOf(known, parent?.enabled === false ? { ...target, enabled: false } : target);
  });
}

/** The TAPs that get other names. */
export function previewTaps(next: Config, lcp: LcpPairing): VppStep[] {
  const hostNames = hostNamesOf(next);
  const wanted = byName(next.interfaces);
  return [...lcp.pairs].flatMap(([name, { hostIfName }]): VppStep[] => {
    const hostName = hostNames.get(name) ?? name;
    if (!wanted.has(name) || hostIfName === hostName || hostIfName !== lcp.hostNameOf(name)) return [];
    const interrupts = `${name}: sessions of daemons on its TAP and on those of its VLANs`;
    return [{ words: `make the TAP ${hostIfName} of ${name} anew as ${hostName}`, interrupts }];
  });
}

/** The interfaces that answer ARP for others by now, or no more. */
export function previewProxies({ configs, next }: Pick<PreviewInputs, 'configs' | 'next'>): VppStep[] {
  const before = byName(configs);
  const wanted = byName(next.interfaces);
  return [...new Set([...wanted.keys(), ...before.keys()])].flatMap((name): VppStep[] => {
    const has = wanted.get(name)?.proxyArp === true;
    if (has === (before.get(name)?.proxyArp === true)) return [];
    return [{ words: `answer ARP on ${name} for ${has ? 'others too' : 'itself alone'}` }];
  });
}

function byName(configs: readonly InterfaceConfig[]): Map<string, InterfaceConfig> {
  return new Map(configs.map((config) => [config.name, config]));
}
