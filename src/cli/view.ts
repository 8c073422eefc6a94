/** What `appliance show` prints of a subject. */
export interface View {
  readonly json: unknown;
  text(): string;
  /** 0 by default. */
  readonly exitCode?: number;
}
