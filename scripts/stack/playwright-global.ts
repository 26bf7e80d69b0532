// The stack of the browser tests: three gateways behind a balancer, filled with the demo. Tests read it from GATEWRIGHT_E2E.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Demo, seedDemo } from '../demo.ts'
import { startMailReader } from './mail-reader.ts'
import { type Stack, startStack } from './stack.ts'

/** What a browser test knows of the stack. */
export type BrowserStack = Pick<
  Stack,
  'adminUrl' | 'gatewayUrl' | 'gatewayUrls' | 'upstreamUrl' | 'environment' | 'platformAdmin'
> & {
  demo: Demo
  /** See `MailReader`. */
  mailUrl: string
}

export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatewright-e2e-'))
  const mail = await startMailReader()
  const stack = await startStack({
    dataDir,
    ports: 'free',
    gateways: 3,
    balancer: true,
    durable: false,
    adminEnv: { SMTP_URL: mail.smtpUrl, MAIL_FROM: 'gatewright@acme.example' },
  })
  const stop = async () => {
    await stack.stop()
    await mail.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const demo = await seedDemo(stack)
    if (!demo)
      throw new Error('DATABASE_URL leads to an installation with accounts: browser tests need an empty one.')
    const { adminUrl, gatewayUrl, gatewayUrls, upstreamUrl, environment, platformAdmin } = stack
    const known: BrowserStack = {
      adminUrl,
      gatewayUrl,
      gatewayUrls,
      upstreamUrl,
      environment,
      platformAdmin,
      demo,
      mailUrl: mail.url,
    }
    process.env.GATEWRIGHT_E2E = JSON.stringify(known)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
