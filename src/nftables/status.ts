/** Owns what is said of the rules of packets in the kernel. Pure. */
import { counters, metricTable } from '../report/mod.ts';

/** A rule of a filter, of NAT or of a cross-connect, by its comment: `acl lan-in 10`. */
export interface KernelRule {
  readonly rule: string;
  /** Since the rules were loaded last. */
  readonly packets: number;
}

export const KERNEL_RULE_METRICS = metricTable<{ readonly kernelRules?: readonly KernelRule[] }>({
  appliance_kernel_rule_packets_total: counters(
    'Packets that matched a rule of a filter, of NAT or of a cross-connect (absent: the kernel does not forward)',
    ['rule'],
    ({ kernelRules = [] }) => kernelRules.map(({ rule, packets }) => [packets, rule]),
  ),
});
