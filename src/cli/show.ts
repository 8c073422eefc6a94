/** `appliance show …`: what a running appliance says of itself, as a table on a terminal and as JSON elsewhere. */
import { parseArgs } from 'node:util';
import type { ApplianceStatus } from '../telemetry/mod.ts';
import { boxText, statusText, updateText } from './show-box.ts';
import { showFibRoutes, showRoute } from './show-fib.ts';
import { formatTable } from './table.ts';
import { events, get, TARGET_OPTIONS, type Target, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

interface View {
  readonly json: unknown;
  text(): string;
}

/** `appliance run` is a program among others. */
const NO_BOX = 'this appliance does not own its machine: it has neither updates nor a watchdog\n';

type Viewer = (target: Target, rest: readonly string[], table: string | undefined) => Promise<View>;

const VIEWERS: Readonly<Record<string, Viewer>> = {
  route: showRoute,
  fib: async (target) => {
    const { fib } = await status(target);
    return { json: fib, text: () => fibText(fib) };
  },
  interfaces: async (target) => {
    const { interfaces } = await status(target);
    const rows = interfaces.map((one) => [
      one.name,
      one.dataPlane,
      one.adminUp ? 'up' : 'down',
      one.link,
      String(one.mtuBytes ?? '-'),
      one.addresses.join(', ') || '-',
      hostInterfaceText(one),
      'reason' in one.state ? `${one.state.state}: ${one.state.reason}` : one.state.state,
    ]);
    const heading = ['NAME', 'PLANE', 'ADMIN', 'LINK', 'MTU', 'ADDRESSES', 'LINUX', 'STATE'];
    return { json: interfaces, text: () => formatTable([heading, ...rows]) };
  },
  vpp: async (target) => {
    const { vpp } = await status(target);
    const say = (part: { state: string; reason?: string }): string =>
      part.reason === undefined ? part.state : `${part.state}: ${part.reason}`;
    const rows = [
      ['process', say(vpp.process)],
      ['API', say(vpp.api)],
      ['version', vpp.version ?? 'unknown'],
      ['pid', String(vpp.pid ?? '-')],
      ['restarts', String(vpp.restarts)],
    ];
    return { json: vpp, text: () => formatTable(rows) };
  },
  config: async (target) => {
    const { config } = await status(target);
    const rows = config.problems.map(({ severity, line, leaf, message }) => [
      severity,
      `${config.path}:${line}`,
      leaf,
      message,
    ]);
    const head = `${config.path}: ${config.state}, ${config.source} in force\n`;
    return { json: config, text: () => head + formatTable(rows) };
  },
  log: async (target, [service = 'appliance']) => {
    const text = await get(target, `/log?service=${encodeURIComponent(service)}`);
    return { json: text.split('\n').filter((line) => line !== ''), text: () => text };
  },
  update: async (target) => {
    const update = (await status(target)).box?.update;
    return {
      json: update ?? null,
      text: () => (update === undefined ? NO_BOX : updateText(update, Date.now())),
    };
  },
  box: async (target) => {
    const { box } = await status(target);
    if (box === undefined) return { json: null, text: () => NO_BOX };
    // show update has it
    const { update: _, ...rest } = box;
    return { json: rest, text: () => boxText(rest, Date.now()) };
  },
  status: async (target) => {
    const all = await status(target);
    return { json: all, text: () => statusText(all, Date.now()) };
  },
};

function fibText(backends: ApplianceStatus['fib']): string {
  const rows = backends.map((one) => [
    one.backend,
    'reason' in one.status ? `${one.status.state}: ${one.status.reason}` : one.status.state,
    String(one.desired),
    String(one.programmed),
    String(one.pending),
    String(one.failed),
  ]);
  return formatTable([['BACKEND', 'STATE', 'DESIRED', 'PROGRAMMED', 'PENDING', 'FAILED'], ...rows]);
}

/** The TAP of an interface as `namespace/name`, or why it has none. */
function hostInterfaceText({ hostInterface }: ApplianceStatus['interfaces'][number]): string {
  if (hostInterface === undefined) return '-';
  return hostInterface.state === 'paired'
    ? `${hostInterface.netns}/${hostInterface.name}`
    : `none: ${hostInterface.reason}`;
}

async function status(target: Target): Promise<ApplianceStatus> {
  return JSON.parse(await get(target, '/status')) as ApplianceStatus;
}

/** Prints lines as they come, until the appliance or the reader of the output ends it. */
async function followLog(
  target: Target,
  [service = 'appliance']: readonly string[],
  asJson: boolean,
): Promise<number> {
  for await (const line of events(target, `/log?service=${encodeURIComponent(service)}&follow`)) {
    process.stdout.write(`${asJson ? JSON.stringify(line) : line}\n`);
  }
  return 0;
}

export async function show(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...TARGET_OPTIONS,
      follow: { type: 'boolean', default: false },
      table: { type: 'string' },
    },
  });
  const two = positionals.slice(0, 2).join(' ');
  const one = positionals[0] ?? '';
  const asJson = values.json || !process.stdout.isTTY;
  if (values.table !== undefined && one !== 'route') throw new UsageError('--table goes with show route');
  if (two === 'fib vpp' || two === 'fib kernel') {
    if (positionals.length > 2) throw new UsageError(`show ${two} takes no more words`);
    return showFibRoutes(targetOf(values), two === 'fib vpp' ? 'vpp' : 'kernel', asJson);
  }
  const name = Object.hasOwn(VIEWERS, two) ? two : one;
  const viewer = Object.hasOwn(VIEWERS, name) ? VIEWERS[name] : undefined;
  if (viewer === undefined) {
    const all = ['fib vpp', 'fib kernel', ...Object.keys(VIEWERS)].join(', ');
    throw new UsageError(`show takes ${all}, not "${positionals.join(' ')}"`);
  }
  const rest = positionals.slice(name.split(' ').length);
  const target = targetOf(values);
  if (values.follow) {
    if (name !== 'log') throw new UsageError('--follow goes with show log');
    return followLog(target, rest, values.json);
  }
  const view = await viewer(target, rest, values.table);
  process.stdout.write(asJson ? `${JSON.stringify(view.json)}\n` : view.text());
  return 0;
}
