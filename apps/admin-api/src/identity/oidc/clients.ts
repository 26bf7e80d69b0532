// Our side of each provider: what its discovery document says, its client secret, and requests that are bounded.
import { Inject, Injectable } from '@nestjs/common'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client'
import { ENV } from '../../app.tokens.ts'
import type { Env } from '../../env.ts'
import type { IdentityProvider } from '../../generated/prisma/client.ts'
import { boundedFetch } from '../../infra/bounded-fetch.ts'
import { Clock } from '../../infra/clock.ts'
import { Sealer } from '../../infra/sealer.ts'

/** A discovery document is read again after so long; one that could not be read, much sooner. */
const freshSeconds = 600
const failedSeconds = 5

interface Known {
  readonly version: number
  readonly readAt: Date
  failed: boolean
  readonly configuration: Promise<Configuration>
}

/** Where the sealed client secret of a provider is kept. */
export const secretPlace = (id: string) => ({ table: 'identity_provider', column: 'client_secret', id })

interface Client {
  readonly issuer: string
  readonly clientId: string
  readonly secret: string | null
}

@Injectable()
export class OidcClients {
  readonly #known = new Map<string, Known>()

  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  /** The client at a provider. Throws when the provider cannot be reached or believed. */
  configuration(provider: IdentityProvider): Promise<Configuration> {
    const known = this.#known.get(provider.id)
    if (known && known.version === provider.version && this.#isFresh(known)) return known.configuration
    const secret = provider.clientSecret && this.sealer.open(provider.clientSecret, secretPlace(provider.id))
    const made: Known = {
      version: provider.version,
      readAt: this.clock.now(),
      failed: false,
      configuration: this.discover({ issuer: provider.issuer, clientId: provider.clientId, secret }),
    }
    made.configuration.catch(() => {
      made.failed = true
    })
    this.#known.set(provider.id, made)
    return made.configuration
  }

  #isFresh({ readAt, failed }: Known): boolean {
    return readAt > this.clock.in(-(failed ? failedSeconds : freshSeconds))
  }

  /** Reads a discovery document. Throws an error that says what is wrong with it. */
  async discover({ issuer, clientId, secret }: Client): Promise<Configuration> {
    const rules = { allowPrivate: this.env.IMPORT_PRIVATE_ADDRESSES }
    const bounded: CustomFetch = (url, options) => boundedFetch(url, options, rules)
    // Plain http only where private networks are allowed: there it is a test on one's own machine.
    const insecure = rules.allowPrivate ? [allowInsecureRequests] : []
    const found = await discovery(new URL(issuer), clientId, undefined, None(), {
      [customFetch]: bounded,
      execute: insecure,
    })
    const server = found.serverMetadata()
    if (!server.authorization_endpoint || !server.token_endpoint)
      throw new Error('Its discovery document names no authorization_endpoint or no token_endpoint')
    if (!rules.allowPrivate && !server.authorization_endpoint.startsWith('https://'))
      throw new Error('Its authorization_endpoint is not an https URL')
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const prove = methods.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost
    const configuration = new Configuration(
      server,
      clientId,
      undefined,
      secret === null ? None() : prove(secret),
    )
    configuration[customFetch] = bounded
    for (const execute of [...insecure, enableNonRepudiationChecks]) execute(configuration)
    return configuration
  }
}
