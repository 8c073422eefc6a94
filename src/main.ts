/**
 * Which life is this? PID 1 takes the machine over; a DHCP event writes a lease and ends; everything else is the
 * command line. Each life loads only what it needs.
 */

const startedAt = performance.now();

async function main(): Promise<void> {
  const [, , first, ...rest] = process.argv;
  if (process.pid === 1) {
    const { runPid1 } = await import('./init/pid1.ts');
    return runPid1(startedAt);
  }
  const { isDhcpEvent, runDhcpEvent } = await import('./dhcp/dhcp-lease.ts');
  if (first !== undefined && isDhcpEvent(first, process.env)) {
    runDhcpEvent(first, process.env);
    return;
  }
  const { runCommandLine } = await import('./cli/mod.ts');
  if (first !== 'run') process.stdout.on('error', endWithoutReader);
  process.exitCode = await runCommandLine(first === undefined ? [] : [first, ...rest], startedAt);
  // What `complete` asked of an appliance may never be answered.
  if (first === 'run' || first === 'complete') process.exit();
}

/** A reader that leaves early, as head does, is no failure of a command. */
function endWithoutReader({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit();
  process.stderr.write(`appliance: cannot write the output: ${message}\n`);
  process.exit(1);
}

void main();
