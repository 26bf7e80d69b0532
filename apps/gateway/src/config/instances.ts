// One instance per policy attachment, shared by its routes and kept across generations while nothing about it changed.
import { policies } from '@gatewright/shared/policies/index'
import type { Attachment, Phases, PolicyDeps, Scope } from '@gatewright/shared/policies/policy'
import type { PolicyUse } from '@gatewright/shared/snapshot'
import * as z from 'zod'
import type { SecretsOf } from '../runtime/secrets.ts'
import { SnapshotRefused } from './parts.ts'
import type { Step } from './steps.ts'

/** Attachment and configuration → instance, as one generation uses them. */
export type InstanceMap = ReadonlyMap<string, Phases>

export interface Instances {
  /** Throws `SnapshotRefused` when there is no such policy, or it may not stand here, or its configuration is wrong. */
  step(use: PolicyUse, at: AttachmentPlace): Step
  readonly used: InstanceMap
}

export interface AttachmentPlace {
  readonly scope: Scope
  readonly tenantId: string | null
  readonly timeZone: string
  /** Path of the route for attachments of one route. */
  readonly template?: string
  /** For people: "tenant acme, API books v1, route GET /books". */
  readonly place: string
}

/** What all attachments have in common. */
export type SharedDeps = Omit<PolicyDeps, 'secrets'>

export function createInstances(deps: SharedDeps, secretsOf: SecretsOf, previous: InstanceMap): Instances {
  const used = new Map<string, Phases>()

  function instanceOf(use: PolicyUse, at: AttachmentPlace): Phases {
    const attachment: Attachment = {
      id: use.id,
      name: use.name,
      scope: at.scope,
      tenantId: at.tenantId,
      timeZone: at.timeZone,
    }
    const key = JSON.stringify([use.type, use.config, attachment])
    const known = used.get(key) ?? previous.get(key)
    if (known) {
      used.set(key, known)
      return known
    }
    const policy = policies.get(use.type)
    if (!policy) throw new SnapshotRefused(`${placeOf(use, at)}: there is no policy of the type ${use.type}`)
    if (!policy.spec.scopes.includes(at.scope)) {
      throw new SnapshotRefused(
        `${placeOf(use, at)}: ${use.type} cannot be attached to a ${at.scope}, only to ${policy.spec.scopes.join(', ')}`,
      )
    }
    try {
      const phases = policy.create(
        use.config,
        { ...deps, secrets: secretsOf({ tenantId: at.tenantId, type: use.type }) },
        attachment,
      )
      used.set(key, phases)
      return phases
    } catch (error) {
      throw new SnapshotRefused(`${placeOf(use, at)}: ${describe(error)}`, { cause: error })
    }
  }

  return {
    used,
    step(use, at) {
      const phases = instanceOf(use, at)
      const spec = policies.get(use.type)?.spec
      const stage = spec?.stage ?? 'edge'
      if (spec?.templateFault && at.template !== undefined) {
        const fault = spec.templateFault(spec.config.parse(use.config), at.template)
        if (fault !== null) throw new SnapshotRefused(`${placeOf(use, at)}: ${fault}`)
      }
      return {
        facts: Object.freeze({ policy: use.name, type: use.type, scope: at.scope, stage }),
        stage,
        scope: at.scope,
        phases,
      }
    },
  }
}

function placeOf(use: PolicyUse, at: AttachmentPlace): string {
  return `${at.place}, policy ${use.name}`
}

function describe(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
