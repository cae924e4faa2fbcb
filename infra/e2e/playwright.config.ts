import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// `make` names the Chromium; by hand it is the one that `make` found last, or else Playwright's own.
const found = new URL('../../.tools/chromium', import.meta.url);
const chromium = process.env.CHROMIUM ?? (existsSync(found) ? readFileSync(found, 'utf8').trim() : undefined);

export default defineConfig({
  testDir: 'browser',
  outputDir: '../../build/browser',
  // Every test has a runner of its own, so any two can run side by side.
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: 'list',
  // What is awaited comes in a moment; a machine that is busy with other things may take its time.
  timeout: 180_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: 'chromium',
    actionTimeout: 15_000,
    locale: 'en-GB',
    screenshot: 'only-on-failure',
    // A button that still moves is not clicked, and offers do not wait.
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: {
      ...(chromium && { executablePath: chromium }),
      // No sandbox: tests run as root in containers, on pages of their own. The rest keeps it on loopback and pictures alike.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
      ],
    },
  },
});
