/** Types that the configuration's values and its parser have in common. */

/** An IP prefix in canonical text form (`10.0.0.0/8`, `2001:db8::/32`), split for those who compute with it. */
export interface Prefix {
  readonly family: 4 | 6;
  /** Canonical address text, host bits zero for routes, kept for interface addresses. */
  readonly address: string;
  readonly length: number;
}

/** Address and port of one end: what to listen on, or whom to send to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One mistake in the file, or one fact of the machine that does not fit it. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  /** 1-based; 0 when it is about the file or the machine as a whole. */
  readonly line: number;
  /** Path of the leaf or section, `vpp.cpu.workers`. */
  readonly leaf: string;
  /** What is wrong, the value quoted, what would be right; no trailing period. */
  readonly message: string;
}
