/**
 * A naive model of what the kernel should have of ours, and what iproute2 says that it has: for the test that compares
 * the two. Nothing here uses the route table or our own netlink code.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { withNetns } from '../../src/linux/mod.ts';

export interface ModelHop {
  /** Undefined: straight to the interface. */
  readonly gateway: string | undefined;
  readonly weight: number;
  /** Named in the route, or not. */
  readonly interface: string | undefined;
}

export type ModelAction =
  | { readonly kind: 'forward'; readonly hops: readonly ModelHop[] }
  | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' };

export interface ModelRoute {
  readonly action: ModelAction;
  readonly metric: number;
}

/** One source of routes, by `FAMILY TABLE PREFIX`. */
export interface ModelSource {
  readonly distance: number;
  readonly serial: number;
  readonly routes: Map<string, ModelRoute>;
}

/** A link with the addresses that it has now. */
export interface ModelLink {
  readonly name: string;
  isUp: boolean;
  hasIpv4: boolean;
  hasIpv6: boolean;
  /** What its gateways begin with. */
  readonly ipv4: string;
  readonly ipv6: string;
}

export class KernelModel {
  readonly links: ModelLink[];
  readonly sources = new Map<string, ModelSource>();
  /** Routes of others in the place of ours. */
  readonly foreign = new Set<string>();

  constructor(links: ModelLink[]) {
    this.links = links;
  }

  /** The route that should be best: a plain look at all. */
  best(key: string): ModelAction | undefined {
    let best: { distance: number; metric: number; serial: number; action: ModelAction } | undefined;
    for (const { distance, serial, routes } of this.sources.values()) {
      const route = routes.get(key);
      if (route === undefined) continue;
      const { metric, action } = route;
      const isBetter =
        best === undefined ||
        distance < best.distance ||
        (distance === best.distance &&
          (metric < best.metric || (metric === best.metric && serial > best.serial)));
      if (isBetter) best = { distance, metric, serial, action };
    }
    return best?.action;
  }

  /** What is wrong with what the kernel has; nothing when all is as it should be. */
  differences(found: ReadonlyMap<string, string>): string[] {
    const keys = new Set([
      ...found.keys(),
      ...[...this.sources.values()].flatMap(({ routes }) => [...routes.keys()]),
    ]);
    const wrong: string[] = [];
    for (const key of keys) {
      const allowed = this.#allowed(key);
      const is = found.get(key) ?? 'absent';
      if (!allowed.includes(is)) wrong.push(`${key} is ${is}: ${allowed.join(' or ')} is right`);
    }
    return wrong;
  }

  #allowed(key: string): string[] {
    const action = this.best(key);
    if (action === undefined) return ['absent'];
    // Whoever was there first stays.
    if (this.foreign.has(key)) return ['absent'];
    const text = textOf(action);
    if (action.kind !== 'forward') return [text];
    const reachable = action.hops.filter((hop) => this.#isReachable(hop));
    if (reachable.length === action.hops.length) return [text];
    // The kernel takes no such route anew, so it is one over the legs that are there. But a route over several links
    // outlives the loss of one, and its legs come back with their links, whatever addresses these have by then.
    const gone = action.hops.filter((hop) => !reachable.includes(hop));
    const kept = subsets(gone)
      .map((some) => action.hops.filter((hop) => reachable.includes(hop) || some.includes(hop)))
      .filter((hops) => {
        const over = new Set(hops.map((hop) => this.#linkOf(hop)));
        return over.size > 1 && [...over].some((link) => link?.isUp === true);
      });
    const texts = [reachable, ...kept].map((hops) =>
      hops.length === 0 ? 'absent' : textOf({ kind: 'forward', hops }),
    );
    return [...new Set(texts)];
  }

  #linkOf({ gateway, interface: name }: ModelHop): ModelLink | undefined {
    if (gateway === undefined) return this.links.find((link) => link.name === name);
    return this.links.find(({ ipv4, ipv6 }) => gateway.startsWith(ipv4) || gateway.startsWith(ipv6));
  }

  #isReachable(hop: ModelHop): boolean {
    const link = this.#linkOf(hop);
    if (link === undefined || !link.isUp) return false;
    // An interface alone needs no address there.
    if (hop.gateway === undefined) return true;
    return hop.gateway.includes(':') ? link.hasIpv6 : link.hasIpv4;
  }
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

function textOf(action: ModelAction): string {
  if (action.kind !== 'forward') return action.kind;
  const isOne = action.hops.length === 1;
  return action.hops
    .map(({ gateway, interface: name, weight }) => {
      const text = gateway ?? `dev ${name}`;
      return isOne ? text : `${text} x${weight}`;
    })
    .sort()
    .join(', ');
}

interface ShownHop {
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly dev?: string;
  readonly weight?: number;
}

interface ShownRoute extends ShownHop {
  readonly dst: string;
  readonly type?: string;
  readonly protocol?: string;
  readonly nexthops?: readonly ShownHop[];
}

/** The routes of a protocol in some tables, as iproute2 shows them: `FAMILY TABLE PREFIX` → what it does. */
export function readByIproute2(
  netns: string,
  tables: readonly number[],
  protocol: number,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const family of [4, 6]) {
    for (const table of tables) {
      const args = [`-${family}`, '-j', 'route', 'show', 'table', String(table), 'proto', String(protocol)];
      const { stdout, stderr } = withNetns(netns, () => spawnSync('ip', args, { encoding: 'utf8' }));
      // A table that nobody has put a route into yet.
      if (/FIB table does not exist/.test(stderr) || stdout.trim() === '') continue;
      for (const route of JSON.parse(stdout) as ShownRoute[]) {
        const key = `${family} ${table} ${prefixOf(route.dst, family)}`;
        found.set(key, found.has(key) ? 'there twice' : shownText(route));
      }
    }
  }
  return found;
}

function prefixOf(dst: string, family: number): string {
  if (dst === 'default') return family === 4 ? '0.0.0.0/0' : '::/0';
  return dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`;
}

function shownText({ type, nexthops, ...only }: ShownRoute): string {
  if (type !== undefined) return type;
  if (nexthops === undefined) return hopText(only);
  return nexthops
    .map((hop) => `${hopText(hop)} x${hop.weight ?? 1}`)
    .sort()
    .join(', ');
}

function hopText({ gateway, via, dev }: ShownHop): string {
  return gateway ?? via?.host ?? `dev ${dev}`;
}

export function ip(netns: string, ...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
}
