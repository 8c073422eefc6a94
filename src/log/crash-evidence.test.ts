import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getRlimit } from '../linux/mod.ts';
import { CrashEvidence, type CrashEvidenceOptions, type CrashReport } from './crash-evidence.ts';
import { collectPstore } from './pstore.ts';

const MIB = 1024 * 1024;
let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-crash-'));
  dir = join(root, 'crash');
  mkdirSync(join(root, 'sysctl', 'kernel'), { recursive: true });
  writeFileSync(join(root, 'sysctl', 'kernel', 'core_pattern'), 'core');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function make(more: Partial<CrashEvidenceOptions> = {}): CrashEvidence {
  return new CrashEvidence({
    directory: dir,
    persistent: true,
    sysctlRoot: join(root, 'sysctl'),
    spaceOf: () => ({ totalBytes: 1024 * MIB, freeBytes: 1000 * MIB }),
    ...more,
  });
}

const AT = Date.UTC(2026, 6, 1, 12);

function report(pid: number, at = AT): CrashReport {
  return {
    service: 'vpp',
    exit: { at, pid, signal: 'SIGSEGV', lifeMs: 3_000, reason: 'killed by SIGSEGV after 3.0 s' },
    lastLines: [{ at, line: 'received signal SIGSEGV' }],
    facts: { version: '25.02-release', 'startup.conf': 'unix {\n  nodaemon\n}\n' },
  };
}

/** A file as the kernel leaves it, `age` seconds before `AT`. */
function leaveCore(name: string, bytes: number, age: number): void {
  writeFileSync(join(dir, name), Buffer.alloc(bytes, 1));
  utimesSync(join(dir, name), AT / 1000 - age, AT / 1000 - age);
}

