import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, formatEntryName, inLoaderOrder, parseEntryName, TRIES } from './entries.ts';
import { planFailed, planGood, planPlacing, planRoom, type Step } from './plan.ts';
import type { Running } from './running.ts';

const NEW = 'appliance-new.efi.new';

function entry(file: string, sizeBytes = 100): Entry {
  const name = parseEntryName(file);
  if (name === undefined) throw new Error(`${file} is not an entry`);
  return { ...name, file, sizeBytes };
}

function apply(files: readonly string[], step: Step): string[] {
  if (step.kind === 'remove') return files.filter((file) => file !== step.file);
  return [...files.filter((file) => file !== step.from && file !== step.to), step.to];
}

/** What systemd-boot would choose among the files of a directory. */
function choice(files: readonly string[]): string | undefined {
  const entries = files.filter((file) => parseEntryName(file) !== undefined).map((file) => entry(file));
  return inLoaderOrder(entries)[0]?.file;
}

function place(files: string[], running: string | undefined, version: string) {
  const plan = planPlacing(
    files.map((file) => entry(file)),
    running === undefined ? undefined : entry(running),
    version,
    NEW,
  );
  return { ...plan, after: plan.steps.reduce(apply, [...files, NEW]) };
}

describe('placing', () => {
  it('an upgrade does not change the running one', () => {
    const { steps, file, isDowngrade } = place(['appliance-0.1.0.efi'], 'appliance-0.1.0.efi', '0.2.0');
    expect(file).toBe('appliance-0.2.0+3.efi');
    expect(isDowngrade).toBe(false);
    expect(steps).toEqual([{ kind: 'rename', from: NEW, to: 'appliance-0.2.0+3.efi' }]);
  });

  it('a downgrade leaves newer ones without boots, the running one last', () => {
    const running = 'appliance-0.3.0.efi';
    const { after, isDowngrade, steps } = place(['appliance-0.1.0.efi', running], running, '0.2.0');
    expect(isDowngrade).toBe(true);
    expect(after.sort()).toEqual(['appliance-0.1.0+0.efi', 'appliance-0.2.0+3.efi', 'appliance-0.3.0+0.efi']);
    expect(steps.at(-1)).toEqual({ kind: 'rename', from: running, to: 'appliance-0.3.0+0.efi' });
  });

  it('replaces another entry of the same version, and an untried one', () => {
    const running = 'appliance-0.1.0.efi';
    const { after } = place([running, 'appliance-0.2.0+0-3.efi', 'appliance-0.4.0+3.efi'], running, '0.2.0');
    expect(after.sort()).toEqual([running, 'appliance-0.2.0+3.efi']);
  });

  const fileArbitrary = fc
    .record({
      minor: fc.nat(5),
      counter: fc.constantFrom(undefined, [3, 0], [2, 1], [0, 0], [0, 1], [0, 3]),
    })
    .map(({ minor, counter }) =>
      formatEntryName({
        version: `0.${minor}.0`,
        counter: counter && { left: counter[0] ?? 0, done: counter[1] ?? 0 },
      }),
    );

  it('keeps a bootable version at every step, boots the new one, and falls back to the running one', () => {
    const arbitrary = fc.tuple(fc.uniqueArray(fileArbitrary, { minLength: 1, maxLength: 6 }), fc.nat(5));
    let placings = 0;
    fc.assert(
      fc.property(arbitrary, ([files, minor]) => {
        const running = choice(files) as string;
        const version = `0.${minor}.0`;
        // Refused before planning: its own version, and any during a trial.
        fc.pre(entry(running).version !== version && !(entry(running).counter?.left ?? 0));
        placings += 1;
        const { steps, file } = place(files, running, version);
        let now = [...files, NEW];
        for (const step of steps) {
          now = apply(now, step);
          const next = entry(choice(now) as string);
          expect([entry(running).version, version]).toContain(next.version);
          expect(now.some((one) => parseEntryName(one)?.version === entry(running).version)).toBe(true);
        }
        expect(choice(now)).toBe(file);
        const failed = formatEntryName({ version, counter: { left: 0, done: TRIES } });
        const afterFailure = now.map((one) => (one === file ? failed : one));
        expect(entry(choice(afterFailure) as string).version).toBe(entry(running).version);
      }),
      { numRuns: 1000 },
    );
    expect(placings).toBeGreaterThan(100);
  });
});

