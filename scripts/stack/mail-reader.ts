// The mail of the browser tests: a real mail server that the admin API delivers to, and what came, to be read over HTTP.
import { createServer } from 'node:http'
import { Mailbox } from '../../apps/admin-api/src/testing/mailbox.fixture.ts'
import { freePort } from './ports.ts'

export interface MailReader {
  /** For the admin API. */
  readonly smtpUrl: string
  /** Answers the mails to `?to=…` as a JSON list of texts, the newest last. */
  readonly url: string
  stop(): Promise<void>
}

export async function startMailReader(): Promise<MailReader> {
  const mailbox = await Mailbox.start()
  const server = createServer((request, response) => {
    const to = new URL(request.url ?? '', 'http://mail').searchParams.get('to')
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(mailbox.mails.filter((mail) => mail.to === to).map(({ raw }) => raw)))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    smtpUrl: mailbox.url,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await mailbox.stop()
    },
  }
}
