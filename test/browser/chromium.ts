/** Debian's Chromium without a screen, for tests that look at a page as a user does. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';
/** playwright gives it a new --user-data-dir each time. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** Why there is no browser here; undefined: there is one. */
export const noChromium = existsSync(EXECUTABLE)
  ? undefined
  : `${EXECUTABLE} is missing: install the package chromium`;

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, headless: true });
}
