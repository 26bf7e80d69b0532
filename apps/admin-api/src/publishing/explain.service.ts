// Why would a request be answered so? A live gateway works it out with what it runs; this picks one and shows what is the tenant's.
import type { contract } from '@gatewright/shared/contract/index'
import { securityReportSchema } from '@gatewright/shared/security'
import type { GatewayReport } from '@gatewright/shared/snapshot'
import { Injectable } from '@nestjs/common'
import { request } from 'undici'
import * as z from 'zod'
import type { TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { refuse } from '../refusal.ts'
import { findEnvironment } from './environments.ts'
import { Fleet } from './fleet.ts'

type Noun = typeof contract.explain
type Input = InputOf<Noun['request']>

const askMs = 3_000

const step = z.object({ policy: z.string(), type: z.string(), scope: z.string(), stage: z.string() })

/** What a gateway answers at `POST /explain` of its operations port; a newer one may say more. */
const answerSchema = z.object({
  revision: z.int().nullable(),
  candidates: z.array(
    z.object({
      routeId: z.string(),
      apiName: z.string(),
      versionName: z.string(),
      method: z.string(),
      template: z.string(),
      won: z.boolean(),
      reason: z.string(),
    }),
  ),
  steps: z.array(
    step.extend({ verdict: z.string(), reason: z.string().nullable(), microseconds: z.number() }),
  ),
  notReached: z.array(step),
  // A gateway of the release before does not say it.
  security: z.array(securityReportSchema).default([]),
  outcome: z.object({
    kind: z.enum(['refused', 'answered', 'forwarded']),
    status: z.int().nullable(),
    code: z.string().nullish(),
    policy: z.string().nullish(),
    detail: z.string().nullish(),
    upstream: z.string().nullish(),
    because: z.string().nullish(),
  }),
})
type Answer = z.output<typeof answerSchema>

const routeIds = z.object({ routes: z.array(z.object({ id: z.string() })) })

@Injectable()
export class ExplainService implements Service<Noun> {
  constructor(private readonly fleet: Fleet) {}

  async request(call: TenantCall, input: Input) {
    const environment = await findEnvironment(call.platform, input.environment)
    const { report, answer } = await this.#ask(environment, input)
    const own = await this.#own(call, environment.id)
    const winner = answer.candidates.find((candidate) => candidate.won)
    // Which policies another team runs, and why they refuse, is that team's to know.
    if (winner && !own.has(winner.routeId)) {
      refuse('not_found', 'The request belongs to no API of this team')
    }
    const candidates = answer.candidates.filter(({ routeId }) => own.has(routeId))
    const { outcome } = answer
    const forwarded = outcome.kind === 'forwarded'
    return {
      revision: answer.revision ?? 0,
      gatewayId: report.gatewayId,
      candidates: candidates.map((one) => ({ route: routeName(one), won: one.won, because: one.reason })),
      route: winner ? routeName(winner) : null,
      policies: [
        ...answer.steps.map((one) => showStep(one, outcome)),
        ...answer.notReached.map(showUnreached),
      ],
      security: answer.security,
      upstream: {
        called: false,
        detail: forwarded ? forwardedTo(outcome) : 'the request would not reach the upstream',
      },
      status: outcome.status,
      code: outcome.code ?? null,
    }
  }

  /** Routes that the caller's tenant runs there: those of its deployed revisions, whatever its drafts have by now. */
  async #own(call: TenantCall, environmentId: string): Promise<ReadonlySet<string>> {
    const deployments = await call.db.deployment.findMany({
      where: { environmentId },
      select: { apiRevision: { select: { document: true } } },
    })
    return new Set(
      deployments.flatMap(({ apiRevision }) =>
        routeIds.parse(apiRevision.document).routes.map(({ id }) => id),
      ),
    )
  }

  async #ask(environment: { name: string }, input: Input) {
    const reports = (await this.fleet.reports(environment.name)).filter((one) => this.fleet.isLive(one))
    // The newest configuration first; the next one when a gateway does not answer.
    for (const report of reports.sort((a, b) => b.revision - a.revision)) {
      const answer = await askGateway(report, input)
      if (answer) return { report, answer }
    }
    return refuse('state_conflict', `No live gateway of ${environment.name} can be asked`)
  }
}

async function askGateway({ address }: GatewayReport, input: Input): Promise<Answer | null> {
  if (address === null) return null
  const { method, url, headers, address: clientAddress } = input
  try {
    const { statusCode, body } = await request(`http://${address}/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method, url, headers, clientAddress }),
      signal: AbortSignal.timeout(askMs),
    })
    const answer = answerSchema.safeParse(await body.json())
    return statusCode === 200 && answer.success ? answer.data : null
  } catch {
    // Unreachable or not of our kind: the next gateway may do better.
    return null
  }
}

function forwardedTo({ upstream, because }: Answer['outcome']): string {
  const to = upstream ? ` to ${upstream}` : ''
  return `the request would be forwarded${to}${because ? `: ${because}` : ''}`
}

const routeName = ({ apiName, versionName, method, template }: Answer['candidates'][number]) =>
  `${apiName}/${versionName} ${method} ${template}`

// A policy that threw has refused, as far as a caller can tell.
const verdicts = ['passed', 'replied', 'refused'] as const

function showStep(one: Answer['steps'][number], outcome: Answer['outcome']) {
  const verdict = verdicts.find((known) => known === one.verdict) ?? 'refused'
  return {
    name: one.policy,
    type: one.type,
    stage: one.stage,
    scope: one.scope,
    verdict,
    code: one.reason,
    detail: verdict === 'refused' && outcome.policy === one.policy ? (outcome.detail ?? null) : null,
    microseconds: one.microseconds,
  }
}

function showUnreached(one: Answer['notReached'][number]) {
  return {
    name: one.policy,
    type: one.type,
    stage: one.stage,
    scope: one.scope,
    verdict: 'not-reached' as const,
    code: null,
    detail: null,
    microseconds: 0,
  }
}
