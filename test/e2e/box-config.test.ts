/**
 * The configuration as people change it: on another computer, with its line ends, with mistakes; and over HTTPS, where
 * a change that is not confirmed is taken back. What every person can do wrong must leave a box that works.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, firstPassword, runCommandLine } from './box-client.ts';
import { whyNoDiskGuest } from './disk-harness.ts';
import { BOX_INI, type PreparedBox, preparedBox } from './prepared-box.ts';
import { reliabilityCase } from './reliability.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const CRLF_INI = `\ufeff${BOX_INI.replace('hostname = demo', 'hostname = edited-elsewhere').replaceAll('\n', '\r\n')}`;
const BROKEN_INI = BOX_INI.replace('main-heap = 256M', 'main-heap = lots').replace('[route]', '[rout]');
const kind = 'configuration';

/** With something of management's that a factory reset may keep. */
const OWN_INI = `${BOX_INI}\n[management]\ndns = 192.0.2.53\n`;
const SECRET = randomBytes(16).toString('hex');
/** What a person put on the drive. */
const PLANTED = {
  'bird.conf': `router id 192.0.2.1;\nprotocol device {}\n# ${SECRET}\n`,
  'bgpd.conf': `! ${SECRET}\n`,
  'appliance.ini.bak': BOX_INI,
  'update.pub': generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
  'loader/notes.txt': SECRET,
};
const NOTES = 100;
/** The short name of factory-reset.ini in its directory: the first thing that a reset writes. */
const BEGUN = Buffer.from('FACTOR~1INI');
/** What the image put there. */
const OF_THE_IMAGE = [
  'EFI/BOOT/BOOTX64.EFI',
  'EFI/Linux/appliance-0.1.0.efi',
  'EFI/systemd/systemd-bootx64.efi',
  'README.txt',
  'appliance.ini',
  'loader/loader.conf',
];

describe.skipIf(why !== undefined)('the configuration on the drive', () => {
  let prepared: PreparedBox;
  beforeAll(async () => {
    prepared = await preparedBox();
  });
  afterAll(() => prepared?.box[Symbol.asyncDispose]());

  reliabilityCase('edited with CRLF and a byte order mark is in force', { kind, always: true }, async () => {
    const { box } = prepared;
    await box.writeBootFile('appliance.ini', CRLF_INI);
    await box.powerOn();
    const status = await box.until('it proved good', ({ box: own }) => own?.update.verdict?.state === 'good');
    expect(status).toMatchObject({ hostname: 'edited-elsewhere', config: { state: 'ok' } });
    await box.powerOff();
    return `hostname ${status.hostname}`;
  });

  reliabilityCase(
    'with mistakes: the last good one is in force, and the drive says why',
    { kind, always: true },
    async () => {
      const { box } = prepared;
      await box.writeBootFile('appliance.ini', BROKEN_INI);
      await box.powerOn();
      const status = await box.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');
      expect(status).toMatchObject({
        hostname: 'edited-elsewhere',
        config: { state: 'rejected', source: 'last-good' },
      });
      await box.until('the routes are there', ({ fib }) => fib[0]?.programmed === 5);
      await box.powerOff();
      const told = (await box.readBootFile('appliance.errors.txt'))?.toString() ?? '';
      const line = BROKEN_INI.split('\n').indexOf('main-heap = lots') + 1;
      expect(told).toContain(`appliance.ini:${line}: vpp.memory.main-heap`);
      expect(told).toContain('[rout]');
      expect(told.replaceAll('\r\n', '')).not.toMatch(/\n/);
      expect((await box.readBootFile('appliance.ini'))?.toString()).toBe(BROKEN_INI);
      expect(await box.findFaults()).toEqual([]);
      return `${status.config.state}, ${status.config.source} in force`;
    },
  );

  reliabilityCase('that is mended: the errors are gone', { kind }, async () => {
    const { box } = prepared;
    await box.writeBootFile('appliance.ini', BOX_INI);
    await box.powerOn();
    await box.until('the file is in force', ({ config }) => config.state === 'ok');
    await box.powerOff();
    expect(await box.readBootFile('appliance.errors.txt')).toBeUndefined();
    return 'the file is in force again';
  });

  reliabilityCase('that is missing: the last good one is in force', { kind }, async () => {
    const { box } = prepared;
    await box.removeBootFile('appliance.ini');
    await box.powerOn();
    const status = await box.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');
    expect(status.config).toMatchObject({ state: 'missing', source: 'last-good' });
    await box.powerOff();
    return `${status.config.state}, ${status.config.source} in force`;
  });
});

