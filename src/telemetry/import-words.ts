/** What is said of the routes that are learnt from routing daemons, so that page, health, log and `show` say the same. Pure. */
import type { ImportRefusal, KernelImportStatus } from '../fib/status.ts';
import { plural } from '../report/mod.ts';

/** How many routes there are, and how many are not taken. */
export function describeImport(imported: KernelImportStatus): string {
  if (imported.state === 'waiting') return `Waiting: ${imported.reason}`;
  const { routes, notTaken } = imported;
  const reading = imported.state === 'reading' ? ', being read' : '';
  const without = notTaken.routes === 0 ? '' : `, ${notTaken.routes} not taken over`;
  return `${plural(routes, 'route')}${reading}${without}`;
}

/** `2001:db8::/32 from 2001:db8:1::/48 in table 100`: which route it is about. */
export function importedRouteText({ prefix, from, table }: ImportRefusal): string {
  return (
    prefix + (from === undefined ? '' : ` from ${from}`) + (table === undefined ? '' : ` in table ${table}`)
  );
}

/** Why it is not taken, or what of it. */
export function describeImportRefusal(refusal: ImportRefusal): string {
  const hop = refusal['next-hop'];
  return hop === undefined ? reasonOf(refusal) : `without its next hop ${hop}: ${reasonOf(refusal)}`;
}

/** `3 routes of routing daemons are not taken over, such as …`; undefined when all are. */
export function describeNotTaken({ notTaken }: KernelImportStatus): string | undefined {
  const [first] = notTaken.first;
  if (first === undefined) return undefined;
  const example = `${importedRouteText(first)}: ${describeImportRefusal(first)}`;
  const { routes } = notTaken;
  if (routes === 0) return `Routes of routing daemons are not taken over as they are, such as ${example}`;
  return `${plural(routes, 'route')} of routing daemons ${routes === 1 ? 'is' : 'are'} not taken over, such as ${example}`;
}

function reasonOf({ reason, detail = '?', from = '?' }: ImportRefusal): string {
  switch (reason) {
    case 'route-type':
      return `VPP has nothing for its type, ${detail}`;
    case 'throw-in-table':
      return 'throw lets Linux go on with its next rule; VPP has no rules, and answers unreachable';
    case 'source-specific':
      return `it is for packets from ${from} only, and VPP forwards by destination alone`;
    case 'tos':
      return `it is for the type of service ${detail} only, and VPP forwards by destination alone`;
    case 'link-not-in-vpp':
      return `${detail} is the TAP of no interface of VPP`;
    case 'encapsulated':
      return `it puts packets into a tunnel (${detail})`;
    case 'labels-differ':
      return 'each of its next hops pushes other MPLS labels';
    case 'label-without-gateway':
      return 'it pushes an MPLS label without a gateway';
    case 'nexthop-object':
      return `the kernel does not tell of its nexthop object ${detail}`;
    case 'too-many-next-hops':
      return `it has ${detail} next hops, of which the first 64 are taken`;
    case 'table-full':
      return 'the route table is full';
  }
}
