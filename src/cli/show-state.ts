/** What `appliance show interfaces`, `vpp`, `fib`, `services`, `workers` and `boot` print on a terminal. Pure. */
import {
  COUNT_LEVELS,
  describeImport,
  describeImportRefusal,
  differenceWords,
  FIB_COUNTS,
  FIB_SHADES,
  type FibBackendStatus,
  importedRouteText,
  type KernelImportStatus,
} from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import { describeDrift, describeFacts, factLines } from '../objects/status.ts';
import {
  formatAgo,
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatPacketRate,
  formatTime,
  type Level,
} from '../report/mod.ts';
import type { ApplianceStatus, BootPhase } from '../status/mod.ts';
import { BGP_SHADES, type BgpStatus, describeBgpNeighbor } from '../bgp/status.ts';
import { describeService, SERVICE_SHADES } from '../supervise/status.ts';
import type { Figures } from '../telemetry/mod.ts';
import { describeApi, describeStats } from '../vpp/status.ts';
import type { Shade } from './paint.ts';
import { type Cell, formatTable } from './table.ts';

/** `VLIB_FRAME_SIZE` of VPP's src/vlib/node.h. */
const FULL_VECTOR = 256;

export function interfacesText(
  { interfaces }: Pick<ApplianceStatus, 'interfaces'>,
  { rates }: Figures,
): string {
  const rows = interfaces.map((one): Cell[] => {
    const now = rates?.interfaces[one.name];
    const rate = (value: number | undefined, format: (value: number) => string): string =>
      value === undefined ? '-' : format(value);
    return [
      one.name,
      one.dataPlane,
      one.adminUp ? 'up' : { text: 'down', shade: 'dim' },
      linkCell(one),
      one.speedMbps === undefined ? '-' : formatBitRate(one.speedMbps * 1e6),
      String(one.mtuBytes ?? '-'),
      rate(now?.rxBits, formatBitRate),
      rate(now?.rxPackets, formatPacketRate),
      rate(now?.txBits, formatBitRate),
      rate(now?.txPackets, formatPacketRate),
      trouble(now?.drops),
      trouble(now?.errors),
      one.addresses.join(', ') || '-',
      hostInterfaceCell(one),
      tableCell(one),
      stateCell(one),
    ];
  });
  const heading = ['NAME', 'PLANE', 'ADMIN', 'LINK', 'SPEED', 'MTU', 'IN', '', 'OUT', '', 'DROPS', 'ERRORS'];
  return formatTable([[...heading, 'ADDRESSES', 'LINUX', 'TABLE', 'STATE'], ...rows], {
    right: [4, 5, 6, 7, 8, 9, 10, 11],
    heading: true,
  });
}

export function objectsText({ objects }: Pick<ApplianceStatus, 'objects'>, now: number): string {
  const rows = objects.objects.flatMap(({ kind, name, state, facts }): Cell[][] => {
    const shown: Cell =
      state.state === 'ok'
        ? { text: 'ok', shade: 'ok' }
        : { text: `failed: ${state.reason}`, shade: 'error' };
    return [
      [kind, name, shown, describeFacts(facts) || '-'],
      ...factLines(facts).map((line): Cell[] => ['', '', '', line]),
    ];
  });
  const drift = objects.lastDrift === undefined ? '' : `VPP was ${describeDrift(objects.lastDrift, now)}\n`;
  if (rows.length === 0)
    return `${drift}The configuration asks VPP for nothing besides interfaces and routes.\n`;
  return drift + formatTable([['KIND', 'NAME', 'STATE', 'NOW'], ...rows], { heading: true });
}

/** The TAP of an interface as `namespace/name`, or why it has none. */
function hostInterfaceCell({ hostInterface }: InterfaceStatus): Cell {
  if (hostInterface === undefined) return '-';
  return hostInterface.state === 'paired'
    ? `${hostInterface.netns}/${hostInterface.name}`
    : { text: `none: ${hostInterface.reason}`, shade: 'error' };
}

function linkCell({ adminUp, link }: InterfaceStatus): Cell {
  if (!adminUp) return { text: link, shade: 'dim' };
  return link === 'down' ? { text: link, shade: 'error' } : link;
}

/** Of its VRF. */
function tableCell({ tableId }: InterfaceStatus): Cell {
  return tableId === undefined ? '-' : String(tableId);
}

function stateCell({ state, isSetDownInLinux }: InterfaceStatus): Cell {
  switch (state.state) {
    case 'ok':
      if (isSetDownInLinux === true) return { text: 'set down in Linux', shade: 'warning' };
      return { text: 'ok', shade: 'ok' };
    case 'unconfigured':
      return { text: 'not in the configuration', shade: 'dim' };
    case 'pending':
      return { text: `pending: ${state.reason}`, shade: 'warning' };
    case 'failed':
      return { text: `failed: ${state.reason}`, shade: 'error' };
  }
}

