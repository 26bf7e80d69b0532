import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { Database } from './database.ts'
import { Housekeeping } from './housekeeping.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

test('what expired goes, what lives stays', async () => {
  const { everything } = app.get(Database)
  await app.admin()
  await app.visitor().send('POST', '/sign-in', { body: { email: 'nobody@example.com', password: 'x' } })
  const at = (hours: number) => new Date(app.clock.now().getTime() + hours * 3_600_000)
  await everything.idempotencyRecord.createMany({
    data: [
      { id: 'old', requestHash: '', expiresAt: at(-1) },
      { id: 'new', requestHash: '', expiresAt: at(1) },
    ],
  })
  const tenant = { id: 'ten_one', name: 'one', title: 'One' }
  await everything.tenant.create({ data: tenant })
  await everything.authorisationState.createMany({
    data: [
      { id: 'used up', tenantId: tenant.id, kind: 'AuthorizationCode', payload: {}, expiresAt: at(-1) },
      { id: 'good', tenantId: tenant.id, kind: 'RefreshToken', payload: {}, expiresAt: at(1) },
    ],
  })
  await everything.authorisationKey.createMany({
    data: [
      { id: 'ended', tenantId: tenant.id, privateKey: 'x', signsFrom: at(-9), endsAt: at(-1) },
      { id: 'ending', tenantId: tenant.id, privateKey: 'x', signsFrom: at(-8), endsAt: at(1) },
      { id: 'signing', tenantId: tenant.id, privateKey: 'x', signsFrom: at(-7) },
    ],
  })
  await app.get(Housekeeping).run()
  expect((await everything.authorisationState.findMany()).map(({ id }) => id)).toEqual(['good'])
  expect((await everything.authorisationKey.findMany()).map(({ id }) => id).sort()).toEqual([
    'ending',
    'signing',
  ])
  expect(await everything.session.count()).toBe(1)
  expect((await everything.idempotencyRecord.findMany()).map(({ id }) => id)).toEqual(['new'])
  expect(await everything.signInThrottle.count()).toBe(2)

  app.clock.advance(34 * 86_400)
  await app.get(Housekeeping).run()
  expect(await everything.session.count()).toBe(0)
  expect(await everything.signInThrottle.count()).toBe(0)
})
