/**
 * What the appliance says about itself: the one value that the page, `/status`, `/metrics` and `appliance show` are
 * made of. Each part is a room's (its `status.ts`); `src/init` puts them together, telemetry only renders them.
 *
 * Invariants: everything here is plain JSON (no bigint, Map, Date, undefined in arrays); a part that is not well
 * says so in its `reason`; a field exists only in the variant of the union that owns it.
 */
import type { BgpStatus } from '../bgp/status.ts';
import type { ConfigChangeStatus, ConfigStatus } from '../live/status.ts';
import type { TimeStatus } from '../management/status.ts';
import type { HttpsStatus } from '../control/status.ts';
import type { NextHopStatus, WanStatus } from '../dataplane/status.ts';
import type { DiskStatus } from '../disk/status.ts';
import type { HugepageStatus, NicStatus } from '../dpdk/status.ts';
import type { FeedsStatus, FibBackendStatus, KernelImportStatus } from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { ObjectsStatus } from '../objects/status.ts';
import type { CrashStatus } from '../log/status.ts';
import type { CpuIsolationStatus, WatchdogStatus } from '../machine/status.ts';
import type { ManagementStatus } from '../management/status.ts';
import type { KernelRule } from '../nftables/status.ts';
import type { Condition } from '../report/mod.ts';
import type { Service } from '../supervise/status.ts';
import type { UpdateStatus } from '../update/status.ts';
import type { StatsReads, StatsStatus } from '../vpp/stats/mod.ts';
import type { ApiTraffic, VppStatus } from '../vpp/status.ts';

/** One named, timed step of the boot, in the order of execution. */
export type BootPhase =
  | { readonly name: string; readonly state: 'running'; readonly startedMs: number; readonly detail?: string }
  | {
      readonly name: string;
      readonly state: 'done';
      /** Start, in milliseconds after the first own line. */
      readonly startedMs: number;
      /** Duration in milliseconds. */
      readonly ms: number;
      readonly detail?: string;
    }
  | {
      readonly name: string;
      readonly state: 'failed';
      readonly startedMs: number;
      readonly ms: number;
      readonly reason: string;
    }
  | { readonly name: string; readonly state: 'skipped'; readonly reason: string };

/** What only the owner of a machine has: PID 1's own parts. */
export interface BoxStatus extends DiskStatus, CrashStatus {
  /** Version of the image that runs. */
  readonly image: string;
  readonly update: UpdateStatus;
  readonly watchdog: WatchdogStatus;
  readonly cpuIsolation: CpuIsolationStatus;
  readonly time: TimeStatus;
  readonly https?: HttpsStatus;
}

/** Everything that is shown. */
export interface ApplianceStatus {
  /** Version of this program. */
  readonly version: string;
  readonly hostname: string;
  readonly pid: number;
  readonly mode: 'pid1' | 'run';
  readonly uptimeSeconds: number;
  readonly kernel?: string;
  readonly boot: {
    readonly phases: readonly BootPhase[];
    /** From the first own line to the end of the last phase; absent while booting. */
    readonly totalMs?: number;
  };
  readonly conditions: readonly Condition[];
  readonly config: ConfigStatus;
  /** Absent before the configuration was read. */
  readonly change?: ConfigChangeStatus;
  readonly services: readonly Service[];
  readonly vpp: VppStatus;
  readonly stats: StatsStatus;
  /** `StatsPoller.reads` */
  readonly statsReads: StatsReads;
  /** `VppConnection.traffic` */
  readonly apiTraffic: ApiTraffic;
  /** `[telemetry]` of the configuration in force. */
  readonly telemetry: { readonly zeroSeries: boolean };
  readonly nics: readonly NicStatus[];
  readonly interfaces: readonly InterfaceStatus[];
  /** What else the configuration asks of VPP: bonds, bridges, filters … */
  readonly objects: ObjectsStatus;
  /** Interfaces with an address by DHCP. */
  readonly wans: readonly WanStatus[];
  /** Rules of packets, with what they matched; absent while VPP forwards. */
  readonly kernelRules?: readonly KernelRule[];
  readonly fib: readonly FibBackendStatus[];
  /** Absent where `fib.kernel.import` asks for nothing. */
  readonly kernelImport?: KernelImportStatus;
  /** Absent before the configuration was read. */
  readonly feeds?: FeedsStatus;
  /** Absent without `[bgp]`. */
  readonly bgp?: BgpStatus;
  /** Of the configured routes; the first few hundred. */
  readonly nextHops: readonly NextHopStatus[];
  readonly hugepages: readonly HugepageStatus[];
  readonly management: ManagementStatus;
  /** PID 1 only. */
  readonly box?: BoxStatus;
}
