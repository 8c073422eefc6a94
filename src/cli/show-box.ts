/** What `appliance show update`, `show box` and `show status` print on a terminal. Pure. */
import { describeCertificate } from '../control/status.ts';
import { describeData } from '../disk/status.ts';
import { describeChange } from '../live/status.ts';
import { describeCrash } from '../log/status.ts';
import { describeCores, describeLastBoot, describeWatchdog } from '../machine/status.ts';
import { describeTime } from '../management/status.ts';
import type { Words } from '../report/mod.ts';
import {
  describeEnd,
  describeEntryState,
  describeImage,
  describeNext,
  describePending,
  describeReceiving,
  describeVerdict,
} from '../update/status.ts';
import { formatBytes, formatTime } from '../report/mod.ts';
import type { ApplianceStatus, BoxStatus } from '../status/mod.ts';
import { formatTable } from './table.ts';

type Row = readonly string[];
type Update = BoxStatus['update'];

/** `now` in Unix milliseconds, here and below: of this machine, which may not be the box. */
export function updateText(update: Update, now: number): string {
  const { receiving, pending, lastFailure } = update;
  const facts = [
    ['image', said(describeImage(update, now))],
    ['this run', describeVerdict(update)],
    ['next restart', describeNext(update)],
    ['receiving', receiving && describeReceiving(receiving)],
    ['not decided', pending && describePending(pending)],
    ['last failure', lastFailure === undefined ? 'none on record' : describeEnd(lastFailure, now)],
  ].filter((row): row is [string, string] => row[1] !== undefined);
  return [facts, conditionRows(update), entryRows(update), historyRows(update)]
    .filter((rows) => rows.length > 0)
    .map((rows) => formatTable(rows))
    .join('\n');
}

/** A box without its updates. */
export function boxText(box: Omit<BoxStatus, 'update'>, now: number): string {
  const { watchdog, cpuIsolation, crashes, https } = box;
  const lastBoot = describeLastBoot(watchdog);
  const rows: Row[] = [
    ['image', `version ${box.image}`],
    ['boot device', box.bootDevice],
    ['data', said(describeData(box))],
    ['watchdog', said(describeWatchdog(watchdog, now))],
    ...(lastBoot === undefined ? [] : [['last boot', said(lastBoot)]]),
    ['kernel panic', box.lastPanic ?? 'none on record'],
    ['worker cores', said(describeCores(cpuIsolation))],
    ...(cpuIsolation.state === 'active'
      ? cpuIsolation.threads.map(({ name, core }) => ['', `${name} on core ${core}`])
      : []),
    ['time', said(describeTime(box.time))],
    ['crashes', `${crashes.length} on record`],
    ...crashes.map((crash) => ['', describeCrash(crash)]),
    ['HTTPS', https === undefined ? 'no certificate is in use' : said(describeCertificate(https, now))],
    ...(https === undefined ? [] : [['', `SHA-256 ${https.fingerprint}`]]),
  ];
  return formatTable(rows);
}

/** The whole in a few lines: what runs, what is wrong with the box, and every condition. */
export function statusText(status: ApplianceStatus, now: number): string {
  const { box, change, conditions } = status;
  const parts: [name: string, words: Words][] = [];
  if (box !== undefined) parts.push(...summaryOf(box, now));
  if (change !== undefined && change.state !== 'confirmed') {
    parts.push(['configuration', describeChange(change, now)]);
  }
  for (const text of change?.pending ?? []) parts.push(['not in force', { level: 'ok', text }]);
  const head = `${status.hostname}: version ${status.version}, up ${Math.round(status.uptimeSeconds)} s\n`;
  const found = conditions.map(({ severity, subject, reason }) => [severity, subject, reason]);
  const isWell = found.length === 0 && parts.every(([, { level }]) => level === 'ok');
  return (
    head +
    formatTable(parts.map(([name, words]) => [name, said(words)])) +
    formatTable(found) +
    (isWell ? 'all is well\n' : '')
  );
}

function summaryOf({ update, watchdog, cpuIsolation, time, crashes }: BoxStatus, now: number) {
  const { lastFailure, history } = update;
  const [crash] = crashes;
  // A failure that a good update followed is shown, and is not a warning.
  const level = lastFailure !== undefined && lastFailure.at === history[0]?.at ? 'warning' : 'ok';
  const parts: [name: string, words: Words][] = [['image', describeImage(update, now)]];
  if (lastFailure !== undefined) {
    parts.push(['last failure', { level, text: describeEnd(lastFailure, now) }]);
  }
  parts.push(
    ['watchdog', describeWatchdog(watchdog, now)],
    ['worker cores', describeCores(cpuIsolation)],
    ['time', describeTime(time)],
  );
  if (crash !== undefined) {
    const text = `${crashes.length} on record, the last: ${describeCrash(crash)}`;
    parts.push(['crashes', { level: 'ok', text }]);
  }
  return parts;
}

function conditionRows({ verdict }: Update): Row[] {
  if (verdict === undefined || verdict.state === 'good' || verdict.conditions.length === 0) return [];
  const rows = verdict.conditions.map(({ name, ok, words }) => [name, ok ? 'met' : 'not met', words]);
  return [['CONDITION', 'STATE', 'HOW IT IS'], ...rows];
}

function entryRows({ entries }: Update): Row[] {
  if (entries.length === 0) return [];
  const rows = entries.map((entry) => [
    entry.version,
    entry.running ? 'runs' : '-',
    entry.next ? 'next' : '-',
    formatBytes(entry.sizeBytes),
    entry.file,
    `${describeEntryState(entry)}${entry.reason === undefined ? '' : `: ${entry.reason}`}`,
  ]);
  return [['VERSION', 'NOW', 'RESTART', 'SIZE', 'FILE', 'STATE'], ...rows];
}

function historyRows({ history }: Update): Row[] {
  if (history.length === 0) return [];
  const rows = history.map(({ at, version, from, result, reason }) => [
    formatTime(at),
    version,
    from ?? '-',
    result,
    reason ?? '-',
  ]);
  return [['ENDED', 'VERSION', 'FROM', 'RESULT', 'REASON'], ...rows];
}

function said({ level, text }: Words): string {
  return level === 'ok' ? text : `${level}: ${text}`;
}
