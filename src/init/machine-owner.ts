/** What the owner of a machine adds to the appliance, and what holds without one. */
import type { Config } from '../config/types.ts';
import type { ControlTarget, ResetOptions } from '../control/mod.ts';
import type { MachineHooks } from '../dataplane/mod.ts';
import { DiskError, type ResetReport } from '../disk/mod.ts';
import type { Appliers } from '../live/mod.ts';
import type { ManagementStatus } from '../management/status.ts';
import type { BoxStatus } from '../status/mod.ts';
import type { Service } from '../supervise/mod.ts';

/** What the owner of the machine adds: PID 1's `Box`. */
export interface MachineOwner {
  readonly hooks: MachineHooks;
  /** Appliers of a changed configuration other than the data plane, HTTP and the services. */
  readonly appliers: Omit<Appliers, 'data-plane' | 'http' | 'services' | 'bgp'>;
  /** Actions of changing requests other than changes of the configuration. */
  readonly target: Pick<ControlTarget, 'update' | 'power' | 'installTargets' | 'install'> & {
    /** @param config the one in force */
    readonly factoryReset: (options: ResetOptions, config: Config) => Promise<ResetReport>;
  };
  readonly managementStatus: ManagementStatus;
  readonly managementInterface: string | undefined;
  /** Starts to answer DNS queries in the namespace. Idempotent. */
  resolveNamesIn(netns: string): void;
  /** Answers those of the namespace by these name servers first; none: no more. */
  useNameServersIn(netns: string, servers: readonly string[]): void;
  /** Called when a configuration becomes permanent: it was confirmed or reloaded from the file. */
  configKept(): void;
  status(): BoxStatus;
  services(): readonly Service[];
}

const notTheMachine = async (): Promise<never> => {
  throw new DiskError('refused', '`appliance run` does not own the machine: only a box supports this');
};

/** Of `appliance run`: its machine does not follow the configuration, and is not its to change. */
export const NO_OWNER: Pick<MachineOwner, 'appliers' | 'target'> = {
  appliers: { system() {}, log() {}, update() {}, watchdog() {}, management() {} },
  target: {
    update: { receive: notTheMachine },
    power() {
      throw new Error('`appliance run` does not own the machine: end its process instead');
    },
    factoryReset: notTheMachine,
    installTargets: async () => [],
    install: notTheMachine,
  },
};
