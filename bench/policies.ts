// What single policies cost: requests with one of them beside the same requests without it, at one gateway with one worker.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createKey } from '@gatewright/shared/key'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import type { OperationRules } from '@gatewright/shared/validation/operation-rules'
import { hasFirewall } from '../scripts/stack/rules.ts'
import type { Stage } from './contestants.ts'
import { credentialOf, routeOf, tenant, useOf, versionOf } from './gateways.ts'
import { type Load, measureSaturated, type Target } from './load.ts'
import { machine } from './machine.ts'
import { paths } from './program.ts'
import { median, medianRatio } from './statistics.ts'

const rounds = 3
const seconds = 1
/** More than a gateway answers in a round, so each is new to it. */
const tokensPerRound = 25_000
const environment = 'policies'

export interface PolicyCost {
  readonly name: string
  /** What a request goes through, for the reader of the table. */
  readonly what: string
  /** The row that it is compared with; none: a row that others are compared with. */
  readonly beside: string | null
  readonly rps: readonly number[]
  /** CPU time per request, the gateway and what it started, microseconds. */
  readonly cpuUs: readonly number[]
  /** Of that, what comes on top of the row beside it: the median over the rounds. */
  readonly addedUs: number | null
  /** Requests/s of those of the row beside it. */
  readonly ofBeside: number | null
}

interface Entry {
  readonly name: string
  readonly what: string
  readonly beside: string | null
  /** What is asked for in a round; it may differ from round to round. */
  readonly target: (round: number) => Target
}

export async function measurePolicies(stage: Stage, folder: string): Promise<PolicyCost[]> {
  const issuer = await startIssuer()
  try {
    const key = createKey(environment)
    const gateway = await stage.startServing(
      snapshotOf(stage.upstreamUrl, issuer.url),
      new Map([
        [key, credentialOf(0, ['ver_key', 'ver_cedar'])],
        [
          oauthClientText({ environment, tenantId: tenant.id, issuer: issuer.url, clientId: 'bench' }),
          { ...credentialOf(1, ['ver_jwt']), kind: 'oauth-client' as const },
        ],
      ]),
    )
    const at = (version: string) => `${gateway.origin}/${version}${paths.small}`
    const keyed = [`X-API-Key: ${key}`]
    const body = { headers: ['Content-Type: application/json'], bodyFile: join(folder, 'order.json') }
    writeFileSync(body.bodyFile, JSON.stringify(order()))
    const entries: Entry[] = [
      entry('public', 'nobody is asked who calls', null, { url: at('open'), headers: [] }),
      entry('api-key', 'a key', null, { url: at('key'), headers: keyed }),
      entry('jwt-warm', 'a token (ES256) that the gateway has seen', 'api-key', {
        url: at('jwt'),
        headers: [`Authorization: Bearer ${issuer.token()}`],
      }),
      {
        name: 'jwt-cold',
        what: 'tokens (ES256), each for the first time',
        beside: 'api-key',
        target(round) {
          const tokensFile = join(folder, `tokens-${round}.txt`)
          writeFileSync(tokensFile, Array.from({ length: tokensPerRound }, issuer.token).join('\n'))
          return { url: at('jwt'), headers: [], tokensFile }
        },
      },
      entry('cedar', 'a key, and four rules in Cedar', 'api-key', { url: at('cedar'), headers: keyed }),
      entry('body', 'a body of 10 kB', null, { url: at('open'), ...body }),
      entry('validate-request', 'the same body, held against its schema', 'body', {
        url: at('checked'),
        ...body,
      }),
      ...(hasFirewall()
        ? [
            entry('waf', 'the Core Rule Set, level 1', 'public', {
              url: at('waf'),
              headers: ['User-Agent: bench/1.0', 'Accept: application/json'],
            }),
          ]
        : []),
    ]
    return await playRounds(entries, gateway.pid, stage)
  } finally {
    issuer.close()
  }
}

function entry(name: string, what: string, beside: string | null, target: Target): Entry {
  return { name, what, beside, target: () => target }
}

async function playRounds(entries: readonly Entry[], pid: number, stage: Stage): Promise<PolicyCost[]> {
  const seen = new Map(entries.map(({ name }) => [name, { rps: [] as number[], cpuUs: [] as number[] }]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, target } of entries) {
      const asked = target(round)
      const before = machine.cpuMs([pid])
      const load: Load = await measureSaturated(asked, seconds)
      const cpuUs = ((machine.cpuMs([pid]) - before) * 1_000) / load.requests
      await stage.rest()
      // The first warms up.
      if (round < 0) continue
      seen.get(name)?.rps.push(load.rps)
      seen.get(name)?.cpuUs.push(cpuUs)
    }
  }
  return entries.map(({ name, what, beside }) => {
    const { rps, cpuUs } = seen.get(name) ?? { rps: [], cpuUs: [] }
    const base = beside === null ? undefined : seen.get(beside)
    return {
      name,
      what,
      beside,
      rps,
      cpuUs,
      addedUs: base === undefined ? null : median(cpuUs.map((us, i) => us - (base.cpuUs[i] ?? 0))),
      ofBeside: base === undefined ? null : medianRatio(rps, base.rps),
    }
  })
}