describe('a verdict', () => {
  it('removes the counter, restores older ones, and leaves newer ones aside', () => {
    const files = [
      'appliance-0.2.0+2-1.efi',
      'appliance-0.1.0+0.efi',
      'appliance-0.3.0+0.efi',
      'appliance-0.0.9+0-3.efi',
    ];
    const steps = planGood(
      files.map((file) => entry(file)),
      entry('appliance-0.2.0+2-1.efi'),
    );
    const after = steps.reduce(apply, files);
    expect(after.sort()).toEqual([
      'appliance-0.0.9+0-3.efi',
      'appliance-0.1.0.efi',
      'appliance-0.2.0.efi',
      'appliance-0.3.0+0.efi',
    ]);
    expect(choice(after)).toBe('appliance-0.2.0.efi');
  });

  it('keeps the running one when an old file of its version has its new name', () => {
    const files = ['appliance-0.2.0+2-1.efi', 'appliance-0.2.0.efi'];
    const steps = planGood(
      files.map((file) => entry(file)),
      entry('appliance-0.2.0+2-1.efi'),
    );
    expect(steps.map(({ kind }) => kind)).toEqual(['remove', 'rename']);
    expect(steps.reduce(apply, files)).toEqual(['appliance-0.2.0.efi']);
    const upgrade = place(
      ['appliance-0.2.0+0-1.efi', 'appliance-0.2.0.efi'],
      'appliance-0.2.0+0-1.efi',
      '0.3.0',
    );
    expect(upgrade.after.sort()).toEqual(['appliance-0.2.0.efi', 'appliance-0.3.0+3.efi']);
  });

  it('changes nothing where nothing is counted', () => {
    const files = ['appliance-0.2.0.efi', 'appliance-0.1.0.efi', 'appliance-0.3.0+0-3.efi'];
    expect(
      planGood(
        files.map((file) => entry(file)),
        entry('appliance-0.2.0.efi'),
      ),
    ).toEqual([]);
  });

  it('against an entry leaves it without boots', () => {
    expect(planFailed(entry('appliance-0.2.0+2-1.efi'))).toEqual([
      { kind: 'rename', from: 'appliance-0.2.0+2-1.efi', to: 'appliance-0.2.0+0-1.efi' },
    ]);
    expect(planFailed(entry('appliance-0.2.0+3.efi'))[0]).toMatchObject({ to: 'appliance-0.2.0+0-1.efi' });
    expect(planFailed(entry('appliance-0.2.0+0-3.efi'))).toEqual([]);
    expect(planFailed(entry('appliance-0.2.0.efi'))).toEqual([]);
  });
});

describe('room', () => {
  const running: Running = { state: 'good', entry: entry('appliance-0.5.0.efi'), counted: false };
  const entries = [
    ...['appliance-0.5.0.efi', 'appliance-0.4.0.efi', 'appliance-0.3.0.efi', 'appliance-0.9.0+0-3.efi'],
    ...['appliance-0.6.0+3.efi', 'appliance-0.7.0+0.efi'],
  ].map((file) => entry(file));
  const removed = (needed: number, of: Running = running): unknown =>
    planRoom(entries, of, '1.0.0', needed, 50)?.map((step) => (step.kind === 'remove' ? step.file : step));

  it('is not made when there is enough', () => {
    expect(removed(50)).toEqual([]);
  });

  it('is made by removing failed entries, then superseded ones, then the oldest', () => {
    expect(removed(51)).toEqual(['appliance-0.9.0+0-3.efi']);
    expect(removed(350)).toEqual([
      'appliance-0.9.0+0-3.efi',
      'appliance-0.6.0+3.efi',
      'appliance-0.7.0+0.efi',
    ]);
    expect(removed(451)).toHaveLength(5);
  });

  it('is never made by removing the running one', () => {
    expect(removed(551)).toBeUndefined();
  });

  it('keeps the newest proven one while the running one is not proven', () => {
    const fallback: Running = { ...running, state: 'fallback' };
    expect(removed(450, fallback)).not.toContain('appliance-0.4.0.efi');
    expect(removed(451, fallback)).toBeUndefined();
  });
});
