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
