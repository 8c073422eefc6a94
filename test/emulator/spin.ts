/**
 * A main thread that is busy in one command, for `ms` or without end: the kernel accepts connections for it, up to the
 * sockets' backlogs, and nothing answers them; only signals without a handler end it.
 */
export function spin(ms = Number.POSITIVE_INFINITY): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
