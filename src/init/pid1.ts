/**
 * PID 1: owns the machine from the kernel's hand-over to reboot(2).
 *
 * Invariants: no error leaves this process (PID 1's end panics the kernel); nothing writes to a terminal
 * synchronously; signals have their handlers before anything else happens.
 */
import { readFileSync } from 'node:fs';
import { ModuleLoader, reboot } from '../linux/mod.ts';
import { Appliance, VERSION } from './appliance.ts';
import type { Config } from '../config/types.ts';
import { Box } from './box.ts';
import { activeConsoles, Console } from '../log/mod.ts';
import {
  BASE_MODULES,
  coldplug,
  loadByName,
  loadIfThere,
  ROUTER_MODULES,
  TAP_MODULES,
  VFIO_MODULES,
  applyIdentity,
  applySysctls,
  prepareControlNamespace,
  mountAll,
  mountHugetlbfs,
  findPowerButtons,
  watchPowerButtons,
  endMachine,
  machineSteps,
  type PowerAction,
  runSteps,
} from '../machine/mod.ts';
import { startReaper } from '../supervise/mod.ts';

const RUN_DIRECTORY = '/run/appliance';
const VPP_RUN_DIRECTORY = '/run/vpp';
/** If the orderly way takes longer than this after a fatal error, the machine restarts without it. */
const FATAL_DEADLINE_MS = 20_000;

/** Phases whose failure has a condition that ends when it is mended. */
const TOLD: ReadonlySet<string> = new Set(['feeds', 'http']);

/** What ends the machine and how: busybox init's signals, and the kernel's for Ctrl-Alt-Del. */
const SIGNAL_ACTIONS: Readonly<Partial<Record<NodeJS.Signals, PowerAction>>> = {
  SIGINT: 'restart',
  SIGTERM: 'restart',
  SIGUSR1: 'halt',
  SIGUSR2: 'power-off',
};

/** Takes the machine over. Resolves when the boot is through; the machine runs on. */
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
  let end = (_action: PowerAction, _why: string): void => {};
  let box: Box | undefined;
  const appliance = new Appliance({
    console,
    startedAt,
    runDir: RUN_DIRECTORY,
    vppRunDir: VPP_RUN_DIRECTORY,
    owner(owned) {
      box = new Box(owned, {
        startedAt,
        runDir: RUN_DIRECTORY,
        modules,
        prepareMachine: (config) => void prepareForVpp(config, modules()),
        end: (action, why) => end(action, why),
      });
      return box;
    },
  });
  let ending = false;
  end = (action, why) => {
    if (ending) return;
    ending = true;
    console.info('shutdown', `${action}: ${why}`);
    endInOrder(appliance, box, action, why).catch((error: unknown) => {
      console.error('shutdown', String(error));
      endMachine(action);
    });
  };
  onSignal = end;
  // Reads the configuration again. Without a handler SIGHUP would end this process.
  process.on('SIGHUP', () => void appliance.reload());
  // As other runtimes do: fail now, and say where. The way out is that of any uncaught exception.
  process.on('SIGQUIT', () => {
    setImmediate(() => {
      throw new Error('SIGQUIT was received');
    });
  });
  const fatal = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n')) console.error('fatal', line);
    // A second one while the machine ends must not stop the ending.
    setTimeout(() => endMachine('restart'), FATAL_DEADLINE_MS).unref();
    end('restart', 'an uncaught exception');
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  startReaper((count) => console.info('reaper', `${count} orphan${count === 1 ? '' : 's'} reaped`));

  if (box === undefined) throw new Error('the appliance was made without its box');
  const own: Box = box;
  await appliance.phases.run([
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
    { name: 'kernel-log', run: () => own.logs.readKernel() },
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
    // As soon as its driver is there: a press that nobody hears is lost.
    {
      name: 'power-button',
      run() {
        const buttons = findPowerButtons();
        watchPowerButtons(buttons, () => end('power-off', 'the power button was pressed'));
        return buttons.length === 0 ? 'this machine has none' : buttons.join(' ');
      },
    },
    ...own.diskPhases(),
    { name: 'configuration', run: () => own.configure() },
    { name: 'identity', run: () => applyIdentity(appliance.config.system.hostname) },
    { name: 'logs', run: () => own.openLogs() },
    { name: 'sysctls', run: applySysctls },
    { name: 'management', run: () => own.startManagement() },
    { name: 'vpp-machine', run: () => prepareForVpp(appliance.config, modules()) },
    { name: 'data-plane', run: () => appliance.dataPlane.start() },
    { name: 'feeds', run: () => appliance.startFeeds() },
    { name: 'services', run: () => appliance.startServices() },
    { name: 'http', run: () => appliance.startHttp() },
    { name: 'console-menu', run: () => own.openMenu() },
  ]);
  for (const phase of appliance.phases.report) {
    if (phase.state === 'failed' && !TOLD.has(phase.name))
      appliance.conditions.set('error', `boot ${phase.name}`, phase.reason);
  }
  listNics(appliance);
}

/** The NICs and the line that gives each to VPP: how a user learns the addresses. */
function listNics(appliance: Appliance): void {
  for (const nic of appliance.status().nics) {
    // what is not there has a condition of its own
    if (nic.use.role === 'missing') continue;
    const facts = [
      nic.kernelName,
      nic.mac,
      nic.driver,
      `link ${nic.link}`,
      `IOMMU group ${nic.iommuGroup ?? 'none'}`,
    ];
    const line = nic.iniLine.split('\n').join(' ');
    appliance.console.info(
      'nic',
      `${nic.pciAddress} ${facts.filter((fact) => fact !== undefined).join(' ')}: ${line}`,
    );
  }
}

/** What a VPP of this configuration wants of the machine; what is there already stays. Says what was done. */
function prepareForVpp({ vpp }: Config, modules: ModuleLoader): string {
  const { netns } = vpp.lcp;
  const words = [`namespace ${netns} ${prepareControlNamespace(netns)}`];
  if (!vpp.enabled) return [...words, 'VPP is disabled'].join('; ');
  mountHugetlbfs(vpp.memory.hugepageSize);
  const uio = vpp.dpdk.unsafeNoIommu ? ['uio_pci_generic'] : [];
  words.push(loadByName(modules, [...VFIO_MODULES, ...TAP_MODULES, ...uio]));
  return words.join('; ');
}

/** Services, NICs, processes, file systems, disks, reboot(2): in this order, each bounded. */
async function endInOrder(
  appliance: Appliance,
  box: Box | undefined,
  action: PowerAction,
  why: string,
): Promise<void> {
  const { console } = appliance;
  // The end may come before the configuration: then there is nothing of it to stop.
  const dataPlane = appliance.isConfigured ? appliance.dataPlane : undefined;
  appliance.endChanges();
  await runSteps(
    [
      ...(box?.firstSteps(why) ?? []),
      { name: 'services stopped', timeoutMs: 8_000, run: () => appliance.stopServices() },
      { name: 'VPP stopped', timeoutMs: 8_000, run: () => dataPlane?.stop() },
      { name: 'NICs restored', timeoutMs: 5_000, run: () => dataPlane?.restoreNics() },
      { name: 'HTTP stopped', timeoutMs: 1_000, run: () => appliance.stopHttp() },
      ...(box?.lastSteps() ?? []),
      ...machineSteps(),
      { name: 'watchdog', timeoutMs: 1_000, run: () => box?.watchdog.stop(action) },
    ],
    console,
  );
  console.info('shutdown', `${action} now`);
  console[Symbol.dispose]();
  endMachine(action);
}
