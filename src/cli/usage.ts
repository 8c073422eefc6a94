/** The words of the command line, and the error for those that do not fit. */

export const USAGE = `usage: appliance COMMAND …

  check FILE [--here]                     validate a configuration; --here: hold it against this machine too
  render FILE [--vpp-version 25.02]       print VPP's startup.conf for a configuration
  run --config FILE [--run-dir DIR]       run everything but the machine itself
  show WHAT                               fib vpp | fib kernel | interfaces | vpp | config | log [SERVICE] | status
  vppctl show …                           ask VPP's own command line, read-only
  version

show and vppctl speak to the appliance on this machine, or with --host URL to another one
(http://192.0.2.1:8080); --run-dir DIR names the socket's directory (/run/appliance).
--json prints JSON; without it show prints JSON too when its output is not a terminal.
`;

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
