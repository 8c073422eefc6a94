/** Owns what is said of the data plane's interfaces. Pure. */
import type { LinkCounters } from '../linux/mod.ts';
import type { InterfaceCounters } from '../vpp/stats/mod.ts';

export type LinkState = 'up' | 'down' | 'unknown';

/** One data plane interface: in VPP, or in the kernel while that is the data plane. */
export interface InterfaceStatus {
  readonly name: string;
  readonly dataPlane: 'vpp' | 'kernel';
  readonly swIfIndex?: number;
  /** Present: as configured, or what is not. */
  readonly state:
    | { readonly state: 'ok' }
    | { readonly state: 'pending'; readonly reason: string }
    | { readonly state: 'failed'; readonly reason: string }
    /** Exists in the data plane, the configuration does not name it. */
    | { readonly state: 'unconfigured' };
  readonly adminUp: boolean;
  readonly link: LinkState;
  readonly mtuBytes?: number;
  readonly speedMbps?: number;
  readonly mac?: string;
  /** `192.0.2.1/24` */
  readonly addresses: readonly string[];
  /** Table of its VRF; left out in the default one. */
  readonly tableId?: number;
  /** Configured up, and down because somebody set its TAP down. */
  readonly isSetDownInLinux?: boolean;
  /** Its TAP in Linux, or why it has none; left out where none is wanted (`vpp.lcp.enabled`). */
  readonly hostInterface?:
    | { readonly state: 'paired'; readonly name: string; readonly netns: string }
    | { readonly state: 'failed'; readonly reason: string };
  /** Left out by init: telemetry fills it in by name from the latest snapshot of VPP's counters. */
  readonly counters?: InterfaceCounters;
  /** What the kernel counted, of an interface over which the kernel forwards. */
  readonly kernelCounters?: LinkCounters;
}
