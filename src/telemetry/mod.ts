/** Telemetry: the status page, JSON and metrics over HTTP, and the server that they share with control. Other folders import only this file. */
export { RequestError } from './errors.ts';
export { ContentType, type Exchange } from './exchange.ts';
export { type Html, html } from './html.ts';
export type { AgedList, NodeFigures } from './node-figures.ts';
export type { Figures } from './page-model.ts';
export { startHttpServer } from './http-server.ts';
export type { HttpServer, HttpServerOptions } from './http-server.ts';
export type { ListenAddress, TlsIdentity } from './listen.ts';
export { peerKey } from './peers.ts';
export { type ContributedRoute, refusalOfPlainHttp } from './routes.ts';
