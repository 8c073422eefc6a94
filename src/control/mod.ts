/**
 * Control: authorization of changing requests over HTTP, and their actions. Other folders import only this file.
 */
export { type Certificate, openCertificate } from './certificate.ts';
export { Password } from './password.ts';
export { controlRoutes } from './routes.ts';
export type { ControlTarget, ResetOptions } from './target.ts';
