/** `appliance show …`: what a running appliance reports, as a table, or as JSON with --json; with --watch again and again. */
import { parseArgs } from 'node:util';
import type { AgedList, Figures, NodeFigures } from '../telemetry/mod.ts';
import type { HealthReport } from '../status/mod.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { boxText, statusText, updateText } from './show-box.ts';
import { showFibRoutes, showRoute } from './show-fib.ts';
import { errorsText, healthText, nodesText } from './show-health.ts';
import {
  bootText,
  fibText,
  importText,
  interfacesText,
  servicesText,
  vppText,
  workersText,
} from './show-state.ts';
import { type Cell, formatTable } from './table.ts';
import { events, get, Refusal, TARGET_OPTIONS, type Target, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';
import { watchView } from './watch.ts';

interface View {
  readonly json: unknown;
  text(): string;
  /** 0 unless it is said here. */
  readonly exitCode?: number;
}

interface Asked {
  readonly target: Target;
  /** Words after the name of the view. */
  readonly rest: readonly string[];
  /** Also what is zero. */
  readonly all: boolean;
  /** `--table`. */
  readonly table: string | undefined;
}

/** `appliance run` is a program among others. */
const NO_BOX = 'this appliance does not own its machine: it has neither updates nor a watchdog\n';

type Viewer = (asked: Asked) => Promise<View>;

const VIEWERS: Readonly<Record<string, Viewer>> = {
  route: ({ target, rest, table }) => showRoute(target, rest, table),
  health: async ({ target }) => {
    const report = await json<HealthReport>(target, '/health');
    const isWell = report.ready && report.level !== 'error';
    return { json: report, text: () => healthText(report), exitCode: isWell ? 0 : 1 };
  },
  interfaces: async ({ target }) => {
    const [now, figures] = await Promise.all([status(target), json<Figures>(target, '/figures')]);
    const { interfaces } = now;
    const value = interfaces.map((one) => ({ ...one, rates: figures.rates?.interfaces[one.name] }));
    return { json: value, text: () => interfacesText(now, figures) };
  },
  vpp: async ({ target }) => {
    const now = await status(target);
    return { json: now.vpp, text: () => vppText(now, Date.now()) };
  },
  workers: async ({ target }) => {
    const [now, figures] = await Promise.all([status(target), json<Figures>(target, '/figures')]);
    return { json: figures.load ?? null, text: () => workersText(figures, now.box) };
  },
  nodes: async ({ target, all }) => {
    const nodes = await json<AgedList<NodeFigures>>(target, all ? '/nodes?all' : '/nodes');
    return { json: nodes, text: () => nodesText(nodes) };
  },
  errors: async ({ target, all }) => {
    const errors = await json<Parameters<typeof errorsText>[0]>(target, all ? '/errors?all' : '/errors');
    return { json: errors, text: () => errorsText(errors) };
  },
  fib: async ({ target }) => {
    const { fib } = await status(target);
    return { json: fib, text: () => fibText(fib, Date.now()) };
  },
  import: async ({ target }) => {
    const { kernelImport } = await status(target);
    return { json: kernelImport ?? null, text: () => importText(kernelImport, Date.now()) };
  },
  services: async ({ target }) => {
    const now = await status(target);
    return { json: now.services, text: () => servicesText(now, Date.now()) };
  },
  boot: async ({ target }) => {
    const now = await status(target);
    return { json: now.boot, text: () => bootText(now) };
  },
  config: async ({ target }) => {
    const { config } = await status(target);
    const rows = config.problems.map(({ severity, line, leaf, message }): Cell[] => [
      { text: severity, shade: severity },
      `${config.path}:${line}`,
      leaf,
      message,
    ]);
    const head = `${config.path}: ${config.state}, ${config.source} in force\n`;
    return { json: config, text: () => head + formatTable(rows) };
  },
  log: async ({ target, rest: [service = 'appliance'] }) => {
    const text = await get(target, `/log?service=${encodeURIComponent(service)}`);
    return { json: text.split('\n').filter((line) => line !== ''), text: () => text };
  },
  update: async ({ target }) => {
    const update = (await status(target)).box?.update;
    return {
      json: update ?? null,
      text: () => (update === undefined ? NO_BOX : updateText(update, Date.now())),
    };
  },
  box: async ({ target }) => {
    const { box } = await status(target);
    if (box === undefined) return { json: null, text: () => NO_BOX };
    // show update has it
    const { update: _, ...rest } = box;
    return { json: rest, text: () => boxText(rest, Date.now()) };
  },
  status: async ({ target }) => {
    const all = await status(target);
    return { json: all, text: () => statusText(all, Date.now()) };
  },
};

async function json<Value>(target: Target, path: string): Promise<Value> {
  return JSON.parse(await get(target, path)) as Value;
}

function status(target: Target): Promise<ApplianceStatus> {
  return json<ApplianceStatus>(target, '/status');
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

/** Resolves with the view's exit code: of `health` 1 when it is not well. */
export async function show(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...TARGET_OPTIONS,
      follow: { type: 'boolean', default: false },
      table: { type: 'string' },
      watch: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  });
  const two = positionals.slice(0, 2).join(' ');
  const one = positionals[0] ?? '';
  const asJson = values.json;
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
  if (name !== 'route' && rest.length > (name === 'log' ? 1 : 0)) {
    throw new UsageError(`show ${name} takes no "${rest.at(-1)}"`);
  }
  if (values.all && name !== 'nodes' && name !== 'errors') {
    throw new UsageError('--all goes with show nodes and show errors');
  }
  const target = targetOf(values);
  const asked: Asked = { target, rest, all: values.all, table: values.table };
  if (values.follow) {
    if (name !== 'log') throw new UsageError('--follow goes with show log');
    return followLog(target, rest, values.json);
  }
  const render = (view: View): string => (asJson ? `${JSON.stringify(view.json)}\n` : view.text());
  if (values.watch) {
    return watchView({
      changes: (signal) => events(target, '/events', signal),
      draw: async () => render(await viewer(asked)),
      title: `show ${positionals.join(' ')}`,
      onScreen: process.stdout.isTTY && !asJson,
      isFinal: (error) => error instanceof Refusal,
    });
  }
  const view = await viewer(asked);
  process.stdout.write(render(view));
  return view.exitCode ?? 0;
}
