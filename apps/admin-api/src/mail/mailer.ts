// The connection to a mail server: one letter to one address. What it says and to whom is in no log.
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { createTransport, type Transporter } from 'nodemailer'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { asHtml, asText, type Letter } from './letters.ts'

const connectMs = 10_000
const silentMs = 20_000

@Injectable()
export class Mailer implements OnApplicationShutdown {
  readonly #transport: Transporter | undefined
  readonly #from: string | undefined

  constructor(@Inject(ENV) { SMTP_URL: url, MAIL_FROM: from }: Env) {
    this.#from = from
    if (url === undefined) return
    this.#transport = createTransport(
      {
        url,
        connectionTimeout: connectMs,
        greetingTimeout: connectMs,
        socketTimeout: silentMs,
        // A letter is text of ours: nothing in it may make the sender read a file or fetch an address.
        disableFileAccess: true,
        disableUrlAccess: true,
      },
      { headers: { 'Auto-Submitted': 'auto-generated' } },
    )
  }

  get isReady(): boolean {
    return this.#transport !== undefined
  }

  /** Hands a letter to the mail server; throws what it says when it does not take it. */
  async send(to: string, letter: Letter): Promise<void> {
    if (!this.#transport) throw new Error('there is no SMTP_URL')
    await this.#transport.sendMail({
      from: this.#from,
      // As an address and never as a list, whatever is in it (RFC 5322 3.4).
      to: { name: '', address: to },
      subject: letter.subject,
      text: asText(letter),
      html: asHtml(letter),
    })
  }

  onApplicationShutdown(): void {
    this.#transport?.close()
  }
}

/** A reply of 500 and above means never (RFC 5321 4.2.1); all else may do at another try. */
export function isFinal(error: unknown): boolean {
  return error instanceof Error && 'responseCode' in error && Number(error.responseCode) >= 500
}
