/**
 * A main thread that is busy in one command, for `ms` or for ever: the kernel takes connections for it, as many as the
 * sockets' backlogs hold, and nobody answers them; of signals only those end it that need no handler.
 */
export function spin(ms = Number.POSITIVE_INFINITY): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
