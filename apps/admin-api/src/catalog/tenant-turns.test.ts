import { describe, expect, test } from 'vitest'
import { TenantTurns } from './tenant-turns.ts'

const limits = { threads: 2, waiting: 50, waitingOfTenant: 20 }

/** The order in which wishes are served when each ends before the next begins, given as tenants in the order of asking. */
async function served(wishes: readonly string[], threads = 1): Promise<string[]> {
  const turns = new TenantTurns({ ...limits, threads })
  const order: string[] = []
  await Promise.all(
    wishes.map(async (tenantId) => {
      await turns.take(tenantId)
      order.push(tenantId)
      await null
      turns.end(tenantId)
    }),
  )
  return order
}

describe('turns', () => {
  test('tenants take turns, however many wishes one of them has', async () => {
    expect((await served([...'aaaaaabc'])).join('')).toBe('abcaaaaa')
    expect((await served([...'aaabbbccc'])).join('')).toBe('abcabcabc')
  })

  test('a tenant that came with two more than there are places starves nobody', async () => {
    const order = await served([...'aaaaaabbbbbbc'], 2)
    expect(order.indexOf('c')).toBeLessThan(5)
    expect([...order].sort().join('')).toBe('aaaaaabbbbbbc')
  })

  test('so many wait, and of one tenant no more than its part', () => {
    const turns = new TenantTurns({ threads: 1, waiting: 3, waitingOfTenant: 2 })
    const taken = [...'aaaabbb'].map((tenantId) => turns.take(tenantId) !== null)
    expect(taken).toEqual([true, true, true, false, true, false, false])
  })

  test('whoever has nothing left is forgotten, and never more than so many are served at once', async () => {
    const turns = new TenantTurns({ ...limits, threads: 2 })
    let busy = 0
    const wishes = Array.from({ length: 20 }, async (_, i) => {
      const tenantId = `ten_${i % 5}`
      await turns.take(tenantId)
      busy++
      expect(busy).toBeLessThanOrEqual(2)
      await new Promise((resolve) => setImmediate(resolve))
      busy--
      turns.end(tenantId)
    })
    await Promise.all(wishes)
    expect(busy).toBe(0)
  })
})
