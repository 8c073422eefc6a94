/** Owns what is said of the next hops that the configuration names. Pure. */

/** A next hop of configured routes, and how it is reached. */
export interface NextHopStatus {
  readonly address: string;
  /** Routes that use it. */
  readonly routes: number;
  /** One of them. */
  readonly example: string;
  readonly reach: /** In a network of this interface, or put on it by the route (`%xe0`). */
    | { readonly kind: 'interface'; readonly interface: string }
    /** Recursive: through another configured route. */
    | { readonly kind: 'route'; readonly destination: string }
    | { readonly kind: 'none' };
}
