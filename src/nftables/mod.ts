/** Rules of packets while the kernel forwards: a pure ruleset from the configuration, and the program nft that loads it. */
export { KernelRules, type RuleVerdict } from './kernel-rules.ts';
