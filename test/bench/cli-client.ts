/**
 * VPP's own command line makes as many routes, of one length over one next hop, without any client in between: what the
 * FIB itself allows. Run by fib.ts as a process of its own; prints JSON.
 */
import { runCliInband } from '../../src/vpp/api/mod.ts';
import { connectWithLoopback, nextHop } from './fib-setup.ts';

const TIMEOUT_MS = 300_000;

const [socketPath = '', count = '0'] = process.argv.slice(2);
const { client } = await connectWithLoopback(socketPath);
const command = `ip route add 1.0.0.0/24 count ${count} via ${nextHop(4, 0)} loop0`;
const startedAt = performance.now();
await runCliInband(client, command, { timeoutMs: TIMEOUT_MS });
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(JSON.stringify({ seconds, userUs: 0, systemUs: 0 }));
process.exit(0);
