// The settings of the policy that signs people in.
import * as z from 'zod'
import { accessTokenFields, isUnique, providerAddress } from './access-token.ts'
import { secretText } from './secret.ts'

const text = (length: number) => z.string().min(1).max(length)

const ownPath = z
  .string()
  .max(200)
  .regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/,
    'Use a path such as /.login/callback, of letters, digits, hyphens and dots',
  )

const origin = z
  .string()
  .max(300)
  .regex(
    /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/,
    'Use scheme, host and port alone, such as https://app.example.com',
  )
  .refine(
    (it) => it.startsWith('https:') || /^http:\/\/(?:localhost|127\.0\.0\.1)(?::|$)/.test(it),
    'Only localhost may do without https',
  )

// Whoever could set these could undo what a sign-in is protected by.
const protocolParameters = new Set([
  ...['client_id', 'client_secret', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state'],
  ...['nonce', 'code_challenge', 'code_challenge_method', 'request', 'request_uri', 'code', 'id_token_hint'],
])

const parameter = z.strictObject({
  name: text(100)
    .regex(/^[A-Za-z0-9_.:-]+$/, 'Use letters, digits, _ . : -')
    .refine((name) => !protocolParameters.has(name), 'The gateway itself sends this parameter')
    .meta({ title: 'Name' }),
  value: text(1_000).meta({ title: 'Value' }),
})

const provider = 'The identity provider'
const session = 'How long a session holds'
const paths = 'Where browsers come and go'

export const loginSettings = z
  .strictObject({
    issuer: providerAddress.meta({
      title: 'Issuer',
      help: 'To the letter, such as https://id.example.com/realms/main. Its discovery document says the rest',
      widget: 'url',
      group: provider,
    }),
    clientId: text(255).meta({ title: 'Client id', group: provider }),
    clientSecret: secretText({ title: 'Client secret' }).nullable().default(null).meta({
      title: 'Client secret',
      help: 'Empty: a public client, which PKCE alone protects',
      group: provider,
    }),
    clientAuthentication: z
      .enum(['client_secret_basic', 'client_secret_post'])
      .default('client_secret_basic')
      .meta({ title: 'Sent as', help: 'In the Authorization field, or in the form', group: provider }),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'Use visible characters without quotes'))
      .max(50)
      .default(['openid'])
      .refine((all) => all.includes('openid'), 'Without openid nobody says who signed in')
      .meta({
        title: 'Scopes asked for',
        help: 'With openid. Many providers give refresh tokens for offline_access alone',
        group: provider,
      }),
    parameters: z
      .array(parameter)
      .max(20)
      .default([])
      .refine((all) => isUnique(all.map((it) => it.name)), 'Each parameter once')
      .meta({
        title: 'Further parameters',
        help: 'For the provider, when somebody is sent there: audience, prompt, acr_values, login_hint',
        group: provider,
      }),
    timeoutMs: z.int().min(100).max(20_000).default(5_000).meta({
      title: 'Wait for an answer',
      widget: 'duration',
      group: provider,
    }),
    callers: z.enum(['people', 'application']).default('people').meta({
      title: 'In whose name people call',
      help: 'people: their own; whoever signs in comes in, without subscription or plan. application: that of the application that registered this client; it needs a subscription, and its limits hold for all of them together',
      group: 'Who may come in',
    }),
    requiredClaims: accessTokenFields.requiredClaims.meta({
      title: 'Claims required',
      help: 'Of the id token; who lacks one gets 403',
      group: 'Who may come in',
    }),
    whenSignedOut: z.enum(['sign-in', 'refuse']).default('sign-in').meta({
      title: 'Who has no session',
      help: 'sign-in: pages lead to the provider, and all other calls get 401. refuse: 401 for all',
      group: 'Who may come in',
    }),
    claimHeaders: accessTokenFields.claimHeaders,
    consumerHeaders: accessTokenFields.consumerHeaders,
    forwardToken: z.boolean().default(false).meta({
      title: 'Hand the access token on',
      help: 'As Authorization: Bearer. The session then ends with the token, unless it can be refreshed',
      group: 'What the upstream gets',
    }),
    idleSeconds: z.int().min(60).max(2_592_000).default(3_600).meta({
      title: 'Ends when nobody called for',
      help: 'Seconds',
      group: session,
    }),
    lifetimeSeconds: z.int().min(60).max(2_592_000).default(43_200).meta({
      title: 'Ends in any case after',
      help: 'Seconds. Then people sign in again',
      group: session,
    }),
    callbackPath: ownPath.default('/.login/callback').meta({
      title: 'Path of the callback',
      help: 'Below the base path of the API. Register the whole address with the provider',
      group: paths,
    }),
    logoutPath: ownPath.default('/.login/logout').meta({
      title: 'Path that signs out',
      help: 'Below the base path of the API; a link, or a form that is posted there',
      group: paths,
    }),
    afterLogout: z
      .string()
      .max(1_000)
      .regex(
        /^(?:https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?)?\/(?!\/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/,
        'Use a path of this host such as /bye, or a whole https address',
      )
      .nullable()
      .default(null)
      .meta({
        title: 'Where people go then',
        help: 'Register it with the provider, too. Empty: a page that says so',
        group: paths,
      }),
    origin: origin.nullable().default(null).meta({
      title: 'Origin that browsers see',
      help: 'Such as https://app.example.com. Empty: what the request says, and proxies that the gateway trusts',
      group: paths,
    }),
    cookieSuffix: z
      .string()
      .regex(/^[a-z0-9]{1,20}$/, 'Use 1 to 20 lower-case letters and digits')
      .nullable()
      .default(null)
      .meta({
        title: 'End of the cookie’s name',
        help: 'Behind __Host-gw_login_. Empty: one for each team, issuer and client',
        group: paths,
      }),
    sameSite: z.enum(['lax', 'strict']).default('lax').meta({
      title: 'SameSite',
      help: 'strict: who follows a link from elsewhere passes by the provider once more',
      group: paths,
    }),
  })
  .refine((it) => it.callbackPath !== it.logoutPath, {
    path: ['logoutPath'],
    error: 'Signing in and out need paths of their own',
  })
  .refine((it) => it.idleSeconds <= it.lifetimeSeconds, {
    path: ['idleSeconds'],
    error: 'A session cannot rest longer than it lives',
  })

export type LoginSettings = z.output<typeof loginSettings>
