/** What changes between two sets of static routes, as text: counts, and the first few by name. */
import type { Destination, NextHop, RouteAction, StaticRoute } from './types.ts';

/** Routes of each kind that are named. */
const NAMED = 3;

/** `2 added (10.0.0.0/8 to 192.0.2.1, …), 1 removed (…)`; undefined when nothing changes. */
export function describeRoutes(
  before: readonly StaticRoute[],
  after: readonly StaticRoute[],
): string | undefined {
  // Most comparisons are of a configuration with what is in force of it.
  if (before === after) return undefined;
  const old = new Map(before.map((route) => [keyOf(route), route]));
  const added: string[] = [];
  const changed: string[] = [];
  for (const route of after) {
    const key = keyOf(route);
    const earlier = old.get(key);
    old.delete(key);
    if (earlier === undefined) added.push(`${key} to ${targetOf(route)}`);
    else if (earlier.metric !== route.metric || !isSameAction(earlier.action, route.action))
      changed.push(`${key} from ${targetOf(earlier)} to ${targetOf(route)}`);
  }
  const parts = [part(added, 'added'), part(changed, 'changed'), part([...old.keys()], 'removed')].filter(
    (words) => words !== undefined,
  );
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Whether two actions forward alike; the order of next hops does not matter. */
export function isSameAction(a: RouteAction, b: RouteAction): boolean {
  if (a.kind !== 'forward' || b.kind !== 'forward') return a.kind === b.kind;
  if (a.nextHops.length !== b.nextHops.length || a.labels.join() !== b.labels.join()) return false;
  // Whole tables are compared when the configuration is read again: no text is made for what is in the same order.
  const isInOrder = a.nextHops.every((hop, index) => isSameHop(hop, b.nextHops[index]));
  return isInOrder || formatHops(a.nextHops).sort().join() === formatHops(b.nextHops).sort().join();
}

/** `192.0.2.1@2%xe0, 192.0.2.5`, `%xe0`, `192.0.2.1 swap 200`: an action as `[route]` writes it for destinations of a family. */
export function formatAction(action: RouteAction, family: Destination['family']): string {
  if (action.kind !== 'forward') return action.kind;
  return formatHops(action.nextHops).join(', ') + labelWords(action.labels, family);
}

function labelWords(labels: readonly number[], family: Destination['family']): string {
  if (labels.length > 0) return ` ${family === 'mpls' ? 'swap' : 'label'} ${labels.join('/')}`;
  return family === 'mpls' ? ' pop' : '';
}

function targetOf({ action, destination, metric }: StaticRoute): string {
  return formatAction(action, destination.family) + (metric === 0 ? '' : ` metric ${metric}`);
}

function part(names: readonly string[], what: string): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > NAMED ? ', …' : '';
  return `${names.length} ${what} (${names.slice(0, NAMED).join('; ')}${more})`;
}

function keyOf({ destination, tableId }: StaticRoute): string {
  const table = tableId === undefined ? '' : ` table ${tableId}`;
  return formatDestination(destination) + table;
}

/** `10.0.0.0/8` or `mpls 100`. */
export function formatDestination(destination: Destination): string {
  if (destination.family === 'mpls') return `mpls ${destination.label}`;
  return `${destination.address}/${destination.length}`;
}

function isSameHop(a: NextHop, b: NextHop | undefined): boolean {
  return b !== undefined && a.address === b.address && a.weight === b.weight && a.interface === b.interface;
}

function formatHops(hops: readonly NextHop[]): string[] {
  return hops.map(
    ({ address = '', weight, interface: name }) =>
      `${address}${weight === 1 ? '' : `@${weight}`}${name === undefined ? '' : `%${name}`}`,
  );
}
