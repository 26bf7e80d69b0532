// What is wrong with a policy's settings beyond what its schema can say: asked when a chain is saved, and before gateways get it.

import { type CedarFault, describeFault } from '@gatewright/shared/cedar/bounds'
import { createCedarEngine } from '@gatewright/shared/cedar/engine'
import * as z from 'zod'

export interface SettingFault {
  /** Member of the settings. */
  readonly member: string
  readonly code: string
  /** A sentence, with line and column where there are some. */
  readonly detail: string
}

export const cedar = createCedarEngine()

const cedarTexts = z.object({ policies: z.string(), schema: z.string().default('') })

// Chains are read again at every change of an environment; what a text was found to be, it stays.
const checked = new Map<string, readonly SettingFault[]>()
const checkedMax = 200

/** `config`: settings that fit the schema of their type. */
export function policyFaults(type: string, config: unknown): readonly SettingFault[] {
  if (type !== 'cedar') return []
  const { policies, schema } = cedarTexts.parse(config)
  const key = JSON.stringify([policies, schema])
  const known = checked.get(key)
  if (known !== undefined) return known
  const faults = cedar.check(policies, schema)
  const found = [
    ...faults.policies.map((fault) => settingFault('policies', fault)),
    ...faults.schema.map((fault) => settingFault('schema', fault)),
  ]
  if (checked.size >= checkedMax) checked.clear()
  checked.set(key, found)
  return found
}

function settingFault(member: string, fault: CedarFault): SettingFault {
  return { member, code: 'invalid_rules', detail: describeFault(fault) }
}
