// What traffic says of a version's document → what the document would have to say. Nothing is written: a person imports it, or does not.
import type { contract } from '@gatewright/shared/contract/index'
import { type DriftKind, type DriftRecord, driftKind } from '@gatewright/shared/model/drift'
import { Injectable } from '@nestjs/common'
import { drift } from '../analytics/queries/drift.ts'
import { undocumented } from '../analytics/queries/undocumented.ts'
import { AnalyticsReader } from '../analytics/reader.ts'
import type { TenantCall } from '../call.ts'
import type { InputOf } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse } from '../refusal.ts'
import { DocumentReader } from './document-reader.ts'
import { refuseDocument } from './document-source.ts'
import type { VersionRow } from './version-view.ts'

/** Of each kind what is seen most; a dialog with more is read by nobody. */
const entriesMax = 200

/** What an edit stands on. */
interface Facts {
  readonly kind: DriftKind | 'operation'
  readonly operation: string
  /** JSON pointer into the message. */
  readonly where: string
  readonly rule: string
  readonly observed: DriftRecord['observed']
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

@Injectable()
export class DocumentProposals {
  constructor(
    private readonly analytics: AnalyticsReader,
    private readonly clock: Clock,
    private readonly reader: DocumentReader,
  ) {}

  async propose(call: TenantCall, row: VersionRow, input: InputOf<typeof contract.versions.proposeDocument>) {
    const environment = await findEnvironment(call.platform, input.environment)
    const stored = await call.db.apiVersion.findFirst({ where: { id: row.id }, select: { spec: true } })
    if (!stored?.spec) return refuse('not_found', `${row.api.name} ${row.name} has no document`)
    const seen = await this.#seen(call, row, environment.id, input.days)
    const proposal = await this.reader.ask(call.tenant.id, 'propose', {
      bytes: stored.spec,
      drift: seen.drift,
      operations: seen.operations,
      taken: input.edits ?? null,
    })
    if (!proposal.ok) return refuseDocument(proposal)
    const { format, before, after, edits } = proposal
    return {
      ...{ format, before, after },
      edits: edits.flatMap(({ id, ...edit }) => {
        const facts = seen.facts.get(id)
        return facts ? [{ id, ...edit, ...facts }] : []
      }),
    }
  }

  async #seen(call: TenantCall, row: VersionRow, environmentId: string, days: number) {
    const listed = {
      ...{ tenantId: call.tenant.id, environmentId, apiId: row.apiId, versionId: row.id },
      ...{ cutoff: this.clock.in(-days * 86_400), after: null, limit: entriesMax },
    }
    const [differences, calls] = await Promise.all([
      drift(this.analytics.pool, listed),
      undocumented(this.analytics.pool, listed),
    ])
    const base = row.basePath === '/' ? '' : row.basePath
    // What was called elsewhere, before the draft moved, is no path of this document.
    const below = <T extends { readonly template: string }>(rows: readonly T[]) =>
      rows
        .filter(({ template }) => template.startsWith(`${base}/`))
        .map((one) => ({ ...one, path: one.template.slice(base.length) }))
    const times = ({ calls: count, firstAt, lastAt }: { calls: string; firstAt: Date; lastAt: Date }) => ({
      ...{ count: Number(count), firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
    })
    const ofDrift = below(differences).map((one) => {
      const kind = driftKind({ in: one.place, rule: one.rule })
      const { id, method, path, direction, pointer, rule } = one
      const observed = one.observed === '' ? null : one.observed
      return { one, said: { id, method, path, direction, pointer, rule, observed, kind, in: one.place } }
    })
    const ofCalls = below(calls)
    return {
      drift: ofDrift.map(({ said }) => said),
      operations: ofCalls.map(({ id, method, path }) => ({ id, method, path })),
      facts: new Map<string, Facts>([
        ...ofDrift.map(({ one, said }): [string, Facts] => [
          said.id,
          {
            ...{ kind: said.kind, operation: `${said.method} ${said.path}`, ...times(one) },
            ...{ where: said.pointer, rule: said.rule, observed: said.observed },
          },
        ]),
        ...ofCalls.map((one): [string, Facts] => [
          one.id,
          {
            ...{ kind: 'operation', operation: `${one.method} ${one.path}`, ...times(one) },
            ...{ where: '', rule: '', observed: null },
          },
        ]),
      ]),
    }
  }
}
