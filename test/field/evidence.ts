/** The evidence of a failed case: captures, the state of both sides, and their output during the case. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldCase, PeerPlan } from './case.ts';
import type { Field } from './field.ts';

const PEER_QUESTIONS = ['-d addr', 'route show table all', '-6 route show table all', 'neigh', '-s link'];
const BIRD_QUESTIONS = ['show protocols all', 'show route all', 'show ospf neighbors', 'show interfaces'];
const FRR_QUESTIONS = [
  'show ip route vrf all',
  'show ipv6 route vrf all',
  'show ip ospf neighbor',
  'show ipv6 ospf6 neighbor',
  'show bgp summary',
  'show interface',
];
const BOX_PATHS = ['/status', '/metrics', '/log?lines=2000', '/fib/vpp', '/fib/kernel', '/healthz'];
const BOX_QUESTIONS = [
  'ip -d addr',
  'ip route show table all',
  'ip -6 route show table all',
  'ip neigh; ip -6 neigh',
  'ip rule; ip -6 rule',
  'ip maddr',
  'ip mroute show table all',
  'ip -s link',
];
const VPP_COMMANDS = [
  'show interface',
  'show hardware-interfaces',
  'show interface address',
  'show lcp',
  'show ip fib',
  'show ip6 fib',
  'show ip mfib',
  'show ip6 mfib',
  'show ip neighbors',
  'show errors',
  'show runtime',
  'show tap',
  'show logging',
];

/** Writes it to a directory, which is replaced. Never rejects: for missing evidence it writes the reason. */
export async function keepEvidence(plan: FieldCase, field: Field, directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const keep = async (
    name: string,
    read: () => Promise<string | undefined> | string | undefined,
  ): Promise<void> => {
    const text = await Promise.resolve()
      .then(read)
      .catch((error: unknown) => `not available: ${String(error)}`);
    if (text !== undefined && text !== '') writeFileSync(join(directory, name), text);
  };
  cpSync(join(field.scratch, 'captures'), directory, { recursive: true });
  for (const one of plan.peers) await keepPeer(one, field, keep);
  if (plan.linux !== undefined) await keepLinux(field, keep);
  await keep('box-console.txt', () => field.box.console);
  for (const path of BOX_PATHS) {
    await keep(`box${path.replaceAll(/[/?=]/g, '-')}.txt`, () => field.box.get(path));
  }
  await keep('box-dataplane.txt', async () => {
    const parts: string[] = [];
    for (const question of BOX_QUESTIONS)
      parts.push(`# ${question}\n${(await field.box.inside(question)).text}`);
    parts.push(
      `# ip -d addr, in the box's own namespace\n${(await field.box.run('ip -d addr; ip route')).text}`,
    );
    return parts.join('\n');
  });
  if (field.box.plane.kind === 'vpp') {
    for (const command of VPP_COMMANDS) {
      await keep(`vpp-${command.replaceAll(' ', '-')}.txt`, () => field.box.vppctl(command));
    }
  }
  await keep('box-daemons.txt', async () => {
    const names = (plan.box.daemons ?? []).map(({ name }) => name);
    const parts: string[] = [];
    const questions = { bird: BIRD_QUESTIONS, frr: FRR_QUESTIONS };
    for (const name of ['bird', 'frr'] as const) {
      if (!names.includes(name)) continue;
      for (const question of questions[name])
        parts.push(`# ${question}\n${await field.askBox(name, question)}`);
    }
    return parts.join('\n');
  });
}

const LINUX_QUESTIONS = [
  ...PEER_QUESTIONS.map((question) => `ip ${question}`),
  'ip -f mpls route',
  'cat /proc/net/bonding/*',
];

async function keepLinux(
  { linux }: Field,
  keep: (name: string, read: () => Promise<string> | string) => Promise<void>,
): Promise<void> {
  await keep('linux.txt', async () => {
    const parts: string[] = [];
    for (const question of LINUX_QUESTIONS) {
      parts.push(`# ${question}\n${(await linux.shell(question)).text}`);
    }
    return parts.join('\n');
  });
  await keep('linux-console.txt', () => linux.console);
}

async function keepPeer(
  plan: PeerPlan,
  field: Field,
  keep: (name: string, read: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const peer = field.peer(plan.name);
  await keep(`${plan.name}.txt`, async () => {
    const parts: string[] = [];
    for (const question of PEER_QUESTIONS)
      parts.push(`# ip ${question}\n${(await peer.run(`ip ${question}`)).text}`);
    const names = (plan.daemons ?? []).map(({ name }) => name);
    if (names.includes('bird')) {
      for (const question of BIRD_QUESTIONS) parts.push(`# ${question}\n${await peer.ask('bird', question)}`);
    }
    if (names.includes('frr')) {
      for (const question of FRR_QUESTIONS) parts.push(`# ${question}\n${await peer.ask('frr', question)}`);
    }
    for (const [name, output] of peer.outputs) parts.push(`# output of ${name}\n${output}`);
    return parts.join('\n');
  });
}
