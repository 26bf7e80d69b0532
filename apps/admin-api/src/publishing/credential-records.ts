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
  return new Map(rows.map((row) => [row.hash, toRecord(row)]))
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
    yield new Map(rows.map((row) => [row.hash, toRecord(row)]))
    after = last.id
  }
}

function toRecord(row: Row): CredentialRecord {
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
    subscriptions: current(application.subscriptions).map(toSubscription),
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

function toSubscription({ id, state, plan }: SubscriptionRow): SubscriptionRecord {
  return {
    subscriptionId: id,
    planId: plan.id,
    planName: plan.name,
    state,
    versionIds: plan.product.versions.map(({ versionId }) => versionId).sort(compare),
  }
}
