/** The errors of telemetry. */

export type TelemetryErrorCode =
  /** An address could not be bound. */
  'listen';

export class TelemetryError extends Error {
  readonly code: TelemetryErrorCode;

  constructor(code: TelemetryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TelemetryError';
    this.code = code;
  }
}

/** A request that cannot be served as it came; the message is for whoever sent it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** Status code of the answer. */
  readonly status: 408 | 413;

  constructor(status: 408 | 413, message: string) {
    super(message);
    this.status = status;
  }
}
