/** Owns what this room contributes to the HTTP server: the requests of programs and the page. */
import type { ContributedRoute } from '../telemetry/mod.ts';
import type { Certificate } from './certificate.ts';
import { Guard } from './guard.ts';
import { pageRoutes } from './page-routes.ts';
import type { Password } from './password.ts';
import { requestRoutes } from './requests.ts';
import type { ControlTarget } from './target.ts';

export interface ControlOptions {
  readonly target: ControlTarget;
  readonly password: Password;
  /** Of the box, as it is now. */
  readonly hostname: () => string;
  /** What HTTPS shows now; undefined: there is no HTTPS. */
  readonly certificate: () => Certificate | undefined;
  /** One line for each request that was let in, and for each wrong password. */
  readonly logger: (line: string) => void;
}

/** For `startHttpServer`. Sessions and counted failures live as long as what is returned: keep it over a restart of the server. */
export function controlRoutes(options: ControlOptions): readonly ContributedRoute[] {
  const { password, logger } = options;
  const context = { ...options, guard: new Guard({ password, logger }) };
  return [...requestRoutes(context), ...pageRoutes(context)];
}
