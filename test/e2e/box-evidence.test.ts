/** What is left when something goes wrong: a core and the last words of a crashed VPP, logs at a server elsewhere. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { whyNoDiskGuest } from './disk-harness.ts';
import { BOX_INI, type PreparedBox, preparedBox } from './prepared-box.ts';
import { reliabilityCase } from './reliability.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

/** This machine, as the guest sees it. Source: QEMU's user networking. */
const HOST = '10.0.2.2';
const kind = 'evidence';

describe.skipIf(why !== undefined)('a box whose VPP crashes', () => {
  const server = createSocket('udp4');
  const received: string[] = [];
  let prepared: PreparedBox;

  beforeAll(async () => {
    server.on('message', (message) => received.push(message.toString('utf8')));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    prepared = await preparedBox();
    const { box } = prepared;
    await box.writeBootFile(
      'appliance.ini',
      `${BOX_INI}\n[log]\nsyslog = ${HOST}:${server.address().port}\n`,
    );
    await box.powerOn();
    await box.until('it proved good', ({ box: own }) => own?.update.verdict?.state === 'good');
  }, 900_000);
  afterAll(async () => {
    await prepared?.box[Symbol.asyncDispose]();
    server.close();
  });

  reliabilityCase(
    'keeps its core and its last words, and has them after a restart',
    { kind, always: true },
    async () => {
      const { box } = prepared;
      const pid = (await box.status())?.vpp.pid ?? 0;
      await box.machine(`signal ${pid} SIGSEGV`).catch(() => {});
      const status = await box.until(
        'the crash is on record',
        ({ box: own }) =>
          own?.crashes.some(({ service, core }) => service === 'vpp' && core !== undefined) ?? false,
      );
      const [crash] = status.box?.crashes ?? [];
      expect(crash?.reason).toMatch(/killed by SIGSEGV/);
      await box.until(
        'VPP is back with its routes',
        ({ fib, vpp }) => vpp.restarts === 1 && fib[0]?.programmed === 5,
      );
      await box.powerOff();
      await box.powerOn();
      const after = await box.until(
        'it is up again',
        ({ box: own }) => own?.update.verdict?.state === 'good',
      );
      expect(after.box?.crashes).toEqual(status.box?.crashes);
      return `${crash?.reason}; ${crash?.core} and ${crash?.file}, ${((crash?.bytes ?? 0) / 2 ** 20).toFixed(0)} MiB`;
    },
  );

  reliabilityCase('keeps the core of one that hangs as well, and says that it hung', { kind }, async () => {
    const { box } = prepared;
    const before = await box.status();
    // Stopped, it cannot answer that it is.
    box.machine(`signal ${before?.vpp.pid} SIGSTOP`).catch(() => {});
    const status = await box.until('VPP is back, and the hang on record', ({ box: own, fib, vpp }) => {
      const isBack = vpp.hangs === 1 && vpp.api.state === 'connected' && fib[0]?.programmed === 5;
      return isBack && own?.crashes.length === (before?.box?.crashes.length ?? 0) + 1;
    });
    const [crash] = status.box?.crashes ?? [];
    expect(crash?.reason).toMatch(/^killed by SIGABRT after .*: hung, last answer 2\d\.\d s ago$/);
    expect(crash?.core).toBeDefined();
    return `${crash?.reason}; ${crash?.core}, ${((crash?.bytes ?? 0) / 2 ** 20).toFixed(0)} MiB`;
  });

  reliabilityCase('has sent its log away, the boot included', { kind, always: true }, async () => {
    const ours = received.filter((message) => /^<\d+>1 \S+ demo /.test(message));
    expect(ours.length).toBe(received.length);
    const all = ours.join('\n');
    expect(all).toMatch(/boot: phase modules/);
    expect(all).toMatch(/killed by SIGSEGV/);
    expect(all).toMatch(/ kernel /);
    return `${ours.length} messages by RFC 5424`;
  });
});
