/** What must hold between leaves; each check is left out when a value that it needs was refused. */

import { posix } from 'node:path';
import { type Problems, quote } from './problems.ts';
import type { Config } from './types.ts';
import type { LeafPath, Values } from './values.ts';

/** Where VPP's command line listens on the box: fixed, so that `vppctl` finds it. */
const CLI_SOCKET = '/run/vpp/cli.sock';

/** Reports errors that more than one leaf takes part in. */
export function checkTogether(config: Config, values: Values, problems: Problems): void {
  checkSockets(config, values, problems);
  checkBackoff(config, values, problems);
  checkTrial(config, values, problems);
  checkHttp(config, values, problems);
}

function checkTrial({ update }: Config, values: Values, problems: Problems): void {
  const stable = 'update.trial-stable';
  const timeout = 'update.trial-timeout';
  if (values.isRefused(stable) || values.isRefused(timeout)) return;
  if (update.trialTimeoutSeconds > update.trialStableSeconds) return;
  const [leaf, other] = laterOf(values, timeout, stable);
  const message =
    leaf === timeout
      ? `"${update.trialTimeoutSeconds}" is not more than ${other} = ${update.trialStableSeconds}${lineText(values, other)}: no version could ever be marked good`
      : `"${update.trialStableSeconds}" is not less than ${other} = ${update.trialTimeoutSeconds}${lineText(values, other)}: no version could ever be marked good`;
  problems.error(values.line(leaf), leaf, message);
}

function checkHttp({ http }: Config, values: Values, problems: Problems): void {
  const { listen, httpsListen } = http;
  if (httpsListen === undefined || httpsListen.port === 0 || values.isRefused('http.listen')) return;
  const everywhere = ['::', '0.0.0.0'];
  const overlaps =
    listen.host === httpsListen.host ||
    everywhere.includes(listen.host) ||
    everywhere.includes(httpsListen.host);
  if (listen.port !== httpsListen.port || !overlaps) return;
  const [leaf, other] = laterOf(values, 'http.https-listen', 'http.listen');
  const message = `port ${listen.port} is that of ${other}${lineText(values, other)} too: two ports are right`;
  problems.error(values.line(leaf), leaf, message);
}

function checkSockets({ vpp }: Config, values: Values, problems: Problems): void {
  const api = 'vpp.api-socket';
  const stats = 'vpp.stats.socket-path';
  for (const [leaf, path] of [
    [api, vpp.apiSocket],
    [stats, vpp.stats.socketPath],
  ] as const) {
    if (posix.normalize(path) !== CLI_SOCKET) continue;
    problems.error(
      values.line(leaf),
      leaf,
      `${quote(path)} is the socket of VPP's command line: another path is right`,
    );
  }
  if (values.isRefused(api) || values.isRefused(stats)) return;
  if (posix.normalize(vpp.apiSocket) !== posix.normalize(vpp.stats.socketPath)) return;
  const [leaf, other] = laterOf(values, api, stats);
  const path = leaf === api ? vpp.apiSocket : vpp.stats.socketPath;
  problems.error(
    values.line(leaf),
    leaf,
    `${quote(path)} is ${other}${lineText(values, other)} too: two paths are right`,
  );
}

function checkBackoff({ supervisor }: Config, values: Values, problems: Problems): void {
  const min = 'supervisor.backoff-ms';
  const max = 'supervisor.backoff-max-ms';
  if (values.isRefused(min) || values.isRefused(max) || supervisor.backoffMaxMs >= supervisor.backoffMs)
    return;
  const [leaf, other] = laterOf(values, max, min);
  const message =
    leaf === max
      ? `"${supervisor.backoffMaxMs}" is less than ${other} = ${supervisor.backoffMs}${lineText(values, other)}: at least that is right`
      : `"${supervisor.backoffMs}" is more than ${other} = ${supervisor.backoffMaxMs}${lineText(values, other)}: at most that is right`;
  problems.error(values.line(leaf), leaf, message);
}

/** The one that stands later in the file first: that is where the mistake is reported. */
function laterOf<P extends LeafPath>(values: Values, a: P, b: P): [P, P] {
  return values.line(a) >= values.line(b) ? [a, b] : [b, a];
}

function lineText(values: Values, leaf: LeafPath): string {
  const line = values.line(leaf);
  return line === 0 ? ' (its default)' : ` (line ${line})`;
}