function trouble(perSecond: number | undefined): Cell {
  if (perSecond === undefined) return '-';
  const text = formatPacketRate(perSecond);
  return perSecond >= 0.5 ? { text, shade: 'warning' } : text;
}

/** `now` in Unix milliseconds, here and below. */
export function vppText({ vpp, stats, hugepages, services }: ApplianceStatus, now: number): string {
  const exit = services.find(({ name }) => name === 'vpp')?.lastExit;
  const { api } = vpp;
  const connection = describeApi(api, now);
  const rows: Cell[][] = [
    ['process', { text: describeService(vpp.process, now), shade: shadeOf(SERVICE_SHADES, vpp.process) }],
    ['API', { text: connection.text, shade: connection.level }],
    ['version', vpp.version ?? 'not known'],
    ['pid', String(vpp.pid ?? '-')],
    ['restarts', formatCount(vpp.restarts)],
    [
      'last end',
      exit === undefined ? '-' : `${formatTime(exit.at)}, ${formatAgo(exit.at, now)}: ${exit.reason}`,
    ],
    ['counters', describeStats(stats)],
    ...hugepages.map((pool): Cell[] =>
      pool.state === 'not-needed'
        ? ['hugepages', `not needed: ${pool.reason}`]
        : [
            'hugepages',
            `${pool.allocated} of ${pool.requested} of ${formatBytes(pool.pageSizeBytes)}${pool.state === 'ok' ? '' : `: ${pool.reason}`}`,
          ],
    ),
    ...(api.state === 'incompatible' ? api.messages.map((one) => ['', `${one.name}: ${one.reason}`]) : []),
  ];
  return formatTable(rows);
}

export function fibText(backends: readonly FibBackendStatus[], now: number): string {
  const rows = backends.map((one): Cell[] => [
    one.backend,
    ...FIB_COUNTS.map((name): Cell => {
      const level = one[name] === 0 ? undefined : COUNT_LEVELS[name];
      return level === undefined ? String(one[name]) : { text: String(one[name]), shade: level };
    }),
    one.lastConvergenceMs === undefined ? '-' : formatDuration(one.lastConvergenceMs),
    'since' in one.status ? formatAgo(one.status.since, now) : '-',
    fibCell(one.status),
  ]);
  const failures = backends.flatMap((one) =>
    one.failures.map(({ prefix, reason }): Cell[] => ['', prefix, { text: reason, shade: 'error' }]),
  );
  const leftOut = backends.flatMap((one) =>
    one.leftOut.map((hop): Cell[] => {
      const text = `routes over several next hops are without it: ${hop.reason}`;
      return ['', hop['next-hop'], { text, shade: 'warning' }];
    }),
  );
  const differences = backends.flatMap((one) =>
    (one.audit?.recent ?? []).map(({ prefix, what, at }): Cell[] => {
      const text = `${differenceWords(what)} ${formatAgo(at, now)}: it was programmed again`;
      return ['', prefix, { text, shade: 'warning' }];
    }),
  );
  const heading = [
    'BACKEND',
    'DESIRED',
    'PROGRAMMED',
    'PENDING',
    'FAILED',
    'UNRESOLVED',
    'CONVERGED IN',
    'SINCE',
    'STATE',
  ];
  return (
    formatTable([heading, ...rows], { right: [1, 2, 3, 4, 5, 6], heading: true }) +
    formatTable([...failures, ...leftOut, ...differences])
  );
}

/** What routing daemons install, and what of it is not taken: the first few by name, all by reason. */
export function importText(imported: KernelImportStatus | undefined, now: number): string {
  if (imported === undefined) return 'routes of daemons are not imported (fib.kernel.import)\n';
  const { notTaken, readings, since, state } = imported;
  const reasons = Object.entries(notTaken.byReason).map(
    ([reason, count]) => `${reason} ${formatCount(count)}`,
  );
  const facts: Cell[][] = [
    ['state', { text: state, shade: state === 'following' ? 'ok' : 'warning' }],
    ['since', formatAgo(since, now)],
    ['routes', describeImport(imported)],
    ['readings', formatCount(readings)],
    ['not taken', { text: reasons.join(', ') || '-', shade: reasons.length === 0 ? 'dim' : 'warning' }],
  ];
  const rows = notTaken.first.map((one): Cell[] => [
    importedRouteText(one),
    { text: one.reason, shade: 'warning' },
    describeImportRefusal(one),
  ]);
  return formatTable(facts) + (rows.length === 0 ? '' : `\n${formatTable(rows)}`);
}

