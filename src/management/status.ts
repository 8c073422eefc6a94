/** Owns what is said of the management interface. Pure. */
import { gauge, type PlainMetric, type Timestamp } from '../report/mod.ts';

/** The management interface, which stays with the kernel. */
export type ManagementStatus =
  | { readonly state: 'none'; readonly reason: string }
  | {
      readonly state: 'configuring';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly reason: string;
    }
  | {
      readonly state: 'ready';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly addresses: readonly string[];
      readonly gateway?: string;
      readonly dns: readonly string[];
      /** DHCP only. */
      readonly lease?: {
        readonly server: string;
        readonly obtainedAt: Timestamp;
        readonly expiresAt: Timestamp;
      };
    }
  | {
      readonly state: 'failed';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly reason: string;
    };

export const MANAGEMENT_METRICS: readonly PlainMetric<{ readonly management: ManagementStatus }>[] = [
  gauge(
    'appliance_management_ready',
    'Whether the management interface has its address',
    ({ management }) => management.state === 'ready',
  ),
];
