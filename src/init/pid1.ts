/**
 * PID 1: owns the machine from its start by the kernel to reboot(2).
 *
 * Invariants: no error leaves this process (PID 1's end panics the kernel); nothing writes to a terminal
 * synchronously; signals have their handlers before anything else happens.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import { ModuleLoader, reboot } from '../linux/mod.ts';
import { CONFIG_NAME, type LoadedConfig, loadConfig } from '../live/mod.ts';
import { activeConsoles, Console } from '../log/mod.ts';
import {
  applyIdentity,
  applySysctls,
  BASE_MODULES,
  coldplug,
  endMachine,
  findPowerButtons,
  loadByName,
  loadIfThere,
  whatWasNotLoaded,
  machineSteps,
  mountAll,
  mountHugetlbfs,
  type PowerAction,
  prepareControlNamespace,
  ROUTER_MODULES,
  runSteps,
  TAP_MODULES,
  VFIO_MODULES,
  watchPowerButtons,
} from '../machine/mod.ts';
import { plural } from '../report/mod.ts';
import { startReaper } from '../supervise/mod.ts';
import { Appliance, VERSION } from './appliance.ts';
import { Box } from './box.ts';
import { EarlyBox } from './early-box.ts';
import { Reports } from './reports.ts';

const RUN_DIRECTORY = '/run/appliance';
const VPP_RUN_DIRECTORY = '/run/vpp';
/** If an orderly shutdown after a fatal error takes longer than this, the machine restarts without it. */
const FATAL_DEADLINE_MS = 20_000;

/** Phases whose failure has its own condition, cleared when it is repaired. */
const REPORTED_ELSEWHERE: ReadonlySet<string> = new Set(['feeds', 'http']);

/** Signals that end the machine: those of busybox init, and the kernel's for Ctrl-Alt-Del. */
const SIGNAL_ACTIONS: Readonly<Partial<Record<NodeJS.Signals, PowerAction>>> = {
  SIGINT: 'restart',
  SIGTERM: 'restart',
  SIGUSR1: 'halt',
  SIGUSR2: 'power-off',
};

/** Takes over the machine. Resolves when the boot is complete; the machine keeps running. */
export async function runPid1(startedAt: number): Promise<void> {
  process.on('SIGPIPE', () => {});
  let onSignal = (_action: PowerAction, _why: string): void => {};
  for (const [signal, action] of Object.entries(SIGNAL_ACTIONS)) {
    process.on(signal, () => onSignal(action, signal));
  }
  const console = new Console([], { lineEnd: '\r\n', startedAt });
  let loader: ModuleLoader | undefined;
  const modules = (): ModuleLoader => {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
    loader ??= new ModuleLoader({ modulesDir: `/lib/modules/${release}` });
    return loader;
  };
  const reports = new Reports(console, startedAt);
  /** What the boot has created so far: a shutdown may come at any time. */
  const boot: {
    loaded?: LoadedConfig;
    running?: { readonly box: Box; readonly appliance: Appliance };
  } = {};
  let ending = false;
  const end = (action: PowerAction, why: string): void => {
    if (ending) return;
    ending = true;
    console.info('shutdown', `${action}: ${why}`);
    endInOrder(early, boot.running, action, why).catch((error: unknown) => {
      console.error('shutdown', String(error));
      endMachine(action);
    });
  };
  const early = new EarlyBox(reports, { modules, end });
  onSignal = end;
  // Reloads the configuration. Without a handler SIGHUP would end this process.
  process.on('SIGHUP', () => void boot.running?.appliance.reload());
  // As in other runtimes: fail now with a stack trace, by the path of any uncaught exception.
  process.on('SIGQUIT', () => {
    setImmediate(() => {
      throw new Error('SIGQUIT was received');
    });
  });
  const fatal = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n')) console.error('fatal', line);
    // A second error during the shutdown must not stop it.
    setTimeout(() => endMachine('restart'), FATAL_DEADLINE_MS).unref();
    end('restart', 'an uncaught exception');
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  startReaper((count) => console.info('reaper', `${plural(count, 'orphan')} reaped`));

  await reports.phases.run([
    { name: 'mounts', run: mountAll },
    {
      name: 'consoles',
      run() {
        const consoles = activeConsoles();
        console.attach(consoles);
        reboot('cad-off');
        console.info(
          'appliance',
          `version ${VERSION}, pid ${process.pid}, node ${process.version}, ${startedAt.toFixed(0)} ms after its start`,
        );
        return consoles.join(' ');
      },
    },
    { name: 'kernel-log', run: () => early.logs.readKernel() },
    {
      name: 'modules',
      async run() {
        const outcomes = await coldplug(modules());
        const failed = outcomes.filter(({ result }) => result === 'failed');
        for (const { name, error } of failed) console.warning('modules', `${name}: ${error ?? 'failed'}`);
        const loaded = outcomes.filter(({ result }) => result === 'loaded').length;
        const words = [loadByName(modules(), BASE_MODULES), loadIfThere(modules(), ROUTER_MODULES)];
        return [`${loaded} for this machine's devices`, ...words].join('; ');
      },
    },
    // As soon as its driver is loaded: an earlier press is lost.
    {
      name: 'power-button',
      run() {
        const buttons = findPowerButtons();
        watchPowerButtons(buttons, () => end('power-off', 'the power button was pressed'));
        return buttons.length === 0 ? 'this machine has none' : buttons.join(' ');
      },
    },
    ...early.diskPhases(),
    {
      name: 'configuration',
      async run() {
        boot.loaded = await early.loadConfiguration();
        const { status } = boot.loaded;
        return status.state === 'ok' ? status.path : status.reason;
      },
    },
  ]);
  // There is always a configuration: in the worst case the defaults.
  const loaded = boot.loaded ?? loadConfig(CONFIG_NAME);
  const box = new Box(early, loaded.config, {
    runDir: RUN_DIRECTORY,
    prepareMachine: (config) => void prepareForVpp(config, modules()),
    loadModules: (names) => whatWasNotLoaded(modules(), names),
    end,
  });
  const appliance = new Appliance({
    reports,
    runDir: RUN_DIRECTORY,
    vppRunDir: VPP_RUN_DIRECTORY,
    loaded,
    media: early.mediaFor(loaded),
    owner: box,
  });
  boot.running = { box, appliance };
  early.trial.watch(early.watchdog, appliance);
  const { config } = appliance;
  await reports.phases.run([
    { name: 'identity', run: () => applyIdentity(config.system.hostname) },
    { name: 'logs', run: () => early.logs.open(early.media.data, config) },
    { name: 'sysctls', run: applySysctls },
    { name: 'management', run: () => box.startManagement() },
    { name: 'vpp-machine', run: () => prepareForVpp(config, modules()) },
    ...appliance.phases(),
    { name: 'console-menu', run: () => box.openMenu(appliance) },
  ]);
  reports.phases.finish();
  for (const phase of reports.phases.report) {
    if (phase.state === 'failed' && !REPORTED_ELSEWHERE.has(phase.name))
      reports.conditions.set('error', `boot ${phase.name}`, phase.reason);
  }
  listNics(appliance);
}

