/** Telemetry: the status page, JSON and metrics over HTTP. Other folders import only this file. */
export { TelemetryError, type TelemetryErrorCode } from './errors.ts';
export { startHttpServer } from './http-server.ts';
export type { HttpLogger, HttpServer, HttpServerOptions, ListenAddress } from './http-server.ts';
export type {
  ApiStatus,
  ApplianceStatus,
  BootPhase,
  Condition,
  ConfigStatus,
  FibBackendStatus,
  FibFailure,
  FibRoute,
  HugepageStatus,
  InterfaceStatus,
  LinkState,
  ManagementStatus,
  NicRole,
  NicStatus,
  OutputLine,
  Service,
  ServiceExit,
  ServiceStatus,
  Severity,
  StatusProvider,
  Timestamp,
  VppStatus,
} from './status.ts';
