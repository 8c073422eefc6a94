/** The errors of requests. */

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
