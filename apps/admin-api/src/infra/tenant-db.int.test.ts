// The one place of tenant isolation: what it narrows, and what it refuses outright.
import { createId } from '@gatewright/shared/ids'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDatabase } from '../../../../scripts/stack/testing.ts'
import { Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { type TenantDb, tenantDb } from './tenant-db.ts'

let prisma: PrismaClient
let mine: TenantDb
let theirs: TenantDb
const [me, other, user] = [createId('ten'), createId('ten'), createId('usr')]

const api = (tenantId: string, name: string) => ({
  id: createId('api'),
  tenantId,
  name,
  title: name,
  ownerId: user,
})

beforeAll(async () => {
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: (await testDatabase()).url }) })
  await prisma.user.create({ data: { id: user, email: 'a@example.com', name: 'A' } })
  for (const id of [me, other])
    await prisma.tenant.create({ data: { id, name: id.replace('_', '-'), title: id } })
  mine = tenantDb(prisma, me)
  theirs = tenantDb(prisma, other)
  await mine.api.create({ data: api(me, 'mine') })
  await theirs.api.create({ data: api(other, 'theirs') })
})
afterAll(() => prisma.$disconnect())

describe('C17', () => {
  test('every read is narrowed', async () => {
    const foreign = await theirs.api.findFirstOrThrow()
    expect(await mine.api.findMany()).toHaveLength(1)
    expect(await mine.api.count()).toBe(1)
    expect(await mine.api.findUnique({ where: { id: foreign.id } })).toBeNull()
    expect(await mine.api.findFirst({ where: { OR: [{ tenantId: other }, { name: 'theirs' }] } })).toBeNull()
    expect((await mine.api.aggregate({ _count: true }))._count).toBe(1)
    expect(await mine.api.groupBy({ by: ['tenantId'] })).toEqual([{ tenantId: me }])
  })

  test('every write is narrowed', async () => {
    const foreign = await theirs.api.findFirstOrThrow()
    expect((await mine.api.updateMany({ data: { title: 'changed' } })).count).toBe(1)
    expect((await mine.api.deleteMany({ where: { id: foreign.id } })).count).toBe(0)
    await expect(mine.api.update({ where: { id: foreign.id }, data: { title: 'x' } })).rejects.toThrow()
    await expect(mine.api.delete({ where: { id: foreign.id } })).rejects.toThrow()
    expect((await theirs.api.findFirstOrThrow()).title).toBe('theirs')
  })

  test('a row of another tenant cannot be written, nor one be moved there', async () => {
    await expect(async () => mine.api.create({ data: api(other, 'x') })).rejects.toThrow('another tenant')
    await expect(async () => mine.api.createMany({ data: [api(me, 'y'), api(other, 'z')] })).rejects.toThrow(
      'another tenant',
    )
    await expect(async () => mine.api.updateMany({ data: { tenantId: other } })).rejects.toThrow(
      'another tenant',
    )
  })

  test('nested writes, which would pass it by, are refused', async () => {
    const data = { title: 'x', versions: { create: [] } }
    await expect(async () => mine.api.updateMany({ data } as never)).rejects.toThrow(
      'nested write of api.versions',
    )
  })

  test('platform tables and raw SQL cannot be reached', () => {
    expect(Object.keys(mine)).not.toContain('user')
    expect(mine).not.toHaveProperty('$queryRaw')
  })

  test('every table with a tenant is covered', () => {
    const owned = Object.entries(Prisma)
      .filter(
        ([name, fields]) =>
          name.endsWith('ScalarFieldEnum') && Object.keys(fields as object).includes('tenantId'),
      )
      .map(([name]) => name.charAt(0).toLowerCase() + name.slice(1, -'ScalarFieldEnum'.length))
    expect(Object.keys(mine).sort()).toEqual(owned.sort())
  })
})
