/**
 * `parseConfig`: scan → resolve → convert and judge by the schema → read grammars → check what must hold between
 * leaves → Config. Every step adds to one list of problems and goes on with what is usable, so that the user sees all
 * mistakes at once and none of them twice.
 */

import { checkTogether } from './checks.ts';
import { readHttp } from './http.ts';
import { readDpdkInterfaces, readInterfaces } from './interfaces.ts';
import { readManagement } from './management.ts';
import { readEndpoint } from './network-values.ts';
import { Problems } from './problems.ts';
import { type Resolved, resolve } from './resolve.ts';
import { readRoutes } from './routes.ts';
import { scan } from './scan.ts';
import { readServices } from './services.ts';
import type { Config, Endpoint, HugepageSize, ParseResult, VppConfig } from './types.ts';
import { readValues, type Values } from './values.ts';
import { warnTogether } from './warnings.ts';

/**
 * Reads the text of an appliance.ini.
 *
 * Never throws: what is wrong is in `problems` (not ok) or `warnings` (ok), sorted by line. Warnings are looked for
 * only when there is no error. `fileName` is used in messages about the file as a whole; bytes are decoded as UTF-8.
 */
export function parseConfig(text: string | Uint8Array, fileName: string): ParseResult {
  const problems = new Problems();
  const resolved = resolve(scan(text, fileName, problems), problems);
  const values = readValues(resolved, problems);
  const config = readConfig(resolved, values, problems);
  checkTogether(config, values, problems);
  if (problems.hasErrors) return { ok: false, problems: problems.sorted() };
  const warnings = new Problems();
  warnTogether(config, values, warnings);
  return { ok: true, config, warnings: warnings.sorted() };
}

/** What an empty file means: every leaf at its default, no interface, no route. */
export function defaultConfig(): Config {
  const problems: Problems = new Problems();
  const resolved = resolve([], problems);
  return readConfig(resolved, readValues(resolved, problems), problems);
}

function readConfig(resolved: Resolved, values: Values, problems: Problems): Config {
  const vpp = readVpp(resolved, values, problems);
  const interfaces = readInterfaces(resolved, values, problems);
  const known = new Set([...vpp.dpdk.interfaces, ...interfaces].map(({ name }) => name));
  const tolerated = new Set(resolved.toleratedNames);
  for (const section of resolved.sections) {
    if (section.template !== 'vpp.dpdk.interface.PCI') continue;
    const refused = values.text('vpp.dpdk.interface.PCI.name', section);
    if (refused !== undefined) tolerated.add(refused);
  }
  return {
    system: { hostname: values.get('system.hostname') },
    management: readManagement(values, problems),
    http: readHttp(values, problems),
    telemetry: { zeroSeries: values.get('telemetry.zero-series') },
    update: {
      confirmTimeoutSeconds: values.get('update.confirm-timeout'),
      trialStableSeconds: values.get('update.trial-stable'),
      trialTimeoutSeconds: values.get('update.trial-timeout'),
      routeTolerancePercent: values.get('update.route-tolerance'),
      minimumVersion: values.get('update.minimum-version'),
      allowOlderBuilds: values.get('update.allow-older-builds'),
    },
    watchdog: {
      enabled: values.get('watchdog.enabled'),
      timeoutSeconds: values.get('watchdog.timeout'),
    },
    log: { syslog: readSyslog(values, problems), diskBytes: values.get('log.disk-size') },
    supervisor: {
      backoffMs: values.get('supervisor.backoff-ms'),
      backoffMaxMs: values.get('supervisor.backoff-max-ms'),
      stableMs: values.get('supervisor.stable-ms'),
      loopAfter: values.get('supervisor.loop-after'),
      loopRetryMs: values.get('supervisor.loop-retry-ms'),
    },
    services: readServices(resolved, values, problems),
    vpp,
    fib: {
      vpp: {
        enabled: values.get('fib.vpp.enabled'),
        tableId: values.get('fib.vpp.table-id'),
        batchSize: values.get('fib.vpp.batch-size'),
        batchIntervalMs: values.get('fib.vpp.batch-interval-ms'),
      },
      kernel: {
        enabled: values.get('fib.kernel.enabled'),
        tableId: values.get('fib.kernel.table-id'),
        netns: values.get('fib.kernel.netns'),
        metric: values.get('fib.kernel.metric'),
        import: values.get('fib.kernel.import'),
        importDistance: values.get('fib.kernel.import-distance'),
      },
    },
    interfaces,
    routes: readRoutes(resolved.routes, { known, tolerated }, problems),
  };
}

function readSyslog(values: Values, problems: Problems): Endpoint | undefined {
  const text = values.get('log.syslog');
  if (text === undefined) return undefined;
  const read = readEndpoint(text);
  if ('value' in read) return read.value;
  problems.error(values.line('log.syslog'), 'log.syslog', read.error);
  return undefined;
}

function readVpp(resolved: Resolved, values: Values, problems: Problems): VppConfig {
  // The schema allows these two only.
  const hugepageSize: HugepageSize = values.get('vpp.memory.hugepage-size') === '1G' ? '1G' : '2M';
  return {
    enabled: values.get('vpp.enabled'),
    external: values.get('vpp.external'),
    binary: values.get('vpp.binary'),
    startTimeoutSeconds: values.get('vpp.start-timeout'),
    answerTimeoutSeconds: values.get('vpp.answer-timeout'),
    apiSocket: values.get('vpp.api-socket'),
    cpu: {
      mainCore: values.get('vpp.cpu.main-core'),
      workers: values.get('vpp.cpu.workers'),
      isolate: values.get('vpp.cpu.isolate'),
    },
    memory: {
      mainHeapBytes: values.get('vpp.memory.main-heap'),
      hugepageSize,
      buffers: values.get('vpp.memory.buffers'),
    },
    dpdk: {
      unsafeNoIommu: values.get('vpp.dpdk.unsafe-no-iommu'),
      interfaces: readDpdkInterfaces(resolved, values, problems),
    },
    stats: {
      segmentBytes: values.get('vpp.stats.segment-size'),
      socketPath: values.get('vpp.stats.socket-path'),
      pollIntervalSeconds: values.get('vpp.stats.poll-interval'),
    },
    lcp: {
      enabled: values.get('vpp.lcp.enabled'),
      sync: values.get('vpp.lcp.sync'),
      autoSubint: values.get('vpp.lcp.auto-subint'),
      netns: values.get('vpp.lcp.netns'),
    },
  };
}
