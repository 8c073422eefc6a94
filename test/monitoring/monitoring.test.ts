/** docs/monitoring against Debian's promtool, and each of its queries against what `/metrics` really has. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseExposition, scrape } from '../fixtures/exposition.ts';
import { makeBox, makeInterface, makeSnapshot, makeStatus } from '../fixtures/status.ts';
import { findPrometheus, WITHOUT_PROMETHEUS } from './prometheus.ts';
import { namesOf } from './promql.ts';

const FOLDER = resolve(import.meta.dirname, '../../docs/monitoring');

/** What Prometheus adds to every series. */
const OF_PROMETHEUS = ['job', 'instance'];

/** The expressions of the alert rules; of YAML as much as they need. */
function ruleExpressions(): { name: string; expression: string }[] {
  const rules = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')
    .split(/^ +- alert: /m)
    .slice(1);
  return rules.map((text) => {
    const name = /^\w+/.exec(text)?.[0] ?? '';
    const found = /^ +expr: (?:>-\n((?: {10}.*\n)+)|(.+)\n)/m.exec(text);
    return { name, expression: (found?.[1] ?? found?.[2] ?? '').trim().replaceAll(/\s+/g, ' ') };
  });
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};

function dashboardExpressions(): { name: string; expression: string; legend: string }[] {
  return [
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ name: title, expression: expr, legend: legendFormat })),
    ),
    ...dashboard.annotations.list.map(({ expr }) => ({ name: 'annotation', expression: expr, legend: '' })),
  ];
}

/** Label values by label, by metric, of a scrape in which everything is there. */
let exposed: Map<string, Map<string, Set<string>>>;
let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'monitoring-'));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('sys/class/hwmon/hwmon0/name', 'coretemp');
  put('sys/class/hwmon/hwmon0/temp1_input', '40000');
  put('sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq', '800000');
  put('sys/class/net/enp4s0/statistics/rx_bytes', '1');
  put('sys/class/net/enp4s0/statistics/tx_bytes', '1');
  put('proc/meminfo', 'MemTotal: 2 kB\nMemAvailable: 1 kB\n');
  const status = makeStatus({
    box: makeBox({
      time: {
        state: 'synchronised',
        servers: ['a'],
        source: 'dhcp',
        estimatedErrorSeconds: 0,
        maximumErrorSeconds: 1,
      },
    }),
    telemetry: { zeroSeries: true },
    interfaces: [
      makeInterface('xe0', {
        speedMbps: 2500,
        hostInterface: { state: 'paired', name: 'xe0', netns: 'dataplane' },
      }),
    ],
    conditions: [{ severity: 'error', subject: 'nic', reason: 'r', since: 0 }],
    fib: makeStatus().fib.map((one) => ({ ...one, lastFullConvergenceMs: 5 })),
    kernelImport: {
      state: 'following',
      since: 0,
      routes: 3,
      readings: 1,
      notTaken: { routes: 1, byReason: { 'link-not-in-vpp': 1 }, first: [] },
    },
  });
  const text = await scrape({ root, status: () => status, snapshot: makeSnapshot() });
  exposed = new Map([['up', new Map()]]);
  for (const [name, { type, samples }] of parseExposition(text)) {
    const labels = new Map<string, Set<string>>();
    for (const sample of samples) {
      for (const [label, value] of Object.entries(sample.labels)) {
        labels.set(label, (labels.get(label) ?? new Set()).add(value));
      }
    }
    if (samples.length > 0) exposed.set(type === 'histogram' ? `${name}_bucket` : name, labels);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What is wrong with the names of an expression. */
function problemsOf(expression: string, legend = ''): string[] {
  const { selectors, grouping } = namesOf(expression);
  const problems: string[] = [];
  const known = new Set(OF_PROMETHEUS);
  for (const { metric, matchers } of selectors) {
    const labels = exposed.get(metric);
    if (labels === undefined) problems.push(`there is no metric ${metric}`);
    for (const label of labels?.keys() ?? []) known.add(label);
    for (const { label, operator, value } of matchers) {
      if (OF_PROMETHEUS.includes(label)) continue;
      const values = labels?.get(label);
      if (values === undefined) problems.push(`${metric} has no label ${label}`);
      else if (!value.includes('$') && ['=', '=~'].includes(operator)) {
        for (const one of value.split('|')) {
          if (!values.has(one)) problems.push(`${metric} has no ${label}="${one}"`);
        }
      }
    }
  }
  if (selectors.length === 0) problems.push('it names no metric');
  const shown = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
  for (const label of [...grouping, ...shown]) {
    if (!known.has(label)) problems.push(`none of its metrics has a label ${label}`);
  }
  return problems;
}

describe('the queries', () => {
  test('of the alert rules name metrics, labels and values that there are', () => {
    const rules = ruleExpressions();
    expect(rules.length).toBeGreaterThan(15);
    expect(rules.map(({ name, expression }) => [name, problemsOf(expression)])).toEqual(
      rules.map(({ name }) => [name, []]),
    );
  });

  test('of the dashboard name metrics, labels and values that there are', () => {
    const queries = dashboardExpressions();
    expect(queries.length).toBeGreaterThan(40);
    const problems = queries.map(({ name, expression, legend }) => [name, problemsOf(expression, legend)]);
    expect(problems).toEqual(queries.map(({ name }) => [name, []]));
  });

  test('use only variables that the dashboard has', () => {
    const known = new Set(dashboard.templating.list.map(({ name }) => name));
    for (const name of ['__rate_interval', '__all']) known.add(name);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  test('that name what there is not are found out', () => {
    expect(problemsOf('rate(vpp_interface_gifts_total[5m])')).toEqual([
      'there is no metric vpp_interface_gifts_total',
    ]);
    expect(problemsOf('vpp_interface_drops_total{interface="xe0",colour="red"}')).toEqual([
      'vpp_interface_drops_total has no label colour',
    ]);
    expect(problemsOf('sum by (backend, flavour) (appliance_fib_routes{state="lost"})')).toEqual([
      'appliance_fib_routes has no state="lost"',
      'none of its metrics has a label flavour',
    ]);
  });
});

describe("Debian's promtool", () => {
  beforeEach((ctx) => {
    if (findPrometheus() === undefined) ctx.skip(WITHOUT_PROMETHEUS);
  });

  const promtool = (...args: string[]): { code: number | null; output: string } => {
    const program = findPrometheus()?.promtool ?? '';
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: FOLDER, encoding: 'utf8' });
    return { code: status, output: stdout + stderr };
  };

  test.each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])('is content: promtool %s %s %s', (...args) => {
    const { code, output } = promtool(...args);
    expect(code, output).toBe(0);
  });

  test('takes the queries of the dashboard as rules', () => {
    const rules = dashboardExpressions().map(({ expression }, i) => {
      const text = expression
        .replaceAll('$__rate_interval', '1m')
        .replaceAll(/\$(job|instance|interface)/g, 'a');
      return `      - record: query_${i}\n        expr: ${JSON.stringify(text)}\n`;
    });
    const file = join(root, 'dashboard-rules.yml');
    writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${rules.join('')}`);
    const { code, output } = promtool('check', 'rules', file);
    expect(code, output).toBe(0);
  });

  test('has a test for each alert', () => {
    const tested = readFileSync(join(FOLDER, 'alerts.test.yml'), 'utf8');
    const untested = ruleExpressions().filter(({ name }) => !tested.includes(`alertname: ${name}\n`));
    expect(untested).toEqual([]);
  });
});
