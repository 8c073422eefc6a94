/** Telemetry: the status page, JSON and metrics over HTTP, and the server that they share with control. Other folders import only this file. */
export {
  describeCertificate,
  describeChange,
  describeCores,
  describeCrash,
  describeData,
  describeEnd,
  describeEntryState,
  describeImage,
  describeLastBoot,
  describeNext,
  describeTime,
  describeVerdict,
  describeWatchdog,
  type Words,
} from './box-words.ts';
export { RequestError, TelemetryError, type TelemetryErrorCode } from './errors.ts';
export { ContentType, type Exchange } from './exchange.ts';
export { describeService, describeSilence, type HealthLevel } from './health.ts';
export { differenceWords } from './page-parts.ts';
export { type Html, html } from './html.ts';
export { describeImport, describeImportRefusal, importedRouteText } from './import-words.ts';
export type { AgedList, NodeFigures } from './node-figures.ts';
export type { Figures, PageModel } from './page-model.ts';
export type { PathStep } from './path.ts';
export type { HealthReport } from './readiness.ts';
export { startHttpServer } from './http-server.ts';
export type { HttpLogger, HttpServer, HttpServerOptions } from './http-server.ts';
export type { ListenAddress, TlsIdentity } from './listen.ts';
export type { OwnNames } from './origin.ts';
export { peerKey } from './peers.ts';
export { type ContributedRoute, refusalOfPlainHttp } from './routes.ts';
