/** The sections of startup.conf that VPP itself reads: keys, shapes of values, and VPP's messages for mistakes. */

import { isFrom, type Release } from './release.ts';
import type { TokenCursor } from './startup-conf-text.ts';
import { refuse } from './startup-refusal.ts';

export interface DpdkDevice {
  readonly pciAddress: string;
  readonly name: string | undefined;
  /** As requested; 0: not given. */
  readonly rxQueues: number;
  readonly txQueues: number;
}

/** A device of one of VPP's native drivers, with an interface on its port. */
export interface NativeDevice {
  readonly pciAddress: string;
  readonly driver: string;
  readonly name: string;
}

/** The settings of the sections so far. */
export interface Draft {
  /** The release that reads them. */
  readonly release: Release;
  runtimeDir: string;
  cliSocket?: string;
  apiSocket?: string;
  statsSocket?: string;
  statsBytes: number;
  perNodeCounters: boolean;
  workers: number;
  /** Cores that the configuration names: `main-core` and `corelist-workers`. */
  mainCore?: number;
  workerCores?: readonly number[];
  nodaemon: boolean;
  startupConfig?: string;
  dpdkDevices: DpdkDevice[];
  /** Devices for VPP's native drivers, up to the first that fails. */
  nativeDevices: NativeDevice[];
  lcpDefaultNetns?: string;
  lcpSync?: boolean;
  readonly warnings: string[];
  readonly plugins: Map<string, boolean>;
  pluginsByDefault: boolean;
}

const NUMBER = /^\d+$/;
const SIZE = /^\d+[kKmMgG]?$/;
const PAGE_SIZE = /^(default|default-hugepage|\d+[kKmMgG])$/;
const LOG_LEVEL = /^(emerg|alert|crit|err|error|warn|warning|notice|info|debug|disabled)$/;
const CORE_LIST = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

function bytesOf(size: string): number {
  const unit = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[size.slice(-1).toLowerCase()] ?? 1;
  return Number.parseInt(size, 10) * unit;
}

export type Reader = (tokens: TokenCursor, draft: Draft) => void;

export function readUnix(tokens: TokenCursor, draft: Draft): void {
  const flags = ['interactive', 'nosyslog', 'nocolor', 'nobanner', 'cli-line-mode', 'cli-no-banner'];
  flags.push('cli-no-pager', 'full-coredump', 'coredump-size unlimited');
  const values = [
    'cli-prompt',
    'poll-sleep-usec',
    'cli-pager-buffer-limit',
    'cli-history-limit',
    'log',
    'gid',
  ];
  values.push('pidfile', 'coredump-size');
  while (!tokens.isAtEnd) {
    if (tokens.take('nodaemon')) draft.nodaemon = true;
    else if (flags.some((flag) => tokens.take(flag))) continue;
    else {
      const cli = tokens.value('cli-listen');
      const dir = cli === undefined ? tokens.value('runtime-dir') : undefined;
      const exec = tokens.value('startup-config') ?? tokens.value('exec');
      if (cli !== undefined) draft.cliSocket = cli;
      else if (dir !== undefined) draft.runtimeDir = dir;
      else if (exec !== undefined) draft.startupConfig = exec;
      else if (!values.some((key) => tokens.value(key) !== undefined)) {
        refuse(`unix_config: unknown input \`${tokens.rest}'`, 1);
      }
    }
  }
}

export function readMemory(tokens: TokenCursor, { release }: Draft): void {
  // From 26.02 on unknown input is skipped.
  if (isFrom(release, [26, 2])) return;
  while (!tokens.isAtEnd) {
    const known =
      tokens.value('main-heap-size', SIZE) ??
      tokens.value('main-heap-page-size', PAGE_SIZE) ??
      tokens.value('default-hugepage-size', PAGE_SIZE);
    if (known === undefined) refuse(`unknown 'memory' config input '${tokens.rest}'`, 1);
  }
}

export function readBuffers(tokens: TokenCursor): void {
  while (!tokens.isAtEnd) {
    const known =
      tokens.value('buffers-per-numa', NUMBER) ??
      tokens.value('page-size', PAGE_SIZE) ??
      tokens.value('default data-size', NUMBER);
    if (known !== undefined) continue;
    if (tokens.value('numa', NUMBER) !== undefined && tokens.block() !== undefined) continue;
    refuse(`vlib_buffers_configure: parse error \` ${tokens.rest}'`, 1);
  }
}

function coresOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split('-').map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
}

export function readCpu(tokens: TokenCursor, draft: Draft): void {
  while (!tokens.isAtEnd) {
    const mainCore = tokens.value('main-core', NUMBER);
    if (mainCore !== undefined) draft.mainCore = Number(mainCore);
    else if (tokens.value('skip-cores', NUMBER) !== undefined || tokens.take('use-pthreads')) continue;
    else if (tokens.value('thread-prefix') ?? tokens.value('numa-heap-size', SIZE)) continue;
    else if (tokens.value('scheduler-policy') ?? tokens.value('scheduler-priority', NUMBER)) continue;
    else {
      const list = tokens.value('corelist-workers', CORE_LIST);
      const workers = list === undefined ? tokens.value('workers', NUMBER) : undefined;
      if (list !== undefined) {
        if (draft.workers > 0)
          refuse(`cpu_config: core placement of 'workers' threads is already configured`, 1);
        draft.workerCores = coresOf(list);
        draft.workers = draft.workerCores.length;
      } else if (workers !== undefined) {
        if (draft.workers > 0) refuse(`cpu_config: number of 'workers' threads is already configured`, 1);
        draft.workers = Number(workers);
      } else {
        const name = tokens.value('');
        if (name === undefined || tokens.value('', NUMBER) === undefined) break;
        refuse(`cpu_config: no such thread type 3 '${name}'`, 1);
      }
    }
  }
  if (draft.workerCores !== undefined && draft.mainCore === undefined) {
    refuse('cpu_config: main-core must be specified when using corelist-* or coremask-* attribute', 1);
  }
}

export function readStatseg(tokens: TokenCursor, draft: Draft): void {
  while (!tokens.isAtEnd) {
    if (tokens.take('default') || tokens.value('page-size', PAGE_SIZE) !== undefined) continue;
    if (tokens.value('update-interval', /^\d+(\.\d+)?$/) !== undefined) continue;
    if (tokens.take('per-node-counters on')) draft.perNodeCounters = true;
    else if (tokens.take('per-node-counters off')) draft.perNodeCounters = false;
    else {
      const socket = tokens.value('socket-name');
      const size = socket === undefined ? tokens.value('size', SIZE) : undefined;
      if (socket !== undefined) draft.statsSocket = socket;
      else if (size !== undefined) draft.statsBytes = bytesOf(size);
      else refuse(`statseg_config: unknown input \` ${tokens.rest}'`, 1);
    }
  }
}

export function readSocksvr(tokens: TokenCursor, draft: Draft): void {
  while (!tokens.isAtEnd) {
    if (tokens.take('default')) continue;
    const socket = tokens.value('socket-name');
    if (socket === undefined) refuse(`socksvr_config: unknown input ' ${tokens.rest}'`, 0);
    draft.apiSocket = socket;
  }
  draft.apiSocket ??= `${draft.runtimeDir}/api.sock`;
}

export function readApiSegment(tokens: TokenCursor): void {
  const keys = [
    'prefix',
    'uid',
    'gid',
    'baseva',
    'global-size',
    'global-pvt-heap-size',
    'api-pvt-heap-size',
    'api-size',
  ];
  while (!tokens.isAtEnd) {
    if (!keys.some((key) => tokens.value(key) !== undefined)) {
      refuse(`api_segment_config: unknown input \`${tokens.rest}'`, 1);
    }
  }
}

export function readLogging(tokens: TokenCursor): void {
  while (!tokens.isAtEnd) {
    const known =
      tokens.value('size', NUMBER) ??
      tokens.value('unthrottle-time', NUMBER) ??
      tokens.value('default-log-level', LOG_LEVEL) ??
      tokens.value('default-syslog-log-level', LOG_LEVEL);
    if (known !== undefined || tokens.take('add-to-elog')) continue;
    if (tokens.value('class') !== undefined && tokens.block() !== undefined) continue;
    refuse(`log_config: parse error \`${tokens.rest}...'`, 1);
  }
}
