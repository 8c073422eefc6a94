/** Owns what is said of VPP: its process, its API and its counters. Pure. */
import type { Timestamp } from '../report/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';

export type { ApiTraffic } from './api/traffic.ts';

/** The binary API connection. */
export type ApiStatus =
  | { readonly state: 'idle'; readonly reason: string }
  | {
      readonly state: 'connecting';
      readonly since: Timestamp;
      readonly attempt: number;
      /** Why the last attempt failed, if there was one. */
      readonly reason?: string;
    }
  | {
      readonly state: 'connected';
      readonly since: Timestamp;
      readonly vpePid: number;
      /** There while VPP has not answered for longer than it should take. */
      readonly silentSince?: Timestamp;
    }
  | { readonly state: 'disconnected'; readonly since: Timestamp; readonly reason: string }
  | {
      /** Connected, but messages the product needs are missing or of another version. */
      readonly state: 'incompatible';
      readonly since: Timestamp;
      readonly reason: string;
      readonly messages: readonly { readonly name: string; readonly reason: string }[];
    };

/** VPP as a whole; its process is also one of `services` (named `vpp`), with its output. */
export interface VppStatus {
  readonly process: ServiceStatus;
  readonly api: ApiStatus;
  /** As the binary or the API reports it, `25.02-release`. */
  readonly version?: string;
  readonly pid?: number;
  readonly startedAt?: Timestamp;
  /** Restarts seen since the appliance started. */
  readonly restarts: number;
  /** How often it did not answer for `vpp.answer-timeout`, since the appliance started. */
  readonly hangs: number;
}