describe.skipIf(why !== undefined)('the configuration over HTTPS', () => {
  let prepared: PreparedBox;
  let scratch: string;
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-config-'));
    prepared = await preparedBox();
    await prepared.box.writeBootFile('appliance.ini', OWN_INI);
    for (const [name, text] of Object.entries(PLANTED)) await prepared.box.writeBootFile(name, text);
    await prepared.box.powerOn();
    await prepared.box.until('it proved good', ({ box }) => box?.update.verdict?.state === 'good');
  }, 900_000);
  afterAll(async () => {
    await prepared?.box[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function put(ini: string, ...more: string[]): Promise<string> {
    const file = join(scratch, 'new.ini');
    writeFileSync(file, ini);
    const { text } = await runCommandLine(prepared.box, prepared.password, ['config', 'put', file, ...more]);
    return text;
  }

  reliabilityCase('with mistakes is refused, with their lines', { kind, always: true }, async () => {
    const text = await put(BROKEN_INI);
    expect(text).toMatch(/main-heap/);
    const status = await prepared.box.status();
    expect(status?.change?.state).toBe('confirmed');
    expect(status?.config.state).toBe('ok');
    return 'refused';
  });

  const next = OWN_INI.replace('hostname = demo', 'hostname = changed').replace(
    '172.16.0.0/12 = blackhole',
    '172.16.0.0/12 = blackhole\n172.32.0.0/12 = unreachable',
  );
  const withService = `${next}
[service.bird]
command = /usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl -P /run/bird.pid
netns = dataplane
`;

  it('says first what it would change', async () => {
    const text = await put(next, '--dry-run');
    expect(text).toMatch(/system\.hostname/);
    expect(text).toMatch(/172\.32\.0\.0\/12/);
    expect((await prepared.box.status())?.hostname).toBe('demo');
  });

  reliabilityCase('that nobody confirms is taken back', { kind, always: true }, async () => {
    await put(withService);
    await prepared.box.until(
      'it is in force',
      ({ hostname, fib, services }) =>
        hostname === 'changed' &&
        fib[0]?.programmed === 6 &&
        services.some(({ name, status }) => name === 'bird' && status.state === 'running'),
    );
    const status = await prepared.box.until(
      'it was taken back',
      ({ change, fib }) => change?.state === 'reverted' && fib[0]?.programmed === 5,
    );
    expect(status.hostname).toBe('demo');
    expect(status.services.some(({ name }) => name === 'bird')).toBe(false);
    return status.change?.state === 'reverted' ? status.change.reason : '';
  });

  reliabilityCase('that is confirmed is in the file after a power cut', { kind, always: true }, async () => {
    const { box, password } = prepared;
    await put(next);
    const confirmed = await runCommandLine(box, password, ['config', 'confirm']);
    expect(confirmed).toMatchObject({ code: 0 });
    await box.cut();
    expect((await box.readBootFile('appliance.ini'))?.toString()).toBe(next);
    await box.powerOn();
    const status = await box.until('it is up again', ({ fib }) => fib[0]?.programmed === 6);
    expect(status).toMatchObject({ hostname: 'changed', config: { state: 'ok' } });
    return `hostname ${status.hostname} after the cut`;
  });

  reliabilityCase(
    'factory reset leaves what is of the image, and the network',
    { kind, always: true },
    async () => {
      const { box, password } = prepared;
      const reset = await runCommandLine(box, password, ['factory-reset', '--yes', '--keep-network']);
      expect(reset.code, reset.text).toBe(0);
      // Before the restart that finishes it has come far.
      await box.cut();
      for (const name of Object.keys(PLANTED)) expect(reset.text).toContain(`/boot/${name}`);
      expect(reset.text).toMatch(
        /discarded: \d+ MiB of free space on \/boot\ndiscarded: \d+ MiB of free space on \/data/,
      );
      expect(await box.listBootFiles()).toEqual([...OF_THE_IMAGE, 'factory-reset.ini'].sort());
      expect(await box.findOnDisk(Buffer.from(SECRET)), 'the disk has forgotten it').toEqual([]);
      const ini = (await box.readBootFile('appliance.ini'))?.toString() ?? '';
      const set = ini.split('\r\n').filter((line) => /^[a-z]/.test(line));
      expect(set).toEqual([expect.stringMatching(/^interface = e/), 'address = dhcp', 'dns = 192.0.2.53']);
      return `left: ${OF_THE_IMAGE.join(', ')}; set: ${set.join(', ')}`;
    },
  );

  reliabilityCase('factory reset is finished by the next start', { kind }, async () => {
    const { box, password } = prepared;
    await box.powerOn();
    const status = await box.until(
      'it is new',
      ({ hostname, box: own }) => hostname === 'appliance' && own?.update.verdict !== undefined,
    );
    expect(status.vpp.process.state).toBe('disabled');
    const fresh = await firstPassword(box);
    const answer = await ask(box, {
      method: 'POST',
      path: '/reload',
      headers: { Authorization: `Basic ${Buffer.from(`a:${password}`).toString('base64')}` },
    });
    expect(answer.status).toBe(401);
    expect(await runCommandLine(box, fresh, ['reload'])).toMatchObject({ code: 0 });
    await box.powerOff();
    expect(await box.listBootFiles()).toEqual([...OF_THE_IMAGE].sort());
    expect(await box.findFaults()).toEqual([]);
    return 'defaults in force, the old password is refused';
  });
});

describe.skipIf(why !== undefined)('a factory reset', () => {
  reliabilityCase('that is cut in the midst is finished by the next start', { kind }, async () => {
    const { box, password } = await preparedBox();
    await using _box = box;
    for (let copy = 0; copy < NOTES; copy += 1) await box.writeBootFile(`notes-${copy}.txt`, SECRET);
    await box.powerOn();
    await box.until('it proved good', ({ box: own }) => own?.update.verdict?.state === 'good');
    const reset = runCommandLine(box, password, ['factory-reset', '--yes']);
    const deadline = performance.now() + 60_000;
    while ((await box.findOnDisk(BEGUN)).length === 0) {
      if (performance.now() > deadline) throw new Error('the reset did not begin');
      await sleep(20);
    }
    await box.cut();
    await reset;
    const cut = await box.listBootFiles();
    expect(cut).toContain('factory-reset.ini');
    await box.powerOn();
    const status = await box.until(
      'it is new',
      ({ hostname, box: own }) => hostname === 'appliance' && own?.update.verdict !== undefined,
    );
    expect(status.vpp.process.state).toBe('disabled');
    expect(await runCommandLine(box, password, ['reload'])).toMatchObject({ code: 1 });
    await box.powerOff();
    expect(await box.listBootFiles()).toEqual([...OF_THE_IMAGE].sort());
    expect(await box.findOnDisk(Buffer.from(SECRET))).toEqual([]);
    expect(await box.findFaults()).toEqual([]);
    const left = cut.filter((name) => name.startsWith('notes-')).length;
    return `cut with ${left} of ${NOTES} files left; all are erased then`;
  });
});
