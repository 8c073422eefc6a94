/**
 * Owns our own metrics, by prom-client, set anew from the status at each scrape. Loaded at the first scrape only: what
 * it costs to load is not paid by the boot. prom-client's default metrics are not used: they take gauges of a whole
 * Node process group for granted and cost more than they tell.
 */
import { readdirSync } from 'node:fs';
import { Counter, Gauge, Registry } from 'prom-client';
import { BoxMetrics, seconds, setOrRemove } from './box-metrics.ts';
import type { HttpCounters } from './http-counters.ts';
import { assessReadiness } from './readiness.ts';
import type { FibBackendStatus } from '../fib/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';

const SERVICE_STATES: readonly ServiceStatus['state'][] = [
  'disabled',
  'external',
  'stopped',
  'starting',
  'running',
  'stopping',
  'backoff',
  'looping',
];
const FIB_STATES: readonly FibBackendStatus['status']['state'][] = [
  'disabled',
  'waiting',
  'programming',
  'synced',
  'degraded',
];
const CONFIG_STATES = ['ok', 'rejected', 'missing'] as const;

export class ApplianceMetrics {
  readonly #registry = new Registry();
  readonly #box = new BoxMetrics();
  readonly #info = this.#gauge('appliance_info', 'Version and name of the appliance, always 1', [
    'version',
    'hostname',
    'mode',
    'kernel',
  ]);
  readonly #uptime = this.#gauge('appliance_uptime_seconds', 'Seconds since the appliance started');
  readonly #phaseSeconds = this.#gauge('appliance_boot_phase_seconds', 'Duration of a boot phase', ['phase']);
  readonly #phaseFailed = this.#gauge('appliance_boot_phase_failed', 'Whether a boot phase failed', [
    'phase',
  ]);
  readonly #bootSeconds = this.#gauge('appliance_boot_seconds', 'Duration of the boot');
  readonly #condition = this.#gauge('appliance_condition', 'Conditions that hold, always 1', [
    'severity',
    'subject',
  ]);
  readonly #ready = this.#gauge('appliance_ready', 'Whether all that is configured is so, as /readyz says');
  readonly #readyCheck = this.#gauge('appliance_ready_check', 'Whether a check of /readyz holds', ['check']);
  readonly #configState = this.#gauge(
    'appliance_config_state',
    'State of the configuration, 1 for the one that is',
    ['state'],
  );
  readonly #configProblems = this.#gauge('appliance_config_problems', 'Problems in the configuration', [
    'severity',
  ]);
  readonly #configConfirmed = this.#gauge(
    'appliance_config_confirmed',
    'Whether the configuration in force needs no confirmation any more',
  );
  readonly #configConfirmBefore = this.#gauge(
    'appliance_config_confirm_before_timestamp_seconds',
    'Unix time at which the configuration in force is taken back unless it is confirmed',
  );
  readonly #configReverted = this.#gauge(
    'appliance_config_reverted_timestamp_seconds',
    'Unix time at which a configuration was taken back that was not confirmed, until the next change',
  );
  readonly #configPending = this.#gauge(
    'appliance_config_pending_restart',
    'Whether something of the configuration waits for a restart',
  );
  readonly #serviceState = this.#gauge(
    'appliance_service_state',
    'State of a service, 1 for the one that is',
    ['service', 'state'],
  );
  readonly #serviceRestarts = this.#counter('appliance_service_restarts_total', 'Restarts of a service', [
    'service',
  ]);
  readonly #vppConnected = this.#gauge('appliance_vpp_connected', "Whether VPP's API is connected");
  readonly #vppRestarts = this.#counter('appliance_vpp_restarts_total', 'Restarts of VPP');
  readonly #vppHangs = this.#counter(
    'appliance_vpp_hangs_total',
    'How often VPP did not answer for vpp.answer-timeout',
  );
  readonly #vppSilence = this.#gauge(
    'appliance_vpp_silence_seconds',
    'Time for which a connected VPP has not answered, 0 while it does',
  );
  readonly #vppStalled = this.#gauge(
    'appliance_vpp_stalled_workers',
    'Worker threads of VPP that stand still while they have queues to poll',
  );
  readonly #vppInfo = this.#gauge('appliance_vpp_info', 'Version of VPP, always 1', ['version']);
  readonly #fibRoutes = this.#gauge(
    'appliance_fib_routes',
    'Routes by backend, family and state; desired is the sum of the other states',
    ['backend', 'family', 'state'],
  );
  readonly #fibBatches = this.#counter('appliance_fib_batches_total', 'Batches of requests sent to a FIB', [
    'backend',
  ]);
  readonly #fibReplaying = this.#gauge(
    'appliance_fib_replaying',
    'Whether everything is being told to the FIB again',
    ['backend'],
  );
  readonly #fibLeftOut = this.#gauge(
    'appliance_fib_next_hops_left_out',
    'Next hops that a FIB cannot have now, of routes that it has over others',
    ['backend'],
  );
  readonly #fibCompared = this.#counter(
    'appliance_fib_compared_total',
    'Routes that were looked up in a FIB and compared with what it was told',
    ['backend'],
  );
  readonly #fibDifferences = this.#counter(
    'appliance_fib_differences_total',
    'Routes that a FIB had otherwise than it was told, or not at all; each was told again',
    ['backend'],
  );
  readonly #fibState = this.#gauge('appliance_fib_state', 'State of a FIB, 1 for the one that is', [
    'backend',
    'state',
  ]);
  readonly #feeders = this.#gauge('appliance_feeders', 'Connected feeders of routes');
  readonly #feedersRefused = this.#counter(
    'appliance_feeders_refused_total',
    'Feeders of routes over the bound',
  );
  readonly #feedLines = this.#counter('appliance_feed_lines_total', 'Lines read from feeders of routes');
  readonly #feedErrors = this.#counter(
    'appliance_feed_errors_total',
    'Lines from feeders of routes that were refused',
  );
  readonly #feedRoutes = this.#gauge('appliance_feed_routes', 'Routes of a feeder, connected or held', [
    'source',
    'state',
  ]);
  readonly #importRoutes = this.#gauge(
    'appliance_kernel_import_routes',
    'Routes that are taken over from routing daemons',
  );
  readonly #importRefusals = this.#gauge(
    'appliance_kernel_import_refusals',
    'Routes of routing daemons, and next hops of theirs, that are not taken over',
    ['reason'],
  );
  readonly #importReadings = this.#counter(
    'appliance_kernel_import_readings_total',
    'How often all routes of routing daemons were read',
  );
  readonly #convergence = this.#gauge(
    'appliance_fib_last_convergence_seconds',
    'Duration of the last convergence',
    ['backend'],
  );
  readonly #fullConvergence = this.#gauge(
    'appliance_fib_last_full_convergence_seconds',
    'Duration of the last replay of all routes',
    ['backend'],
  );
  readonly #hugepagesWanted = this.#gauge('appliance_hugepages_requested', 'Hugepages needed', [
    'page_size_bytes',
  ]);
  readonly #hugepagesHad = this.#gauge('appliance_hugepages_allocated', 'Hugepages allocated', [
    'page_size_bytes',
  ]);
  readonly #nicInfo = this.#gauge('appliance_nic_info', 'Network cards, always 1', [
    'pci_address',
    'mac',
    'driver',
    'use',
  ]);
  readonly #nicLink = this.#gauge(
    'appliance_nic_link_up',
    'Whether a network card has a link (absent: not known)',
    ['pci_address'],
  );
  readonly #management = this.#gauge(
    'appliance_management_ready',
    'Whether the management interface has its address',
  );
  readonly #httpRequests = this.#counter('appliance_http_requests_total', 'HTTP requests answered', ['code']);
  readonly #httpRouted = this.#counter(
    'appliance_http_routed_requests_total',
    'HTTP requests that were not refused before their route',
    ['path'],
  );
  readonly #httpRefused = this.#counter(
    'appliance_http_connections_refused_total',
    'Connections over the bound',
  );
  readonly #httpAborted = this.#counter(
    'appliance_http_responses_aborted_total',
    'Responses cut off as too slow',
  );
  readonly #cpu = this.#counter('process_cpu_seconds_total', 'CPU time of this process');
  readonly #resident = this.#gauge('process_resident_memory_bytes', 'Resident memory of this process');
  readonly #heap = this.#gauge('appliance_javascript_heap_bytes', 'Used JavaScript heap of this process');
  readonly #started = this.#gauge('process_start_time_seconds', 'Unix time at which this process started');
  readonly #fds = this.#gauge('process_open_fds', 'Open file descriptors of this process');

  /** The exposition of a status. */
  async render(status: ApplianceStatus, http: HttpCounters): Promise<string> {
    // one synchronous run, so that two scrapes at once cannot mix
    this.#registry.resetMetrics();
    this.#setAppliance(status);
    this.#setParts(status);
    this.#setProcess(http);
    this.#setChange(status.change);
    const box = status.box === undefined ? '' : this.#box.render(status.box);
    return (await Promise.all([this.#registry.metrics(), box])).join('');
  }

  #setAppliance(status: ApplianceStatus): void {
    const { version, hostname, mode, kernel = '' } = status;
    this.#info.set({ version, hostname, mode, kernel }, 1);
    this.#uptime.set(status.uptimeSeconds);
    for (const phase of status.boot.phases) {
      if ('ms' in phase) this.#phaseSeconds.set({ phase: phase.name }, phase.ms / 1000);
      this.#phaseFailed.set({ phase: phase.name }, Number(phase.state === 'failed'));
    }
    this.#bootSeconds.set(status.boot.totalMs === undefined ? Number.NaN : status.boot.totalMs / 1000);
    for (const { severity, subject } of status.conditions) this.#condition.set({ severity, subject }, 1);
    const { ready, checks } = assessReadiness(status);
    this.#ready.set(Number(ready));
    for (const { name, ok } of checks) this.#readyCheck.set({ check: name }, Number(ok));
    for (const state of CONFIG_STATES)
      this.#configState.set({ state }, Number(status.config.state === state));
    for (const severity of ['error', 'warning'] as const) {
      const problems = status.config.problems.filter((problem) => problem.severity === severity);
      this.#configProblems.set({ severity }, problems.length);
    }
    for (const service of status.services) {
      for (const state of SERVICE_STATES) {
        this.#serviceState.set({ service: service.name, state }, Number(service.status.state === state));
      }
      this.#serviceRestarts.inc({ service: service.name }, service.restarts);
    }
  }

  #setParts({ vpp, stats, fib, feeds, kernelImport, hugepages, nics, management }: ApplianceStatus): void {
    this.#vppConnected.set(Number(vpp.api.state === 'connected'));
    this.#vppRestarts.inc(vpp.restarts);
    this.#vppHangs.inc(vpp.hangs);
    this.#vppStalled.set(stats.state === 'fresh' ? stats.stalledWorkers.length : 0);
    const silentSince = vpp.api.state === 'connected' ? vpp.api.silentSince : undefined;
    this.#vppSilence.set(silentSince === undefined ? 0 : Math.max(0, Date.now() - silentSince) / 1000);
    if (vpp.version !== undefined) this.#vppInfo.set({ version: vpp.version }, 1);
    for (const one of fib) this.#setFib(one);
    this.#importRoutes.set(kernelImport?.routes ?? 0);
    this.#importReadings.inc(kernelImport?.readings ?? 0);
    for (const [reason, count] of Object.entries(kernelImport?.notTaken.byReason ?? {}))
      this.#importRefusals.set({ reason }, count);
    this.#feeders.set(feeds?.connected ?? 0);
    this.#feedersRefused.inc(feeds?.refused ?? 0);
    this.#feedLines.inc(feeds?.lines ?? 0);
    this.#feedErrors.inc(feeds?.errors ?? 0);
    for (const { name, state, routes } of feeds?.sources ?? [])
      this.#feedRoutes.inc({ source: name, state }, routes);
    for (const pool of hugepages) {
      if (pool.state === 'not-needed') continue;
      this.#hugepagesWanted.set({ page_size_bytes: pool.pageSizeBytes }, pool.requested);
      this.#hugepagesHad.set({ page_size_bytes: pool.pageSizeBytes }, pool.allocated);
    }
    for (const nic of nics) {
      const { mac = '', driver = '' } = nic;
      this.#nicInfo.set({ pci_address: nic.pciAddress, mac, driver, use: nic.use.role }, 1);
      if (nic.link !== 'unknown')
        this.#nicLink.set({ pci_address: nic.pciAddress }, Number(nic.link === 'up'));
    }
    this.#management.set(Number(management.state === 'ready'));
  }

  #setFib(fib: FibBackendStatus): void {
    const { backend } = fib;
    for (const { family, desired, programmed, pending, failed, unresolved } of fib.families) {
      const counts = { desired, programmed, pending, failed, unresolved };
      for (const [state, count] of Object.entries(counts)) {
        this.#fibRoutes.set({ backend, family, state }, count);
      }
    }
    for (const state of FIB_STATES)
      this.#fibState.set({ backend, state }, Number(fib.status.state === state));
    this.#fibBatches.inc({ backend }, fib.batches);
    this.#fibReplaying.set({ backend }, Number(fib.isReplaying));
    this.#fibLeftOut.set({ backend }, fib.nextHopsLeftOut);
    if (fib.audit !== undefined) {
      this.#fibCompared.inc({ backend }, fib.audit.compared);
      this.#fibDifferences.inc({ backend }, fib.audit.differences);
    }
    const last = seconds(fib.lastConvergenceMs);
    const full = seconds(fib.lastFullConvergenceMs);
    if (last !== undefined) this.#convergence.set({ backend }, last);
    if (full !== undefined) this.#fullConvergence.set({ backend }, full);
  }

  /** Absent before the configuration was read. */
  #setChange(change: ApplianceStatus['change']): void {
    const isConfirmed = change === undefined ? undefined : change.state !== 'waiting';
    setOrRemove(this.#configConfirmed, isConfirmed === undefined ? undefined : Number(isConfirmed));
    setOrRemove(this.#configPending, change === undefined ? undefined : Number(change.pending.length > 0));
    const before = change?.state === 'waiting' ? change.confirmBefore : undefined;
    setOrRemove(this.#configConfirmBefore, seconds(before));
    setOrRemove(this.#configReverted, seconds(change?.state === 'reverted' ? change.at : undefined));
  }

  #setProcess(http: HttpCounters): void {
    for (const [code, count] of http.requests) this.#httpRequests.inc({ code }, count);
    for (const [path, count] of http.routed) this.#httpRouted.inc({ path }, count);
    this.#httpRefused.inc(http.refused);
    this.#httpAborted.inc(http.aborted);
    const cpu = process.cpuUsage();
    this.#cpu.inc((cpu.user + cpu.system) / 1e6);
    const memory = process.memoryUsage();
    this.#resident.set(memory.rss);
    this.#heap.set(memory.heapUsed);
    this.#started.set(Math.round(Date.now() / 1000 - process.uptime()));
    this.#fds.set(countOpenFiles());
  }

  #gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}

function countOpenFiles(): number {
  try {
    // the directory that is being read is one of them
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    // no /proc yet: PID 1 mounts it
    return Number.NaN;
  }
}
