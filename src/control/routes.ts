/** Owns the routes that this folder contributes to the HTTP server: the requests of programs and the page. */
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
  /** The current host name of the box. */
  readonly hostname: () => string;
  /** The current certificate of HTTPS; undefined without HTTPS. */
  readonly certificate: () => Certificate | undefined;
  /** One line per admitted request, and per wrong password. */
  readonly logger: (line: string) => void;
}

/** For `startHttpServer`. The result holds sessions and failure counts: keep it over a restart of the server. */
export function controlRoutes(options: ControlOptions): readonly ContributedRoute[] {
  const { password, logger } = options;
  const context = { ...options, guard: new Guard({ password, logger }) };
  return [...requestRoutes(context), ...pageRoutes(context)];
}