describe('CrashEvidence', () => {
  it('sets the kernel’s core pattern', async () => {
    const words = await make().open();
    expect(words).toBe(`0 on record in ${dir}`);
    expect(readFileSync(join(root, 'sysctl/kernel/core_pattern'), 'utf8')).toBe(`${dir}/core.%e.%p.%t`);
  });

  it('records a crash with its core, its last lines and the facts', async () => {
    const evidence = make();
    await evidence.open();
    leaveCore('core.vpp_main.77.1782907200', 1_000, 0);
    leaveCore('core.vpp_main.78.1782907100', 1_000, 100);
    const recorded = await evidence.recordCrash(report(77));
    expect(recorded).toMatchObject({
      at: AT,
      service: 'vpp',
      reason: 'killed by SIGSEGV after 3.0 s',
      file: 'crash-20260701T120000Z.txt',
      core: 'core.vpp_main.77.1782907200',
    });
    expect(recorded?.bytes).toBeGreaterThan(1_000);
    const text = readFileSync(join(dir, 'crash-20260701T120000Z.txt'), 'utf8');
    expect(text).toContain('reason: killed by SIGSEGV after 3.0 s\ncore: core.vpp_main.77.1782907200\n');
    expect(text).toContain('version: 25.02-release\n');
    expect(text).toContain('==== startup.conf ====\nunix {\n  nodaemon\n}\n');
    expect(text).toContain('2026-07-01T12:00:00.000Z received signal SIGSEGV\n');
    // The next boot finds the same.
    const next = make();
    await next.open();
    expect(next.evidence()).toEqual([recorded]);
  });

  it('keeps two cores, ten texts, and the texts of the cores', async () => {
    const evidence = make();
    await evidence.open();
    leaveCore('core.vpp_main.1.1', 100, 50);
    leaveCore('core.vpp_main.2.2', 100, 40);
    leaveCore('core.vpp_main.3.3', 100, 30);
    for (let pid = 1; pid <= 15; pid += 1) await evidence.recordCrash(report(pid, AT + pid * 1000));
    const names = readdirSync(dir);
    expect(names.filter((name) => name.startsWith('core.')).sort()).toEqual([
      'core.vpp_main.2.2',
      'core.vpp_main.3.3',
    ]);
    const list = evidence.evidence();
    expect(list).toHaveLength(12);
    expect(list.filter(({ core }) => core !== undefined).map(({ core }) => core)).toEqual([
      'core.vpp_main.3.3',
      'core.vpp_main.2.2',
    ]);
    expect(names.filter((name) => name.endsWith('.txt'))).toHaveLength(12);
    expect(list[0]?.at).toBe(AT + 15_000);
  });

  it('writes a text for each of two crashes in one second', async () => {
    const evidence = make();
    await evidence.open();
    await Promise.all([evidence.recordCrash(report(1)), evidence.recordCrash(report(2))]);
    expect(readdirSync(dir).sort()).toEqual(['crash-20260701T120000Z-2.txt', 'crash-20260701T120000Z.txt']);
  });

  it('removes what is too large, unfinished, or more than half of the partition', async () => {
    mkdirSync(dir);
    leaveCore('core.vpp_main.1.1', 3 * MIB, 5);
    leaveCore('core.vpp_main.2.2', MIB, 10);
    leaveCore('core.vpp_main.3.3', MIB, 20);
    writeFileSync(join(dir, '.crash-torn.txt'), 'half');
    await make({ maxCoreBytes: 2 * MIB }).open();
    expect(readdirSync(dir).sort()).toEqual(['core.vpp_main.2.2', 'core.vpp_main.3.3']);
    // Half of it is used while there is more than one core.
    const spaceOf = () => {
      const cores = readdirSync(dir).filter((name) => name.startsWith('core.')).length;
      return { totalBytes: 10 * MIB, freeBytes: (cores > 1 ? 4 : 6) * MIB };
    };
    await make({ spaceOf }).open();
    expect(readdirSync(dir)).toEqual(['core.vpp_main.2.2']);
  });

  it('limits a core to the rest of half the partition, and allows none where that is too little', () => {
    const limit = (totalBytes: number, freeBytes: number): number =>
      make({ maxCoreBytes: 100 * MIB, spaceOf: () => ({ totalBytes, freeBytes }) }).coreLimit();
    expect(limit(1000 * MIB, 900 * MIB)).toBe(100 * MIB);
    expect(limit(1000 * MIB, 550 * MIB)).toBe(50 * MIB);
    expect(limit(1000 * MIB, 501 * MIB)).toBe(0);
    expect(limit(1000 * MIB, 100 * MIB)).toBe(0);
    expect(make({ persistent: false }).coreLimit()).toBe(0);
  });

  it('lets only the process it starts leave a core, without hugepages', async () => {
    mkdirSync(dir);
    const before = getRlimit('core');
    const child = make({ maxCoreBytes: 64 * MIB }).withCore(() => spawn('sleep', ['300']));
    try {
      expect(getRlimit('core')).toEqual(before);
      const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
      expect(limits).toMatch(new RegExp(`^Max core file size +${64 * MIB} `, 'm'));
      expect(readFileSync(`/proc/${child.pid}/coredump_filter`, 'utf8').trim()).toBe('00000013');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('writes nothing without persistent storage', async () => {
    const evidence = make({ persistent: false });
    expect(await evidence.open()).toContain('no data partition');
    expect(await evidence.recordCrash(report(1))).toBeUndefined();
    expect(evidence.evidence()).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    expect(readFileSync(join(root, 'sysctl/kernel/core_pattern'), 'utf8')).toBe('core');
    const child = spawnSync('true');
    expect(child.status).toBe(0);
  });
});

describe('collectPstore', () => {
  const PANIC = [
    'Panic#2 Part2\n<6>[   10.000001] vfio-pci 0000:00:03.0: enabling device\n<4>[   11.5][    T1] early words\n',
    'Panic#2 Part1\n<0>[   12.345678][    T1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n<4>[   12.4] CPU: 0 PID: 1 Comm: init\n',
  ];
  let pstore: string;
  beforeEach(() => {
    pstore = join(root, 'pstore');
    mkdirSync(pstore);
  });

  function leave(name: string, text: string, at = AT): void {
    writeFileSync(join(pstore, name), text);
    utimesSync(join(pstore, name), at / 1000, at / 1000);
  }

  it('joins the parts of a panic in order, reports the reason, and empties pstore', async () => {
    leave('dmesg-efi_pstore-178290720001002', PANIC[1] ?? '', AT + 1_000);
    leave('dmesg-efi_pstore-178290720002002', PANIC[0] ?? '');
    const found = await collectPstore({ root: pstore, directory: dir, persistent: true });
    expect(found).toMatchObject({
      at: AT + 1_000,
      reason:
        'the last boot ended in: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100',
      lines: expect.arrayContaining(['CPU: 0 PID: 1 Comm: init']),
      file: 'pstore-20260701T120001Z.txt',
    });
    const text = readFileSync(join(dir, found?.file ?? ''), 'utf8');
    expect(text.indexOf('early words')).toBeGreaterThan(0);
    expect(text.indexOf('early words')).toBeLessThan(text.lastIndexOf('Kernel panic'));
    expect(readdirSync(pstore)).toEqual([]);
    const evidence = make();
    await evidence.open();
    expect(evidence.evidence()).toMatchObject([
      { service: 'kernel', file: found?.file, reason: found?.reason },
    ]);
    expect(await collectPstore({ root: pstore, directory: dir, persistent: true })).toBeUndefined();
  });

  it('keeps the parts of a dump together, whatever comes between them', async () => {
    leave('dmesg-erst-1', 'Oops#1 Part1\n<1>[    9.3] end of oops\n', AT - 3_000);
    leave('dmesg-erst-2', 'Panic#2 Part1\n<0>[    9.5] Kernel panic - not syncing: x\n', AT - 2_000);
    leave('dmesg-erst-3', 'Oops#1 Part2\n<1>[    9.1] BUG: begin of oops\n', AT - 1_000);
    leave('dmesg-erst-4', 'Panic#2 Part2\n<6>[    9.4] begin of panic\n', AT);
    const found = await collectPstore({ root: pstore, directory: dir, persistent: true });
    const text = readFileSync(join(dir, found?.file ?? ''), 'utf8');
    const body = text.slice(text.indexOf('===='));
    const order = ['begin of oops', 'end of oops', 'begin of panic', 'Kernel panic'].map((words) =>
      body.indexOf(words),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it('puts an oops before the panic that followed it, and reports the panic', async () => {
    leave('dmesg-erst-1', 'Oops#1 Part1\n<1>[    9.1] BUG: kernel NULL pointer dereference\n', AT - 1_000);
    leave('dmesg-erst-2', PANIC[1] ?? '');
    const found = await collectPstore({ root: pstore, directory: dir, persistent: true });
    expect(found?.reason).toMatch(/^the last boot ended in: Kernel panic/);
    const text = readFileSync(join(dir, found?.file ?? ''), 'utf8');
    expect(text.indexOf('NULL pointer')).toBeLessThan(text.lastIndexOf('Kernel panic'));
  });

  it('reports an oops alone, or a log without a crash', async () => {
    leave('dmesg-erst-1', 'Oops#1 Part1\n<1>[    9.1] BUG: kernel NULL pointer dereference\n');
    const oops = await collectPstore({ root: pstore, directory: dir, persistent: true });
    expect(oops?.reason).toBe('the last boot reported: BUG: kernel NULL pointer dereference');
    leave('console-ramoops-0', 'just words\n');
    leave('dmesg-efi-1.enc.z', '\u0000\u0001');
    const other = await collectPstore({ root: pstore, directory: dir, persistent: true });
    expect(other?.reason).toBe('the last boot left a kernel log without a panic');
    expect(readFileSync(join(dir, other?.file ?? ''), 'utf8')).toContain('2 bytes that the kernel could not');
  });

  it('is bounded, and keeps the end', async () => {
    for (let part = 1; part <= 8; part += 1) {
      leave(`dmesg-efi-${part}`, `Panic#1 Part${part}\n${`${part}`.repeat(250_000)}\n`);
    }
    const found = await collectPstore({ root: pstore, directory: dir, persistent: true });
    const text = readFileSync(join(dir, found?.file ?? ''), 'utf8');
    expect(text.length).toBeLessThan(1.1 * MIB);
    expect(text.trimEnd().endsWith('1')).toBe(true);
  });

  it('removes nothing that it could not save', async () => {
    leave('dmesg-efi-1', PANIC[1] ?? '');
    const found = await collectPstore({ root: pstore, directory: dir, persistent: false });
    expect(found?.reason).toContain('Kernel panic');
    writeFileSync(dir, 'no directory');
    await expect(collectPstore({ root: pstore, directory: dir, persistent: true })).rejects.toThrow();
    expect(readdirSync(pstore)).toHaveLength(1);
  });

  it('finds nothing without pstore', async () => {
    expect(
      await collectPstore({ root: join(root, 'none'), directory: dir, persistent: true }),
    ).toBeUndefined();
  });
});
