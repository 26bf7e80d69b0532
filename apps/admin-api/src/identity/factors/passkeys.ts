// Passkeys (WebAuthn Level 3): a device signs a challenge for this site alone, after it has asked its person.
import { createHash } from 'node:crypto'
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { ENV } from '../../app.tokens.ts'
import type { Env } from '../../env.ts'
import type { Passkey, User } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database, type PlatformDb } from '../../infra/database.ts'
import { refuse } from '../../refusal.ts'

/** A person may have to find the device meanwhile. */
const challengeSeconds = 5 * 60
const timeoutMs = challengeSeconds * 1000
const perPerson = 20

type Purpose = 'register' | 'signIn' | 'prove'

@Injectable()
export class Passkeys {
  /** The name that passkeys are made for: the host, whatever its port (WebAuthn 4, "RP ID"). */
  readonly #site: string
  readonly #origin: string

  constructor(
    @Inject(ENV) env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    const url = new URL(env.PUBLIC_URL)
    this.#site = url.hostname
    this.#origin = url.origin
  }

  async registrationOptions(
    db: PlatformDb,
    user: { id: string; email: string; name: string },
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const existing = await db.passkey.findMany({ where: { userId: user.id } })
    if (existing.length >= perPerson)
      refuse('limit_reached', `You have ${perPerson} passkeys, which is the most; remove one first`)
    const options = await generateRegistrationOptions({
      rpName: 'Gatewright',
      rpID: this.#site,
      userID: new TextEncoder().encode(user.id),
      userName: user.email,
      userDisplayName: user.name,
      timeout: timeoutMs,
      // Which make of device it is would tell more of a person than is needed.
      attestationType: 'none',
      excludeCredentials: existing.map(described),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    await this.#remember(options.challenge, 'register', user.id)
    return options
  }

  async register(
    db: PlatformDb,
    user: { id: string },
    name: string,
    response: RegistrationResponseJSON,
  ): Promise<Passkey> {
    const challenge = await this.#redeem(response.response?.clientDataJSON, 'register', user.id)
    const { registrationInfo } = await judged(() =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#site,
        requireUserVerification: true,
      }),
    )
    if (!registrationInfo) return refuse('passkey_failed')
    const { credential, credentialBackedUp } = registrationInfo
    if (await db.passkey.findUnique({ where: { credentialId: credential.id } })) refuse('already_exists')
    return db.passkey.create({
      data: {
        id: createId('pky'),
        userId: user.id,
        name,
        credentialId: credential.id,
        publicKey: credential.publicKey,
        counter: credential.counter,
        transports: credential.transports ?? [],
        backedUp: credentialBackedUp,
        createdAt: this.clock.now(),
      },
    })
  }

  /** For whoever wants in: `userId` null lets the device offer what it has, so nobody is asked for a name. */
  async authenticationOptions(
    purpose: 'signIn' | 'prove',
    userId: string | null,
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const own = userId === null ? [] : await this.database.platform.passkey.findMany({ where: { userId } })
    const options = await generateAuthenticationOptions({
      rpID: this.#site,
      timeout: timeoutMs,
      allowCredentials: own.map(described),
      userVerification: 'required',
    })
    await this.#remember(options.challenge, purpose, userId)
    return options
  }

  /** Whose passkey answered. Every no is the same one. */
  async authenticate(
    response: AuthenticationResponseJSON,
    purpose: 'signIn' | 'prove',
    userId: string | null,
  ): Promise<User> {
    const challenge = await this.#redeem(response.response?.clientDataJSON, purpose, userId)
    const row = await this.database.platform.passkey.findUnique({
      where: { credentialId: response.id },
      include: { user: true },
    })
    if (!row || row.user.disabledAt || (userId !== null && row.userId !== userId))
      return refuse('passkey_failed')
    const { verified, authenticationInfo } = await judged(() =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#site,
        requireUserVerification: true,
        credential: { id: row.credentialId, publicKey: row.publicKey, counter: Number(row.counter) },
      }),
    )
    if (!verified) return refuse('passkey_failed')
    await this.database.platform.passkey.update({
      where: { id: row.id },
      data: { counter: authenticationInfo.newCounter, lastUsedAt: this.clock.now() },
    })
    return row.user
  }

  async #remember(challenge: string, purpose: Purpose, userId: string | null): Promise<void> {
    await this.database.platform.passkeyChallenge.create({
      data: {
        challengeHash: hashOf(challenge),
        purpose,
        userId,
        expiresAt: this.clock.in(challengeSeconds),
      },
    })
  }

  /** The challenge that was signed, if it is one of ours; it is gone then, so no answer is good twice. */
  async #redeem(clientData: string | undefined, purpose: Purpose, userId: string | null): Promise<string> {
    const challenge = challengeIn(clientData)
    const { count } = await this.database.platform.passkeyChallenge.deleteMany({
      where: { challengeHash: hashOf(challenge), purpose, userId, expiresAt: { gt: this.clock.now() } },
    })
    return count === 1
      ? challenge
      : refuse('passkey_failed', 'The question was answered already, or too late')
  }
}

const hashOf = (challenge: string) => createHash('sha256').update(challenge).digest('hex')

/** Looked at to find the row alone; that it was signed is checked after. */
function challengeIn(clientData: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(clientData ?? '', 'base64url').toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null && 'challenge' in parsed)
      return String(parsed.challenge)
  } catch {
    // Not the JSON that browsers write.
  }
  return refuse('passkey_failed')
}

const described = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  transports: transports as AuthenticatorTransport[],
})

/** The library throws a sentence for each thing that is wrong; whoever sent it learns that it is. */
async function judged<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (cause) {
    return refuse('passkey_failed', undefined, { cause })
  }
}
