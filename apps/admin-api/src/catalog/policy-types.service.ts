// The policies there are, each with the schema that its form, its validation and its reference page are made of.
import type { contract } from '@gatewright/shared/contract/index'
import { type CedarFacts, toCedarRequest } from '@gatewright/shared/policies/cedar-request'
import { policySpecs } from '@gatewright/shared/policies/specs'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import type { Call } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { refuse } from '../refusal.ts'
import { cedar, policyFaults } from './policy-faults.ts'

type Noun = typeof contract.policyTypes

@Injectable()
export class PolicyTypesService implements Service<Noun> {
  async list() {
    return { data: described }
  }

  async tryCedar(_: Call, { config, request }: InputOf<Noun['tryCedar']>) {
    const errors = policyFaults('cedar', config).map(({ member, code, detail }) => ({
      pointer: `/config/${member}`,
      code,
      detail,
    }))
    if (errors[0]) refuse('invalid_input', `${errors[0].pointer}: ${errors[0].detail}`, { errors })
    const { decision, rules, permits, faults } = cedar.ask(
      config.policies,
      toCedarRequest(factsOf(config, request)),
    )
    return { decision, rules: [...rules], candidates: [...permits], faults: [...faults] }
  }
}

const described = policySpecs.map((spec) => ({
  type: spec.type,
  title: spec.title,
  summary: spec.summary,
  stage: spec.stage,
  scopes: [...spec.scopes],
  needsBody: 'needsBody' in spec && spec.needsBody === true,
  schema: z.record(z.string(), z.unknown()).parse(z.toJSONSchema(spec.config, { io: 'input' })),
  example: z.record(z.string(), z.unknown()).parse(spec.example),
}))

type Tried = InputOf<Noun['tryCedar']>

/** What stands for the ids of a team, which rules about a made-up request cannot know. */
const someTeam = 'my-team'

function factsOf({ resource, headers }: Tried['config'], request: Tried['request']): CedarFacts {
  const { caller, api, version, path, parameters } = request
  return {
    caller: caller && { ...caller, applicationId: 'app_of-this-request', tenantId: someTeam },
    person: null,
    method: request.method,
    operationId: request.operationId,
    route: { path, api, version, parameters, tenantId: someTeam, attributes: resource },
    address: request.address,
    path,
    host: request.host,
    scheme: 'https',
    tryIt: false,
    // Those that were not chosen, rules do not see in a gateway either.
    headers: Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => headers.includes(name.toLowerCase())),
    ),
    time: request.time,
  }
}
