// The journeys in a real browser, against the stack that scripts/stack/playwright-global.ts starts.
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import { findProgram } from './scripts/stack/program.ts'

const chromium = process.env.CHROMIUM_PATH ?? findProgram(['chromium', 'chromium-browser', 'google-chrome'])

export default defineConfig({
  testDir: join(import.meta.dirname, 'e2e'),
  testMatch: '**/*.e2e.ts',
  globalSetup: join(import.meta.dirname, 'scripts/stack/playwright-global.ts'),
  // One browser and one stack on a small machine: in turn is faster than side by side, and timings mean something.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // Limits for what hangs, not for what is slow on a busy machine.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromium !== undefined && { executablePath: chromium }),
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
