/** State of the objects in VPP: what is configured besides interfaces and routes. Pure. */

/** One object of the configuration. */
export interface ObjectStatus {
  /** `bond`, `acl` */
  readonly kind: string;
  readonly name: string;
  readonly state: { readonly state: 'ok' } | { readonly state: 'failed'; readonly reason: string };
}

export interface ObjectsStatus {
  readonly objects: readonly ObjectStatus[];
  /** Steps that were needed though the configuration had not changed. */
  readonly drifts: number;
  /** The last of them. */
  readonly lastDrift?: string;
}
