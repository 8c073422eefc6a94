/**
 * What VPP is to have as interfaces: those of the configuration, and the VLANs that someone made on TAPs in Linux
 * (`followed-vlans.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import { hostNamesOf, type Port, portsOf, subInterfaceName } from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import type { FollowedVlan } from './followed-vlans.ts';
import type { LcpPairing } from './lcp-pairing.ts';
import type { Mirror } from './mirror.ts';

/** What a configuration says of interfaces, and what follows from it. */
interface Layout {
  readonly configs: readonly InterfaceConfig[];
  readonly ports: ReadonlyMap<string, Port>;
  /** Are to have no TAP. */
  readonly tapless: ReadonlySet<string>;
  readonly vrfs: Config['vrfs'];
}

function layoutOf(config: Config): Layout {
  const { interfaces: configs, vrfs } = config;
  return { configs, ports: portsOf(config), tapless: taplessOf(configs), vrfs };
}

/** Those with `lcp = false`, and their sub-interfaces: the TAP of a VLAN is a VLAN of the parent's TAP. */
function taplessOf(interfaces: readonly InterfaceConfig[]): ReadonlySet<string> {
  const off = new Set(interfaces.filter(({ hasTap }) => !hasTap).map(({ name }) => name));
  const subs = interfaces.filter(({ name }) => off.has(subInterfaceName(name)?.parent ?? ''));
  return new Set([...off, ...subs.map(({ name }) => name)]);
}

/** All that it names: interfaces, and ports that it says nothing else about. */
export function namesOf({ configs, ports }: Layout): string[] {
  return [...configs.map(({ name }) => name), ...ports.keys()];
}

/** The interfaces of a configuration that are to have a TAP, by its name. */
export function tapsOf(config: Config, lcp: LcpPairing): Map<string, string> {
  const { configs, ports, tapless } = layoutOf(config);
  const hostNames = hostNamesOf(config);
  const wanted = lcp.wanted(configs.map(({ name }) => name));
  const names = [...wanted.difference(ports).difference(tapless)];
  return new Map(names.map((name) => [hostNames.get(name) ?? name, name]));
}

/** The VLANs that a configuration does not name itself. */
export function addedTo({ interfaces }: Config, followed: readonly FollowedVlan[]): InterfaceConfig[] {
  const names = new Set(interfaces.map(({ name }) => name));
  return followed.flatMap(({ config }) => (names.has(config.name) ? [] : [config]));
}

export class DesiredInterfaces {
  #given: Config;
  #layout: Layout;
  #followed: readonly FollowedVlan[] = [];
  /** The configuration with the VLANs: the same one for as long as both are the same. */
  #whole: { readonly of: Config; readonly added: readonly InterfaceConfig[]; readonly config: Config };

  constructor(config: Config) {
    this.#given = config;
    this.#layout = layoutOf(config);
    this.#whole = { of: config, added: [], config };
  }

  /** Of the configuration alone. */
  get layout(): Layout {
    return this.#layout;
  }

  /** VLANs that someone made in Linux, as of the last `follow`. */
  get followed(): readonly FollowedVlan[] {
    return this.#followed;
  }

  /** The configuration, with the VLANs that it does not name. */
  get config(): Config {
    const config = this.#given;
    const added = addedTo(config, this.#followed);
    if (this.#whole.of !== config || !isDeepStrictEqual(this.#whole.added, added)) {
      const interfaces = [...config.interfaces, ...added];
      this.#whole = { of: config, added, config: { ...config, interfaces } };
    }
    return this.#whole.config;
  }

  /** The names of TAPs that differ from those of their interfaces, by interface. */
  get hostNames(): Map<string, string> {
    const added = addedTo(this.#given, this.#followed);
    const followed = this.#followed.filter(({ config }) => added.includes(config));
    return new Map([
      ...hostNamesOf(this.#given),
      ...followed.map(({ config, link }) => [config.name, link.name] as const),
    ]);
  }

  /** Another configuration. */
  use(config: Config): void {
    this.#given = config;
    this.#layout = layoutOf(config);
  }

  /** Looks which VLANs of Linux VPP is to have. */
  follow(mirror: Mirror | undefined, lcp: LcpPairing): void {
    this.#followed = mirror?.followed(this.#given, tapsOf(this.#given, lcp), lcp.pairs) ?? [];
  }
}
