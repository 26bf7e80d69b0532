// The policies there are, each with the schema that its form, its validation and its reference page are made of.
import type { contract } from '@gatewright/shared/contract/index'
import { policySpecs } from '@gatewright/shared/policies/specs'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import type { Service } from '../http/serve.ts'

@Injectable()
export class PolicyTypesService implements Service<typeof contract.policyTypes> {
  async list() {
    return { data: described }
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
