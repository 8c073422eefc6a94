/**
 * Sends the steps of a plan. Steps of one rank are sent together, since none of them needs another; a step that VPP
 * refuses stops what needs its object, and nothing else.
 */
import { reasonOf } from '../linux/mod.ts';
import { type SwIfIndex, type VppApiClient, VppApiError, type VppInterface } from '../vpp/api/mod.ts';
import type { Interfaces, Key, StepTarget } from './kind.ts';
import type { ActualState, PlannedStep } from './plan.ts';

/** Steps sent at a time: each stops VPP's workers for a moment. */
const AT_ONCE = 32;

const INTERFACE = 'interface/';

/** What an object is not, and why. */
export interface Failure {
  readonly kind: string;
  readonly name: string;
  readonly reason: string;
}

/**
 * Runs the steps, which are in the order of their ranks. Resolves with what was refused, one an object. Rejects when the
 * connection broke, or VPP does not answer.
 */
export async function execute(
  steps: readonly PlannedStep[],
  target: StepTarget,
  onStep?: (step: PlannedStep) => void,
): Promise<Failure[]> {
  const failures = new Map<string, Failure>();
  const missing = new Set<Key>();
  const runOne = async (step: PlannedStep): Promise<void> => {
    const { kind, name, needs, provides } = step;
    const own = provides[0]!;
    if (failures.has(own)) return;
    const lacking = needs.find((need) => missing.has(need));
    try {
      if (lacking !== undefined) throw new Error(`${lacking.replace('/', ' ')} does not exist`);
      await step.run(target);
      if (step.action === 'remove') {
        for (const key of provides)
          if (key.startsWith(INTERFACE)) target.deleted(key.slice(INTERFACE.length));
      }
      onStep?.(step);
    } catch (error) {
      if (target.client.isClosed || isSilence(error)) throw error;
      failures.set(own, { kind, name, reason: `cannot ${step.words}: ${reasonOf(error)}` });
      for (const key of provides) missing.add(key);
    }
  };
  for (let at = 0; at < steps.length; ) {
    const { rank } = steps[at]!;
    const end = steps.findIndex((step, index) => index > at && (step.rank !== rank || index - at >= AT_ONCE));
    const group = steps.slice(at, end < 0 ? steps.length : end);
    await Promise.all(group.map(runOne));
    at += group.length;
  }
  return [...failures.values()];
}

function isSilence(error: unknown): boolean {
  return error instanceof VppApiError && error.code === 'timeout';
}

/** What steps work on: the names and numbers of a dump, and those that the steps themselves give. */
export function stepTarget(client: VppApiClient, interfaces: Interfaces, actual: ActualState): StepTarget {
  const indices = new Map<string, SwIfIndex>(interfaces.all.map(({ name, swIfIndex }) => [name, swIfIndex]));
  const known = new Map<string, VppInterface>(interfaces.byName);
  const handles = new Map<Key, number>();
  for (const [kind, found] of actual) {
    for (const [name, { handle }] of found)
      if (handle !== undefined) handles.set(`${kind.name}/${name}`, handle);
  }
  return {
    client,
    indexOf: (name) => {
      const index = indices.get(name);
      if (index === undefined) throw new Error(`VPP has no interface named ${name}`);
      return index;
    },
    interfaceOf: (name) => known.get(name),
    made: (name, index) => {
      indices.set(name, index);
      known.delete(name);
    },
    deleted: (name) => {
      indices.delete(name);
      known.delete(name);
    },
    handleOf: (key) => {
      const handle = handles.get(key);
      if (handle === undefined) throw new Error(`VPP has no ${key.replace('/', ' ')}`);
      return handle;
    },
    numbered: (key, handle) => handles.set(key, handle),
    handlesOf: (kind) =>
      new Set([...handles].filter(([key]) => key.startsWith(`${kind}/`)).map(([, handle]) => handle)),
  };
}
