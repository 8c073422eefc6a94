/** `appliance show`: what a running appliance reports, as a table, or as JSON with --json; with --watch again and again. */
import type { ApplianceStatus, HealthReport } from '../status/mod.ts';
import type { AgedList, Figures, NodeFigures } from '../telemetry/mod.ts';
import type { RemoteOptions } from './options.ts';
import { boxText, statusText, updateText } from './show-box.ts';
import { explainRoute, listFib } from './show-fib.ts';
import { errorsText, healthText, nodesText } from './show-health.ts';
import {
  bgpText,
  bootText,
  fibText,
  importText,
  interfacesText,
  objectsText,
  servicesText,
  vppText,
  workersText,
} from './show-state.ts';
import { type Cell, formatTable } from './table.ts';
import { events, get, Refusal, type Target } from './transport.ts';
import type { View } from './view.ts';
import { watchView } from './watch.ts';

interface ShowOptions extends RemoteOptions {
  readonly watch: boolean;
}

/** `appliance run` is a program among others. */
const NO_BOX = 'this appliance does not own its machine: it has neither updates nor a watchdog\n';

/** A view of the status: a part of it as JSON, and a text. `now` in Unix milliseconds. */
function ofStatus(
  part: (now: ApplianceStatus) => unknown,
  text: (status: ApplianceStatus, now: number) => string,
): (target: Target) => Promise<View> {
  return async (target) => {
    const now = await status(target);
    return { json: part(now) ?? null, text: () => text(now, Date.now()) };
  };
}

/** What is asked of the appliance, and how it is shown. `all`: also what is zero. */
const VIEWS = {
  health: async (target) => {
    const report = await json<HealthReport>(target, '/health');
    const isWell = report.ready && report.level !== 'error';
    return { json: report, text: () => healthText(report), exitCode: isWell ? 0 : 1 };
  },
  interfaces: async (target) => {
    const [now, figures] = await Promise.all([status(target), json<Figures>(target, '/figures')]);
    const { interfaces } = now;
    const value = interfaces.map((one) => ({ ...one, rates: figures.rates?.interfaces[one.name] }));
    return { json: value, text: () => interfacesText(now, figures) };
  },
  objects: ofStatus(({ objects }) => objects, objectsText),
  vpp: ofStatus(({ vpp }) => vpp, vppText),
  workers: async (target) => {
    const [now, figures] = await Promise.all([status(target), json<Figures>(target, '/figures')]);
    return { json: figures.load ?? null, text: () => workersText(figures, now.box) };
  },
  nodes: async (target, all) => {
    const nodes = await json<AgedList<NodeFigures>>(target, all ? '/nodes?all' : '/nodes');
    return { json: nodes, text: () => nodesText(nodes) };
  },
  errors: async (target, all) => {
    const errors = await json<Parameters<typeof errorsText>[0]>(target, all ? '/errors?all' : '/errors');
    return { json: errors, text: () => errorsText(errors) };
  },
  fib: ofStatus(
    ({ fib }) => fib,
    ({ fib }, now) => fibText(fib, now),
  ),
  import: ofStatus(
    ({ kernelImport }) => kernelImport,
    ({ kernelImport }, now) => importText(kernelImport, now),
  ),
  bgp: ofStatus(
    ({ bgp }) => bgp,
    ({ bgp }, now) => bgpText(bgp, now),
  ),
  services: ofStatus(({ services }) => services, servicesText),
  boot: ofStatus(({ boot }) => boot, bootText),
  config: ofStatus(({ config }) => config, configText),
  update: ofStatus(
    ({ box }) => box?.update,
    ({ box }, now) => (box === undefined ? NO_BOX : updateText(box.update, now)),
  ),
  box: ofStatus(
    ({ box }) => withoutUpdate(box),
    ({ box }, now) => (box === undefined ? NO_BOX : boxText(box, now)),
  ),
  status: ofStatus((all) => all, statusText),
} as const satisfies Readonly<Record<string, (target: Target, all: boolean) => Promise<View>>>;

/** `show update` has it. */
function withoutUpdate(box: ApplianceStatus['box']): object | undefined {
  if (box === undefined) return undefined;
  const { update: _, ...rest } = box;
  return rest;
}

function configText({ config }: ApplianceStatus): string {
  const rows = config.problems.map(({ severity, line, leaf, message }): Cell[] => [
    { text: severity, shade: severity },
    `${config.path}:${line}`,
    leaf,
    message,
  ]);
  return `${config.path}: ${config.state}, ${config.source} in force\n${formatTable(rows)}`;
}

export type Subject = keyof typeof VIEWS;

/** The command that shows a subject; its exit code is the view's: for `health` 1 when something is broken. */
export function showing(subject: Subject): (options: ShowOptions & { all?: boolean }) => Promise<number> {
  return (options) =>
    present(`show ${subject}`, options, () => VIEWS[subject](options, options.all ?? false));
}

/** Why packets to a destination go where they go. */
export async function showRoute(
  words: readonly string[],
  options: ShowOptions & { readonly table: string | undefined },
): Promise<number> {
  return present(`show route ${words.join(' ')}`, options, () => explainRoute(options, words, options.table));
}

/** The state of all FIBs, or the routes of one. */
export async function showFib(backend: string | undefined, options: ShowOptions): Promise<number> {
  return backend === undefined ? showing('fib')(options) : listFib(options, backend, options.json);
}

/** What is kept of a service's output; with `follow` lines as they come, until the appliance or the reader ends it. */
export async function showLog(
  service: string | undefined,
  options: ShowOptions & { readonly follow: boolean },
): Promise<number> {
  const path = `/log?service=${encodeURIComponent(service ?? 'appliance')}`;
  if (options.follow) {
    for await (const line of events(options, `${path}&follow`)) {
      process.stdout.write(`${options.json ? JSON.stringify(line) : line}\n`);
    }
    return 0;
  }
  return present(`show log ${service ?? ''}`, options, async () => {
    const text = await get(options, path);
    return { json: text.split('\n').filter((line) => line !== ''), text: () => text };
  });
}

async function present(title: string, options: ShowOptions, ask: () => Promise<View>): Promise<number> {
  const render = (view: View): string => (options.json ? `${JSON.stringify(view.json)}\n` : view.text());
  if (options.watch) {
    return watchView({
      changes: (signal) => events(options, '/events', signal),
      draw: async () => render(await ask()),
      title,
      onScreen: process.stdout.isTTY && !options.json,
      isFinal: (error) => error instanceof Refusal,
    });
  }
  const view = await ask();
  process.stdout.write(render(view));
  return view.exitCode ?? 0;
}

async function json<Value>(target: Target, path: string): Promise<Value> {
  return JSON.parse(await get(target, path)) as Value;
}

function status(target: Target): Promise<ApplianceStatus> {
  return json<ApplianceStatus>(target, '/status');
}
