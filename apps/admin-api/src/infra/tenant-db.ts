// Tenant isolation, in one place: every query of a tenant-owned table is narrowed to one tenant before Prisma sees it.
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts'

/** Tables whose rows carry a `tenantId`. Others cannot be reached from here at all. */
const tenantModels = [
  'customRole',
  'membership',
  'invitation',
  'api',
  'apiShare',
  'apiVersion',
  'route',
  'upstream',
  'policyAttachment',
  'policySecret',
  'apiRevision',
  'deployment',
  'pathClaim',
  'routeUse',
  'undocumentedCall',
  'drift',
  'revision',
  'product',
  'productVersion',
  'plan',
  'application',
  'subscription',
  'subscriptionEvent',
  'credential',
  'auditEvent',
  'notice',
  'credentialPace',
  'finding',
  'serviceLevelDay',
  'authorisationServer',
  'authorisationKey',
  'authorisationClient',
  'authorisationState',
  'block',
] as const satisfies readonly (keyof PrismaClient)[]

type TenantModel = (typeof tenantModels)[number]
export type TenantDb = Pick<Prisma.TransactionClient, TenantModel>

type Args = Record<string, unknown>
type Scope = (args: Args, tenantId: string, model: TenantModel) => Args

const where: Scope = (args, tenantId) => ({
  ...args,
  where: { ...(args.where as Args | undefined), tenantId },
})

const data: Scope = (args, tenantId, model) => ({
  ...args,
  data: Array.isArray(args.data)
    ? args.data.map((row: Args) => owned(row, tenantId, model))
    : owned((args.data ?? {}) as Args, tenantId, model),
})

// A row may not be moved to another tenant, so an update that names the owner must name this one.
const whereAndData: Scope = (args, tenantId, model) => data(where(args, tenantId, model), tenantId, model)

const upsert: Scope = (args, tenantId, model) => ({
  ...where(args, tenantId, model),
  create: owned(args.create as Args, tenantId, model),
  update: owned(args.update as Args, tenantId, model),
})

// The one row of two tenants (ADR 97): whose application subscribed, and whose plan it is. Only the former can make one, and
// neither can give it away.
const whereOfEither = (args: Args, tenantId: string): Args => {
  const { AND, ...asked } = (args.where ?? {}) as { AND?: unknown }
  return {
    ...args,
    where: { ...asked, AND: [...[AND ?? []].flat(), { OR: [{ tenantId }, { providerId: tenantId }] }] },
  }
}
const whereOfEitherAndData: Scope = (args, tenantId, model) => {
  const change = (args.data ?? {}) as Args
  if (change.tenantId !== undefined || change.providerId !== undefined)
    throw new Error(`a ${model} stays between its tenants`)
  owned(change, tenantId, model)
  return whereOfEither(args, tenantId)
}

/** Every operation that Prisma has, and how it is narrowed. One that is not listed is refused. */
const operations: Readonly<Record<string, Scope>> = {
  findUnique: where,
  findUniqueOrThrow: where,
  findFirst: where,
  findFirstOrThrow: where,
  findMany: where,
  count: where,
  aggregate: where,
  groupBy: where,
  delete: where,
  deleteMany: where,
  create: data,
  createMany: data,
  createManyAndReturn: data,
  update: whereAndData,
  updateMany: whereAndData,
  updateManyAndReturn: whereAndData,
  upsert,
}

const operationsOfEither: typeof operations = {
  ...Object.fromEntries(
    Object.entries(operations)
      .filter(([, scope]) => scope === where)
      .map(([name]) => [name, whereOfEither]),
  ),
  create: data,
  update: whereOfEitherAndData,
  updateMany: whereOfEitherAndData,
}

function owned(row: Args, tenantId: string, model: TenantModel): Args {
  if (row.tenantId !== undefined && row.tenantId !== tenantId) {
    throw new Error(`a ${model} of another tenant was about to be written`)
  }
  // A nested write would reach other tables past this function.
  for (const field of Object.keys(row)) {
    if (!scalarFields(model).has(field))
      throw new Error(`nested write of ${model}.${field}: write its own table`)
  }
  return { ...row, tenantId }
}

const scalarFieldsByModel = new Map<TenantModel, ReadonlySet<string>>()

function scalarFields(model: TenantModel): ReadonlySet<string> {
  let fields = scalarFieldsByModel.get(model)
  if (!fields) {
    const name = `${model.charAt(0).toUpperCase()}${model.slice(1)}ScalarFieldEnum`
    fields = new Set(Object.keys((Prisma as unknown as Record<string, object>)[name] ?? {}))
    scalarFieldsByModel.set(model, fields)
  }
  return fields
}

/** The tenant's view of a client or of a running transaction. */
export function tenantDb(client: Prisma.TransactionClient, tenantId: string): TenantDb {
  if (tenantId === '') throw new Error('a tenant is needed')
  const view: Record<string, unknown> = {}
  for (const model of tenantModels) view[model] = scopedDelegate(client, model, tenantId)
  return Object.freeze(view) as unknown as TenantDb
}

function scopedDelegate(client: Prisma.TransactionClient, model: TenantModel, tenantId: string): unknown {
  const delegate = client[model] as unknown as Record<string, (args: Args) => unknown>
  return new Proxy(delegate, {
    get(target, operation) {
      if (typeof operation !== 'string') return undefined
      const scope = (model === 'subscription' ? operationsOfEither : operations)[operation]
      if (!scope) return operation === 'fields' ? target.fields : undefined
      return (args: Args = {}) => target[operation]?.(scope(args, tenantId, model))
    },
  })
}
