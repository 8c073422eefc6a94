/**
 * The definition of a case: its topology, its configuration, and its checks, in order. A case does not depend on the
 * data plane. Each file in cases/ exports cases as `cases`.
 */
import type { NicModel } from '../../image/qemu-arguments.ts';
import type { Daemon } from './daemons.ts';
import type { Field } from './field.ts';
import type { Plane } from './plane.ts';

export type PlaneKind = 'kernel' | 'vpp';

/** The NICs of the box, and their segments; each segment is a bridge that peers join. */
export const SEGMENTS = ['xe0', 'xe1', 'xe2', 'xe3', 'xe4'] as const;
export type Segment = (typeof SEGMENTS)[number];
/** Those that the Linux guest has NICs on. */
export const LINUX_SEGMENTS = ['xe0', 'xe1'] as const satisfies readonly Segment[];
export type LinuxSegment = (typeof LINUX_SEGMENTS)[number];
/** By the order of SEGMENTS. */
export const NIC_MODELS: readonly NicModel[] = ['virtio', 'virtio', 'e1000e', 'virtio', 'virtio'];

export interface PeerLink {
  readonly segment: Segment;
  /** `192.0.2.2/24`; usable at once. */
  readonly addresses?: readonly string[];
  readonly mac?: string;
  /** Of the segment too; 1500 by default. */
  readonly mtu?: number;
  /** VLAN tags of its frames on the segment, the outer one first: `8100:100`, TPID and VLAN. */
  readonly tags?: readonly string[];
}

export interface PeerPlan {
  readonly name: string;
  /** In the namespace each link has the name of its segment. */
  readonly links: readonly PeerLink[];
  /** On its loopback: destinations behind it. */
  readonly loopbacks?: readonly string[];
  /** In iproute2's syntax: `default via 192.0.2.1`. */
  readonly routes?: readonly string[];
  readonly forwards?: boolean;
  readonly daemons?: readonly Daemon[];
}

/** The Linux guest as another neighbour, under the name `linux`. */
export interface LinuxPlan {
  /** Its NICs that the case uses, under the names of their segments; they are down at first. */
  readonly segments: readonly LinuxSegment[];
  /** Lines of a shell that make its links and addresses: `ip link add link xe0 name xe0.100 type vlan id 100`. */
  readonly setup: readonly string[];
}

export interface BoxPlan {
  /** Of the box's interfaces; NICs, or loop0 and so on. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly mtu?: Readonly<Record<string, number>>;
  /** More lines of their sections. */
  readonly keys?: Readonly<Record<string, string>>;
  /** It waits for a restart of VPP: that is asked for. */
  readonly restartsVpp?: boolean;
  /** More of appliance.ini: sections other than those of interfaces, NICs and VPP. */
  readonly ini?: string;
  /** Run as services in the namespace of the TAPs. */
  readonly daemons?: readonly Daemon[];
}

/** One action or check. */
export interface Step {
  readonly what: string;
  run(field: Field): Promise<void>;
}

export interface FieldCase {
  /** Letters, digits, `-`: also the name for `--only`. */
  readonly name: string;
  /** What it shows, for the table. */
  readonly shows: string;
  readonly box: BoxPlan;
  readonly peers: readonly PeerPlan[];
  readonly linux?: LinuxPlan;
  readonly steps: readonly Step[];
  /** Its time limit on a running box. */
  readonly seconds: number;
  /** The data planes that it applies to; both by default. */
  readonly planes?: readonly PlaneKind[];
  /** Why it cannot run on one of them. */
  unless?(plane: Plane): string | undefined;
  /** Part of every run of the tests. */
  readonly always?: boolean;
  /** Only when named, or with `--long`. */
  readonly long?: boolean;
  /** It leaves the box unusable for other cases: the guest ends with it. */
  readonly spoils?: boolean;
}
