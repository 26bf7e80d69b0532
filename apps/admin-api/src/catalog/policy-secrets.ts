// Secrets that people write into configurations of policies: kept sealed in rows of their own before anything else sees them, so that
// drafts, revisions, exports, differences and the audit log hold nothing but their ids (ADR 71).
import { canonicalJson } from '@gatewright/shared/canonical'
import type { FieldError } from '@gatewright/shared/errors'
import { createId } from '@gatewright/shared/ids'
import { mapSecrets, readSecret, sealedSecret, secretPaths } from '@gatewright/shared/policies/secret'
import { type PolicyInput, policySpec } from '@gatewright/shared/policies/specs'
import { policySecretPlace } from '@gatewright/shared/sealing/policy-secret'
import { Injectable } from '@nestjs/common'
import type { Call } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Sealer } from '../infra/sealer.ts'
import { refuse } from '../refusal.ts'

type SecretDb = Pick<Prisma.TransactionClient, 'policySecret'>

/** One chain as it is to be, beside the one that it replaces. */
export interface ChainToKeep {
  /** Where the chain stands in what was sent: `/policies`. */
  readonly pointer: string
  readonly policies: readonly PolicyInput[]
  /** As stored. What it holds may be sent back; what others hold may not. */
  readonly before: readonly PolicyInput[]
}

export interface KeptChains {
  /** In the order of what was given, without secrets. */
  readonly chains: readonly (readonly PolicyInput[])[]
  readonly rows: readonly NewSecret[]
}

interface NewSecret {
  readonly id: string
  readonly tenantId: string | null
  readonly type: string
  readonly sealed: string
}

@Injectable()
export class PolicySecrets {
  constructor(private readonly sealer: Sealer) {}

  /**
   * Takes the secrets out of what somebody sent; nothing is stored yet. A text that is already kept at the same place of the same
   * policy stays the one it is, so that whoever applies one thing twice changes nothing the second time. Refuses what stands for no
   * secret of the chain, and references by people who may not make any. Without `mayCompare` each text counts as a new one.
   */
  async take(
    db: SecretDb,
    call: Pick<Call, 'user'>,
    tenantId: string | null,
    chains: readonly ChainToKeep[],
    mayCompare = true,
  ): Promise<KeptChains> {
    const known = mayCompare ? await this.#read(db, tenantId, chains) : new Map<string, NewSecret>()
    const errors: FieldError[] = []
    const rows: NewSecret[] = []
    const keep = ({ pointer, policies, before }: ChainToKeep) =>
      policies.map((policy, i): PolicyInput => {
        const spec = policySpec(policy.type)
        if (!spec || secretPaths(spec).length === 0) return policy
        const held = heldSecrets(before, policy)
        const config = mapSecrets(spec, policy.config, (text, pattern, path) => {
          const fault = (code: string, detail: string) => {
            errors.push({ pointer: `${pointer}/${i}/config${path}`, code, detail })
            return text
          }
          const here = held.get(pattern) ?? new Set<string>()
          const form = readSecret(text)
          if (form.kind === 'sealed')
            return here.has(text)
              ? text
              : fault(
                  'unknown_secret',
                  'This stands for no secret that is kept here: write the secret itself',
                )
          if (form.kind !== 'plain') {
            if (call.user?.platformAdmin === true || before.some((old) => isAlike(old, policy))) return text
            const detail = here.has(text)
              ? `Only platform admins may change a policy that names what gateways hold (${form.kind}:…)`
              : `Only platform admins may name what gateways hold (${form.kind}:…): write the secret itself`
            return fault('platform_only', detail)
          }
          for (const placeholder of here) {
            const sealed = known.get(idOf(placeholder))
            if (sealed !== undefined && this.#open(sealed) === form.text) return placeholder
          }
          const id = createId('sec')
          const owner = { tenantId, type: policy.type }
          rows.push({ id, ...owner, sealed: this.sealer.seal(form.text, policySecretPlace(owner, id)) })
          return sealedSecret(id)
        })
        return { ...policy, config } as PolicyInput
      })
    const kept = chains.map(keep)
    const [first] = errors
    if (first) refuse('invalid_input', `${first.pointer}: ${first.detail}`, { errors: errors.slice(0, 100) })
    return { chains: kept, rows }
  }

  /** One chain, its new secrets stored. */
  async keep(
    db: SecretDb,
    call: Pick<Call, 'user'>,
    tenantId: string | null,
    chain: ChainToKeep,
  ): Promise<readonly PolicyInput[]> {
    const { chains, rows } = await this.take(db, call, tenantId, [chain])
    await storeSecrets(db, rows)
    return chains[0] ?? []
  }

  async #read(db: SecretDb, tenantId: string | null, chains: readonly ChainToKeep[]) {
    const ids = chains
      .filter(({ policies }) => policies.some(hasSecrets))
      .flatMap(({ before }) => before.flatMap((policy) => [...secretIds(policy)]))
    if (ids.length === 0) return new Map<string, NewSecret>()
    const rows = await db.policySecret.findMany({ where: { tenantId, id: { in: ids } } })
    return new Map(rows.map((row) => [row.id, row]))
  }

  #open({ id, sealed, tenantId, type }: NewSecret): string | null {
    try {
      return this.sealer.open(sealed, policySecretPlace({ tenantId, type }, id))
    } catch {
      // Its key is away: what was sent is sealed anew.
      return null
    }
  }
}

export async function storeSecrets(db: SecretDb, rows: readonly NewSecret[]): Promise<void> {
  if (rows.length > 0) await db.policySecret.createMany({ data: [...rows] })
}

/** Throws when a configuration holds a secret that nobody took out of it: it must never be stored like that. */
export function assertKept({ type, name, config }: Pick<PolicyInput, 'type' | 'name' | 'config'>): void {
  const spec = policySpec(type)
  if (!spec) return
  mapSecrets(spec, config, (text, pattern) => {
    const form = readSecret(text)
    if (form.kind === 'plain' || (form.kind === 'sealed' && form.envelope !== null))
      throw new Error(`the secret ${pattern} of the policy ${name} was about to be stored as it is`)
    return text
  })
}

function hasSecrets({ type }: PolicyInput): boolean {
  const spec = policySpec(type)
  return spec !== undefined && secretPaths(spec).length > 0
}

/** Whether nothing of it is set otherwise: else what a gateway holds could be sent somewhere else, by another address beside it. */
const isAlike = (old: PolicyInput, policy: PolicyInput) =>
  old.type === policy.type && canonicalJson(old.config) === canonicalJson(policy.config)

/** What stands at each place of secrets in the policies that `policy` may follow: those of its type, first of its name. */
function heldSecrets(before: readonly PolicyInput[], policy: PolicyInput): Map<string, Set<string>> {
  const held = new Map<string, Set<string>>()
  const alike = before.filter(({ type }) => type === policy.type)
  for (const old of alike.sort((a, b) => Number(b.name === policy.name) - Number(a.name === policy.name))) {
    const spec = policySpec(old.type)
    if (!spec) continue
    mapSecrets(spec, old.config, (text, pattern) => {
      const texts = held.get(pattern) ?? new Set()
      held.set(pattern, texts.add(text))
      return text
    })
  }
  return held
}

function* secretIds(policy: PolicyInput): Generator<string> {
  for (const texts of heldSecrets([policy], policy).values()) {
    for (const text of texts) if (readSecret(text).kind === 'sealed') yield idOf(text)
  }
}

function idOf(text: string): string {
  const form = readSecret(text)
  return form.kind === 'sealed' ? form.id : ''
}
