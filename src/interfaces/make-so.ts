/**
 * Makes the interfaces of VPP what they are to be, in the order that VPP wants: all that goes comes before all that comes,
 * over all interfaces, and what one interface cannot have costs the others nothing.
 */
import { reasonOf } from '../linux/mod.ts';
import type { VppApiClient } from '../vpp/api/mod.ts';
import type { Mirror, Mirrored } from './mirror.ts';
import type { Target } from './targets.ts';
import { bind, configure, prune } from './vpp-configure.ts';
import type { Known } from './vpp-status.ts';

/** One run. */
export interface Run {
  readonly client: VppApiClient;
  readonly targets: readonly Target[];
  readonly mirror: Mirror | undefined;
  /** VPP refused something. */
  readonly fail: (name: string, known: Known, reason: string) => void;
}

/** From tables to admin states; `present` is what VPP has. Rejects when the connection broke. */
export async function makeSo(run: Run, present: ReadonlyMap<string, Known>): Promise<void> {
  const { client, targets, mirror } = run;
  // What all have in common keeps none from the rest, so it is told last.
  const common = [await together(run, 'tables', (mirrored) => mirror?.makeTables(client, mirrored))];
  for (const step of [prune, bind]) {
    for (const { name, known, wanted } of targets) {
      if (known.failure === undefined) await attempt(run, name, known, () => step(client, known, wanted));
    }
  }
  common.push(await together(run, 'multicast', (mirrored) => mirror?.letIn(client, mirrored, present)));
  for (const { name, known, wanted, mirrored } of targets) {
    if (known.failure !== undefined) continue;
    await attempt(run, name, known, async () => {
      const refusals = await configure(client, known, wanted);
      if (mirrored !== undefined) await mirror?.letIpv4In(client, mirrored, known);
      if (refusals.length > 0) throw new Error(refusals.join('; '));
    });
  }
  for (const reason of common) failAll(run, present, reason);
}

/** What is left, with what VPP has after `makeSo`. Rejects when the connection broke. */
export async function completeMirror(run: Run, present: ReadonlyMap<string, Known>): Promise<void> {
  const { client, mirror } = run;
  const reason = await together(run, 'proxy ARP and tables', (mirrored) =>
    mirror?.complete(client, mirrored, present),
  );
  failAll(run, present, reason);
}

/** Keeps VPP's reason when it refuses. Rejects when the connection broke. */
export async function attempt(
  { client, fail }: Pick<Run, 'client' | 'fail'>,
  name: string,
  known: Known,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (client.isClosed) throw error;
    fail(name, known, reasonOf(error));
  }
}

/** A step that is about all interfaces with a TAP: VPP's reason when it refuses. Rejects when the connection broke. */
async function together(
  { client, targets, mirror }: Run,
  what: string,
  step: (mirrored: readonly Mirrored[]) => Promise<void> | undefined,
): Promise<string | undefined> {
  if (mirror === undefined) return undefined;
  try {
    await step(targets.map(({ mirrored }) => mirrored).filter((one) => one !== undefined));
    return undefined;
  } catch (error) {
    if (client.isClosed) throw error;
    return `${what}: ${reasonOf(error)}`;
  }
}

function failAll({ targets, fail }: Run, present: ReadonlyMap<string, Known>, reason?: string): void {
  if (reason === undefined) return;
  for (const { name, mirrored } of targets) {
    const known = present.get(name);
    if (mirrored !== undefined && known !== undefined) fail(name, known, reason);
  }
}