/** Logs the NICs and the configuration line that gives each to VPP: shows the user their PCI addresses. */
function listNics(appliance: Appliance): void {
  for (const nic of appliance.status().nics) {
    // an absent NIC has its own condition
    if (nic.use.role === 'missing') continue;
    const facts = [
      nic.kernelName,
      nic.mac,
      nic.driver,
      `link ${nic.link}`,
      `IOMMU group ${nic.iommuGroup ?? 'none'}`,
    ];
    const line = nic.iniLine.split('\n').join(' ');
    appliance.reports.console.info(
      'nic',
      `${nic.pciAddress} ${facts.filter((fact) => fact !== undefined).join(' ')}: ${line}`,
    );
  }
}

/** Prepares the machine for a VPP of this configuration; idempotent. Returns what was done. */
function prepareForVpp({ vpp }: Config, modules: ModuleLoader): string {
  const { netns } = vpp.lcp;
  const words = [`namespace ${netns} ${prepareControlNamespace(netns)}`];
  if (!vpp.enabled) return [...words, 'VPP is disabled'].join('; ');
  mountHugetlbfs(vpp.memory.hugepageSize);
  const uio = vpp.dpdk.unsafeNoIommu ? ['uio_pci_generic'] : [];
  words.push(loadByName(modules, [...VFIO_MODULES, ...TAP_MODULES, ...uio]));
  return words.join('; ');
}

/** Stops services, NICs, processes, file systems and disks in this order, each in bounded time, then calls reboot(2). */
async function endInOrder(
  early: EarlyBox,
  running: { readonly box: Box; readonly appliance: Appliance } | undefined,
  action: PowerAction,
  why: string,
): Promise<void> {
  const { console } = early.reports;
  running?.appliance.endChanges();
  await runSteps(
    [
      // Before VPP is stopped: records the reason of the shutdown for the next boot.
      { name: 'trial recorded', timeoutMs: 2_000, run: () => early.trial.end(why) },
      ...(running?.appliance.shutdownSteps() ?? []),
      ...(running?.box.shutdownSteps() ?? []),
      ...early.shutdownSteps(),
      ...machineSteps(),
      { name: 'watchdog', timeoutMs: 1_000, run: () => early.watchdog.stop(action) },
    ],
    console,
  );
  console.info('shutdown', `${action} now`);
  console[Symbol.dispose]();
  endMachine(action);
}