function snapshotOf(upstreamUrl: string, issuer: string) {
  const key = (name: string) => useOf(`${name}_key`, 'api-key', { header: 'X-API-Key' })
  const of = (
    name: string,
    isPublic: boolean,
    policies: ReturnType<typeof useOf>[],
    operation?: OperationRules,
  ) =>
    versionOf({
      id: `ver_${name}`,
      basePath: `/${name}`,
      upstreamUrl,
      policies,
      routes: [
        routeOf(`${name}_get`, 'GET', paths.small, [], { public: isPublic }),
        routeOf(`${name}_post`, 'POST', paths.small, [], {
          public: isPublic,
          ...(operation && { operation }),
        }),
      ],
    })
  return {
    format: 1 as const,
    environment: { id: `env_${environment}`, name: environment },
    policies: [],
    tenants: [tenant],
    versions: [
      of('open', true, []),
      of('key', false, [key('key')]),
      of('jwt', false, [
        useOf('jwt', 'jwt', { issuers: [{ issuer, jwksUrl: `${issuer}/jwks`, audiences: ['bench'] }] }),
      ]),
      of('cedar', false, [key('cedar'), useOf('cedar', 'cedar', { policies: cedarRules })]),
      of('checked', true, [useOf('checked', 'validate-request', { undescribedRoutes: 'pass' })], orderRules),
      ...(hasFirewall() ? [of('waf', true, [useOf('waf', 'waf', {})])] : []),
    ],
    plans: [
      {
        id: 'pln_bench',
        tenantId: tenant.id,
        name: 'bench',
        versionIds: ['ver_key', 'ver_jwt', 'ver_cedar'],
        policies: [],
      },
    ],
  }
}

const cedarRules = `
@id("readers") permit (principal, action, resource) when { context.method == "GET" };
@id("writers") permit (principal, action, resource) when { context.method == "POST" };
@id("no-admin") forbid (principal, action, resource) when { context.path like "*/admin/*" };
@id("not-test") forbid (principal, action, resource) when { context.method == "TRACE" };`

/** 10 kB as clients of a shop send them. */
function order() {
  return {
    id: 'ord_01h455vb4pex5vsknk084sn02q',
    customer: { name: 'Ada Lovelace', email: 'ada@example.com', tier: 3 },
    note: 'Please leave it with the neighbours if nobody answers the door.',
    items: Array.from({ length: 72 }, (_, i) => ({
      sku: `book-${1_000 + i}`,
      title: `The art of computer programming, volume ${i + 1}`,
      price: 19.5 + i,
      quantity: 1 + (i % 3),
      tags: ['new', 'gift'],
      inStock: i % 2 === 0,
    })),
  }
}

const text = (more: object = {}) => ({ type: 'string', ...more })
const orderRules: OperationRules = {
  parameters: [],
  parametersSchema: null,
  credentialParameters: [],
  body: {
    required: true,
    content: [
      {
        mediaType: 'application/json',
        kind: 'json',
        schema: {
          refs: [],
          json: JSON.stringify({
            type: 'object',
            required: ['id', 'customer', 'items'],
            properties: {
              id: text({ pattern: '^ord_[0-9a-z]{26}$' }),
              customer: {
                type: 'object',
                required: ['email'],
                properties: { name: text(), email: text({ format: 'email' }), tier: { type: 'integer' } },
              },
              note: text({ maxLength: 1_000 }),
              items: {
                type: 'array',
                minItems: 1,
                items: {
                  type: 'object',
                  required: ['sku', 'price', 'quantity'],
                  properties: {
                    sku: text({ minLength: 1, maxLength: 40 }),
                    title: text(),
                    price: { type: 'number', minimum: 0 },
                    quantity: { type: 'integer', minimum: 1 },
                    tags: { type: 'array', items: { enum: ['new', 'gift', 'sale'] } },
                    inStock: { type: 'boolean' },
                  },
                },
              },
            },
          }),
        },
      },
    ],
  },
  responses: [],
  unchecked: [],
}

/** Hands out tokens of an identity provider, and its keys over http. */
async function startIssuer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = 'bench'
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid }],
  })
  const server = createServer((_, response) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(jwks),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part({ alg: 'ES256', typ: 'at+jwt', kid })
  return {
    url,
    token() {
      const now = Math.floor(Date.now() / 1_000)
      const times = { iat: now, exp: now + 3_600 }
      const claims = { iss: url, aud: 'bench', sub: 'bench', client_id: 'bench', jti: randomUUID(), ...times }
      const signed = `${head}.${part(claims)}`
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
