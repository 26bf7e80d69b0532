// What stands in Redis behind a key's hash: the application, and which plans let it call which API versions.
import { signatureAlgorithm } from '@gatewright/shared/model/signing-key'
import type { CredentialRecord, SubscriptionRecord } from '@gatewright/shared/policies/policy'
import type { Prisma } from '../generated/prisma/client.ts'
import { compare } from './version-document.ts'

const select = {
  id: true,
  kind: true,
  hash: true,
  tenantId: true,
  state: true,
  expiresAt: true,
  tryIt: true,
  algorithm: true,
  publicKey: true,
  secret: true,
  application: {
    select: {
      id: true,
      name: true,
      groups: true,
      subscriptions: {
        select: {
          id: true,
          tenantId: true,
          providerId: true,
          productId: true,
          state: true,
          createdAt: true,
          plan: {
            select: {
              id: true,
              name: true,
              product: { select: { versions: { select: { versionId: true } } } },
            },
          },
        },
      },
    },
  },
} as const satisfies Prisma.CredentialSelect

/** Records of keys carry no word of it. */
const recordKinds = {
  oauth_client: 'oauth-client',
  client_certificate: 'client-certificate',
  signing_key: 'signing-key',
} as const

type Row = Prisma.CredentialGetPayload<{ select: typeof select }>

/** Records by hash. A hash that is not in the answer belongs to no credential any more. */
export async function readCredentialRecords(
  tx: Prisma.TransactionClient,
  environmentId: string,
  hashes: readonly string[],
): Promise<Map<string, CredentialRecord>> {
  const rows = await tx.credential.findMany({ where: { environmentId, hash: { in: [...hashes] } }, select })
  return toRecords(tx, rows)
}

/** Every credential of an environment, a page at a time. */
export async function* allCredentialRecords(
  tx: Prisma.TransactionClient,
  environmentId: string,
  pageSize = 1000,
): AsyncGenerator<Map<string, CredentialRecord>> {
  let after = ''
  for (;;) {
    const rows = await tx.credential.findMany({
      where: { environmentId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: pageSize,
      select,
    })
    const last = rows.at(-1)
    if (!last) return
    yield await toRecords(tx, rows)
    after = last.id
  }
}

async function toRecords(tx: Prisma.TransactionClient, rows: readonly Row[]) {
  const shared = await sharedVersions(tx, rows)
  return new Map(rows.map((row) => [row.hash, toRecord(row, shared)]))
}

/** By the id of a tenant, versions of others' APIs: those that its applications may call, and those they ever might (ADR 97). */
type SharedVersions = ReadonlyMap<
  string,
  { readonly now: ReadonlySet<string>; readonly ever: ReadonlySet<string> }
>

/** A product of another team may hold more than that team shares. */
async function sharedVersions(tx: Prisma.TransactionClient, rows: readonly Row[]): Promise<SharedVersions> {
  const consumers = new Set(
    rows.flatMap(({ application }) =>
      application.subscriptions.filter(isForeign).map(({ tenantId }) => tenantId),
    ),
  )
  if (consumers.size === 0) return new Map()
  const shares = await tx.apiShare.findMany({
    where: { consumerId: { in: [...consumers] } },
    select: { consumerId: true, state: true, api: { select: { versions: { select: { id: true } } } } },
  })
  const byConsumer = Map.groupBy(shares, ({ consumerId }) => consumerId)
  const versionsOf = (given: typeof shares) =>
    new Set(given.flatMap(({ api }) => api.versions.map(({ id }) => id)))
  return new Map(
    [...byConsumer].map(([consumerId, given]) => [
      consumerId,
      { now: versionsOf(given.filter(({ state }) => state !== 'ended')), ever: versionsOf(given) },
    ]),
  )
}

const isForeign = ({ tenantId, providerId }: SubscriptionRow) => tenantId !== providerId

function toRecord(row: Row, shared: SharedVersions): CredentialRecord {
  const { id, kind, tenantId, state, expiresAt, tryIt, application } = row
  return {
    ...(kind === 'key' ? {} : { kind: recordKinds[kind] }),
    ...(kind === 'signing_key' ? { signing: signingOf(row) } : {}),
    credentialId: id,
    tenantId,
    applicationId: application.id,
    applicationName: application.name,
    state,
    expiresAt: expiresAt?.getTime() ?? null,
    tryIt,
    // Gateways of the version before know no groups, and read all records that have none.
    ...(application.groups.length > 0 ? { groups: application.groups } : {}),
    subscriptions: current(application.subscriptions).map((one) => toSubscription(one, shared)),
  }
}

const signingOf = ({ algorithm, publicKey, secret }: Row) => ({
  algorithm: signatureAlgorithm.parse(algorithm),
  publicKey,
  secret,
})

type SubscriptionRow = Row['application']['subscriptions'][number]

/** Of each product the subscription that speaks now: the living one, else the newest of the ended ones. */
function current(rows: readonly SubscriptionRow[]): SubscriptionRow[] {
  const living = (row: SubscriptionRow) => row.state !== 'rejected' && row.state !== 'cancelled'
  const byProduct = new Map<string, SubscriptionRow>()
  for (const row of rows) {
    const other = byProduct.get(row.productId)
    if (
      !other ||
      (living(row) && !living(other)) ||
      (living(row) === living(other) && row.createdAt > other.createdAt)
    ) {
      byProduct.set(row.productId, row)
    }
  }
  return [...byProduct.values()].sort((a, b) => compare(a.id, b.id))
}

function toSubscription(row: SubscriptionRow, shared: SharedVersions): SubscriptionRecord {
  const { id, state, plan, tenantId } = row
  const versionIds = plan.product.versions.map(({ versionId }) => versionId).sort(compare)
  return {
    subscriptionId: id,
    planId: plan.id,
    planName: plan.name,
    state,
    // One that opens nothing names what was shared once, too: its owner finds in the log why. What else the product holds is
    // nobody's to learn by calling it.
    versionIds: isForeign(row)
      ? versionIds.filter((it) => shared.get(tenantId)?.[state === 'active' ? 'now' : 'ever'].has(it))
      : versionIds,
  }
}
