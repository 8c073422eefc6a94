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
