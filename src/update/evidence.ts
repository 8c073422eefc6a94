/** Facts of the last good run, the reference for a new one. Saved as `last-good.json` beside its configuration. */

export interface Evidence {
  /** Version of the image that ran. */
  readonly version: string;
  /** When the verdict was reached: wall clock, ms. */
  readonly at: number;
  /** Hash of the configuration's text, lower-case hexadecimal. */
  readonly configSha256: string;
  /** Programmed routes. */
  readonly routes: number;
  /** Data plane interfaces whose link was up. */
  readonly links: readonly string[];
  /** Whether a management interface had an address. */
  readonly management: boolean;
}

const MAX_LINKS = 256;

/** Reads evidence from parsed JSON; undefined when a field is missing or of another type. */
export function parseEvidence(value: unknown): Evidence | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, at, configSha256, routes, links, management } = value as Record<string, unknown>;
  if (typeof version !== 'string' || typeof at !== 'number' || typeof configSha256 !== 'string')
    return undefined;
  if (typeof routes !== 'number' || !(routes >= 0) || !Array.isArray(links)) return undefined;
  return {
    version,
    at,
    configSha256,
    routes,
    links: links.filter((link): link is string => typeof link === 'string').slice(0, MAX_LINKS),
    management: management === true,
  };
}
