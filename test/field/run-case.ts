/** Runs one case on a running box: peers, configuration, steps; and keeps evidence when a step fails. */
import { join } from 'node:path';
import { type FieldCase, type Segment, SEGMENTS } from './case.ts';
import { keepEvidence } from './evidence.ts';
import { Field, type FieldOptions } from './field.ts';

export interface CaseResult {
  readonly passed: boolean;
  /** The failed step, and what was seen. */
  readonly reason: string;
  readonly seconds: number;
}

export interface RunCaseOptions extends FieldOptions {
  /** A directory for evidence, with one for each failed case. */
  readonly evidence: string;
  readonly log: (line: string) => void;
}

/** Never rejects because of the case. The box is left with `iniOf(plane)`, if still possible. */
export async function runCase(plan: FieldCase, options: RunCaseOptions): Promise<CaseResult> {
  const { log, box } = options;
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  await using field = new Field(plan, options);
  let step = 'the box applies the configuration';
  let result: CaseResult;
  try {
    field.wires.capture(segmentsOf(plan), options.programs, join(field.scratch, 'captures'));
    await box.use(plan.box);
    if (plan.linux !== undefined) {
      step = 'the Linux guest makes its links';
      await field.linux.use(plan.linux);
    }
    step = 'the peers start';
    for (const peer of field.peers.values()) peer.startDaemons();
    for (const one of plan.steps) {
      step = one.what;
      const before = seconds();
      await one.run(field);
      log(`    ${(seconds() - before).toFixed(1).padStart(5)} s  ${step}`);
      if (seconds() > plan.seconds)
        throw new Error(`the case took ${seconds().toFixed(0)} s, at most ${plan.seconds}`);
    }
    result = { passed: true, reason: '', seconds: seconds() };
  } catch (error) {
    const reason = `${step}: ${error instanceof Error ? error.message : String(error)}`;
    result = { passed: false, reason, seconds: seconds() };
    log(`    FAILED  ${reason}`);
  }
  await field.wires.endCaptures();
  if (!result.passed) await keepEvidence(plan, field, join(options.evidence, plan.name));
  return result;
}

/** Those with a neighbour of the box on them. */
function segmentsOf({ peers, linux }: FieldCase): Segment[] {
  return SEGMENTS.filter(
    (segment) =>
      linux?.segments.some((one) => one === segment) === true ||
      peers.some(({ links }) => links.some((link) => link.segment === segment)),
  );
}
