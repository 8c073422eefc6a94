/**
 * Control: authorization of changing requests over HTTP, and their actions. Other folders import only this file.
 */
export { type Certificate, type CertificateOptions, openCertificate } from './certificate.ts';
export { Password } from './password.ts';
export { type ControlOptions, controlRoutes } from './routes.ts';
export type { ConfigOptions, ControlTarget, ResetOptions } from './target.ts';
