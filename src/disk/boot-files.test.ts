import { describe, expect, it } from 'vitest';
import { bootTexts } from './boot-files.ts';

const readme = bootTexts('1.2.3').get('README.txt') ?? '';

describe('the texts on the boot partition', () => {
  it('have line endings for every editor where people read them', () => {
    expect(readme).toMatch(/^Appliance 1\.2\.3\r\n/);
    expect(readme.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(readme).toContain('appliance.ini\r\n');
  });

  it('prevent editing the command line at the keyboard', () => {
    expect(bootTexts('1.2.3').get('loader/loader.conf')).toMatch(/^editor no$/m);
  });
});
