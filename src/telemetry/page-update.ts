/** Owns the page's section about versions: which one runs, what is on the boot partition, how the last updates ended. */
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
import type { BoxStatus } from '../status/mod.ts';
import { type Html, html } from './html.ts';
import { leveled, rowsOf } from './page-parts.ts';

/** Bounds on the page; all of it is in `/status`. */
const MAX_ENTRIES = 16;
const MAX_HISTORY = 10;

type Update = BoxStatus['update'];

export function updateSection(update: Update, now: number): Html {
  const { receiving, pending, lastFailure, running } = update;
  const rows = rowsOf([
    ['Image', leveled(describeImage(update, now))],
    ['Started from', running.file && html`<code>${running.file}</code>`],
    ['This run', describeVerdict(update)],
    ['Next restart', describeNext(update)],
    ['Being received', receiving && describeReceiving(receiving)],
    ['Not decided yet', pending && describePending(pending)],
    ['Last failed update', lastFailure === undefined ? 'none on record' : describeEnd(lastFailure, now)],
  ]);
  return html`<section aria-labelledby="update"><h2 id="update" tabindex="-1">Version and updates</h2>
<dl>
${rows}</dl>${conditionTable(update)}${entryTable(update.entries)}${historyTable(update.history)}</section>`;
}

/** While they are not met: what a run has to show. */
function conditionTable({ verdict }: Update): Html {
  if (verdict === undefined || verdict.state === 'good' || verdict.conditions.length === 0) return html``;
  const rows = verdict.conditions.map(
    ({ name, ok, words }) =>
      html`<tr><th scope="row">${name}</th><td><span class="badge ${ok ? 'ok' : 'warning'}">${ok ? 'met' : 'not met'}</span></td><td>${words}</td></tr>\n`,
  );
  return table('What this run has to show', ['Condition', 'State', 'How it is'], rows);
}

function entryTable(entries: Update['entries']): Html {
  if (entries.length === 0) return html`<p>No versions were found on the boot partition.</p>`;
  const rows = entries.slice(0, MAX_ENTRIES).map((entry) => {
    const uses = [entry.running ? 'runs now' : '', entry.next ? 'starts next' : ''].filter(
      (use) => use !== '',
    );
    const reason = entry.reason === undefined ? '' : `: ${entry.reason}`;
    return html`<tr><th scope="row">${entry.version}</th><td>${describeEntryState(entry)}${reason}</td><td>${uses.join(', ')}</td><td class="number">${formatBytes(entry.sizeBytes)}</td><td><code>${entry.file}</code></td></tr>\n`;
  });
  return table('On the boot partition', ['Version', 'State', 'Use', 'Size', 'File'], rows);
}

function historyTable(history: Update['history']): Html {
  if (history.length === 0) return html``;
  const rows = history
    .slice(0, MAX_HISTORY)
    .map(
      ({ at, version, from, result, reason }) =>
        html`<tr><td>${formatTime(at)}</td><th scope="row">${version}</th><td>${from ?? ''}</td><td><span class="badge ${result === 'good' ? 'ok' : 'warning'}">${result}</span></td><td>${reason ?? ''}</td></tr>\n`,
    );
  return table('How the last updates ended', ['When', 'Version', 'Came from', 'Result', 'Reason'], rows);
}

function table(caption: string, headings: readonly string[], rows: readonly Html[]): Html {
  const cells = headings.map((heading) =>
    heading === 'Size'
      ? html`<th scope="col" class="number">${heading}</th>`
      : html`<th scope="col">${heading}</th>`,
  );
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${cells}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}
