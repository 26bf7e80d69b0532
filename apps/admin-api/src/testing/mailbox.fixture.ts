// A real mail server (smtp-server) that keeps what it is given.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Mail {
  readonly to: string
  readonly raw: string
}

export class Mailbox {
  readonly mails: Mail[] = []
  /** Answers for the next mails: 250 when there is none. */
  readonly refusals: number[] = []
  readonly #server: SMTPServer

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const responseCode = this.refusals.shift()
          if (responseCode !== undefined) {
            const to = envelope.rcptTo[0]?.address
            done(Object.assign(new Error(`no mail for ${to}`), { responseCode }))
            return
          }
          const raw = Buffer.concat(chunks).toString('utf8')
          for (const { address } of envelope.rcptTo) this.mails.push({ to: address, raw: unfolded(raw) })
          done()
        })
      },
    })
  }

  static async start(): Promise<Mailbox> {
    const mailbox = new Mailbox()
    mailbox.#server.listen(0, '127.0.0.1')
    await once(mailbox.#server.server, 'listening')
    return mailbox
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`
  }

  /** The newest mail to an address about something. */
  find(to: string, about: string): Mail | undefined {
    return this.mails.findLast((mail) => mail.to === to && mail.raw.includes(about))
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve))
  }
}

/** Quoted-printable (RFC 2045 6.7) as it reads. */
const unfolded = (raw: string) =>
  raw
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
