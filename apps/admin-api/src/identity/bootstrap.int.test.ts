import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { Bootstrap } from './bootstrap.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ FIRST_ENVIRONMENT: 'live=http://gateway.example:8000' })
})
afterAll(() => app.close())

test('an empty installation begins with its platform admin and its first environment, once', async () => {
  const admin = await app.admin()
  const read = () => admin.send('GET', '/environments')
  const first = await read()
  expect(first.body.data).toMatchObject([
    {
      name: 'live',
      title: 'Live',
      production: true,
      gatewayUrl: 'http://gateway.example:8000',
      groups: ['default'],
    },
  ])
  app.get(Bootstrap).onApplicationBootstrap()
  await app.get(Bootstrap).finished
  expect((await read()).body).toEqual(first.body)
})