function fibCell(status: FibBackendStatus['status']): Cell {
  const text = 'reason' in status ? `${status.state}: ${status.reason}` : status.state;
  return { text, shade: shadeOf(FIB_SHADES, status) };
}

export function servicesText({ services }: ApplianceStatus, now: number): string {
  const rows = services.map((one): Cell[] => [
    one.name,
    String('pid' in one.status ? (one.status.pid ?? '-') : '-'),
    formatCount(one.restarts),
    { text: describeService(one.status, now), shade: shadeOf(SERVICE_SHADES, one.status) },
    one.lastExit === undefined ? '-' : `${formatAgo(one.lastExit.at, now)}: ${one.lastExit.reason}`,
  ]);
  return formatTable([['NAME', 'PID', 'RESTARTS', 'STATE', 'LAST END'], ...rows], {
    right: [1, 2],
    heading: true,
  });
}

/** The BGP sessions; what a daemon's own `show` would say of them. */
export function bgpText(bgp: BgpStatus | undefined, now: number): string {
  if (bgp === undefined) return 'there is no BGP: [bgp] has no as and router-id\n';
  const rows = bgp.neighbors.map((one): Cell[] => [
    one.name,
    one.netns === undefined ? one.address : `${one.address} in ${one.netns}`,
    String(one.as),
    { text: describeBgpNeighbor(one, now), shade: shadeOf(BGP_SHADES, one) },
    one.families
      .filter(({ isAgreed }) => isAgreed)
      .map(({ family, prefixes }) => `${family} ${formatCount(prefixes)}`)
      .join(', ') || '-',
    formatCount(one.updates),
    one.lastError === undefined ? '-' : `${formatAgo(one.lastError.at, now)}: ${one.lastError.text}`,
    one.lastTrouble ?? '-',
  ]);
  const head = ['NAME', 'ADDRESS', 'AS', 'SESSION', 'PREFIXES', 'UPDATES', 'LAST ERROR', 'LAST TROUBLE'];
  return `AS ${bgp.as}, identifier ${bgp.routerId}\n\n${formatTable([head, ...rows], { right: [2, 5], heading: true })}`;
}

/** What is switched off is dimmed. */
function shadeOf<State extends string>(
  shades: Readonly<Record<State, Level | 'off'>>,
  { state }: { readonly state: State },
): Shade {
  const shade = shades[state];
  return shade === 'off' ? 'dim' : shade;
}

/** VPP's threads by how full their vectors are. */
export function workersText({ load }: Figures, box: ApplianceStatus['box']): string {
  if (load === undefined) return "VPP's counters have not been read yet\n";
  const threads = box?.cpuIsolation.state === 'active' ? box.cpuIsolation.threads : [];
  const rows = load.vectorRates.map((rate, i): Cell[] => {
    const name = i === 0 ? 'vpp_main' : `vpp_wk_${i - 1}`;
    const part = Math.min(1, rate / FULL_VECTOR);
    const text = `${Math.round(part * 100)} %`;
    return [
      name,
      String(threads.find((thread) => thread.name === name)?.core ?? '-'),
      rate.toFixed(2),
      part >= 0.9 ? { text, shade: 'warning' } : text,
    ];
  });
  const heading = ['THREAD', 'CORE', 'VECTORS/CALL', 'OF A FULL ONE'];
  return (
    formatTable([heading, ...rows], { right: [1, 2, 3], heading: true }) +
    `input: ${formatPacketRate(load.inputRate)}\n`
  );
}

export function bootText({ boot }: Pick<ApplianceStatus, 'boot'>): string {
  const rows = boot.phases.map((phase): Cell[] => [
    phase.name,
    phase.state === 'skipped' ? '-' : formatDuration(phase.startedMs),
    'ms' in phase ? formatDuration(phase.ms) : '-',
    phaseCell(phase),
  ]);
  const end =
    boot.totalMs === undefined
      ? 'still booting\n'
      : `the boot took ${formatDuration(boot.totalMs)}, from the first line of this program\n`;
  const table = formatTable([['PHASE', 'BEGAN AT', 'TOOK', 'OUTCOME'], ...rows], {
    right: [1, 2],
    heading: true,
  });
  return table + end;
}

function phaseCell(phase: BootPhase): Cell {
  switch (phase.state) {
    case 'running':
    case 'done': {
      const text = phase.detail === undefined ? phase.state : `${phase.state}: ${phase.detail}`;
      return phase.state === 'done' ? text : { text, shade: 'warning' };
    }
    case 'failed':
      return { text: `failed: ${phase.reason}`, shade: 'error' };
    case 'skipped':
      return { text: `skipped: ${phase.reason}`, shade: 'dim' };
  }
}
