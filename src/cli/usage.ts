/** The words of the command line, and the error for those that do not fit. */

export const USAGE = `usage: appliance COMMAND …

  check FILE [--here] [--vpp-version 26.06]
                                          validate a configuration; --here: hold it against this machine too;
                                          against the VPP of this machine, or a version, in any case
  render FILE [--vpp-version 26.06]       print VPP's startup.conf for a configuration
  run --config FILE [--run-dir DIR]       run everything but the machine itself
  version

of a running appliance:
  show WHAT                               health: exit code 0 when it is ready and nothing is in error, 1 otherwise
                                          interfaces | vpp | workers | fib | fib vpp | fib kernel | import: routes of
                                          daemons, and those that are not taken | services | boot |
                                          config | log [SERVICE] | status | nodes, errors [--all]: of VPP's graph |
                                          update: versions and trials | box: watchdog, cores, time, crashes, certificate
  show route ADDRESS | PREFIX | mpls LABEL [--table N]
                                          where packets go, and why
  routes load FILE | - [--name NAME] [--distance N] [--hold SECONDS | --hold forever] [--wait]
                                          give it routes, which stay; those of the same name are replaced
  routes withdraw FILE | - | --name NAME  take them away: those in the file, or all of that name
  routes show                             who gave routes, and how many
  show WHAT --watch                       drawn again as it changes, every second; Ctrl-C ends it
  show log SERVICE --follow               print its lines as they come
  vppctl [show …]                         ask VPP's own command line; alone: the commands that it takes
  config show                             print the configuration in force
  config put FILE [--dry-run] [--restart-vpp]
                                          put a configuration in force, or say what it would change
  config confirm                          keep the one that was put
  reload [--dry-run] [--restart-vpp]      read the configuration file again
  vpp retry                               try a VPP that keeps failing at once
  update FILE.efi [--signature FILE.sig] [--wait | --no-restart]
                                          send a new version and restart to try it
  power restart | power off
  password                                change the password
  install --list | install --disk DISK    copy the running system to a disk
  factory-reset --yes [--keep-network]    erase what is not of the image; --keep-network: but for [management]
  sign FILE.efi --key update.key [--version V] [--no-build-time] | sign --new-key update.key
                                          vouch for an image; make a pair of keys

They speak to the appliance on this machine (--run-dir DIR names its socket's directory, /run/appliance), or with
--host URL to another one, https://192.0.2.1:8443. --fingerprint SHA256 names its self-signed certificate, --insecure
takes any. Whatever changes something wants the password, and so do vppctl, config show and install --list:
--password-file FILE, APPLIANCE_PASSWORD, or asked for.
--json prints JSON instead of a table. Colours are for terminals; NO_COLOR=1 leaves them out there too.
`;

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
