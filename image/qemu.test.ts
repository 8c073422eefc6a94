import { createServer } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFreePort } from './free-port.ts';
import { unpackKernelImage } from './kernel-image.ts';
import { Guest } from './qemu.ts';
import { findTool } from './run-command.ts';

describe('findFreePort', () => {
  it('takes another port when the wanted one is in use', async () => {
    const server = createServer();
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    try {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : 0;
      const port = await findFreePort(taken);
      expect(port).toBeGreaterThan(0);
      expect(port).not.toBe(taken);
    } finally {
      server.close();
    }
  });
});

describe('Guest', () => {
  it('reports why QEMU did not start', async (context) => {
    if (findTool('qemu-system-x86_64') === undefined)
      return context.skip('qemu-system-x86_64 is not installed');
    const starting = Guest.start({ kernel: '/nonexistent/vmlinux', initramfs: '/nonexistent/initramfs' });
    await expect(starting).rejects.toThrow(/^QEMU did not start: .*\/nonexistent\/vmlinux/);
  });
});

describe('unpackKernelImage', () => {
  it('refuses a file that is not a kernel image', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-kernel-test-'));
    try {
      const file = join(scratch, 'vmlinuz');
      writeFileSync(file, Buffer.alloc(4096));
      await expect(unpackKernelImage(file, join(scratch, 'out'))).rejects.toThrow(`${file} is not a bzImage`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
