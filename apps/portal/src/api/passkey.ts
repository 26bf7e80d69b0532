// What the device of a person says to a question of the server (WebAuthn), or a problem in words.
import { i18n } from '../i18n/index.ts'
import type { client } from './client.ts'
import { Problem } from './problem.ts'

type Registration = Parameters<typeof client.secondFactors.addPasskey>[0]['answer']
type PasskeyAnswer = Parameters<typeof client.secondFactors.signIn>[0]['answer']

/** Read when it is used: most visitors never press a button of a passkey. */
const browser = () => import('@simplewebauthn/browser')

/** What the device said, or a problem in words: people cancel, and devices say no. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    const isKnown =
      cause instanceof Error && 'code' in cause && cause.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED'
    const code = isKnown ? 'passkey_known' : 'passkey_cancelled'
    const title = i18n.t(`passkeyProblems.${code}.title`, { ns: 'sign-in' })
    const detail = i18n.t(`passkeyProblems.${code}.detail`, { ns: 'sign-in' })
    throw new Problem({ status: 0, code, title, detail, cause })
  }
}

/** The answer of a device to a question of the server. */
export async function answerOf(options: { challenge: string }): Promise<PasskeyAnswer> {
  const { startAuthentication } = await browser()
  return asked(
    () =>
      startAuthentication({ optionsJSON: options as never }) as Promise<unknown> as Promise<PasskeyAnswer>,
  )
}

/** The public key that a device made for this site. */
export async function registrationOf(options: { challenge: string }): Promise<Registration> {
  const { startRegistration } = await browser()
  return asked(
    () => startRegistration({ optionsJSON: options as never }) as Promise<unknown> as Promise<Registration>,
  )
}
