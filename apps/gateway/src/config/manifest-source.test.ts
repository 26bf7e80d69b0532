// What a standalone gateway says of a manifest that it does not take.
import { expect, it } from 'vitest'
import { ManifestRefused, parseManifest } from './manifest-source.ts'

const refusalOf = (text: string) => {
  try {
    parseManifest(text, 'site.yaml')
  } catch (error) {
    if (error instanceof ManifestRefused) return error.message
    throw error
  }
  return null
}

const version = (more: string) => `gatewright: 1
apis:
  - name: books
    title: Books
    versions:
      - name: v1
        basePath: /books
        deployments: { prod: {} }
${more}`

it.each([
  ['broken YAML', 'gatewright: [1', 'site.yaml:1:'],
  [
    'a wrong value',
    version('        routes: [{ method: get, path: /all }]'),
    'site.yaml:9:28: apis.0.versions.0.routes.0.method',
  ],
  [
    'a mock that no reply can carry',
    version(
      '        routes: [{ method: GET, path: /all, mocks: [{ status: 200, mediaType: "a/b\\r\\nX: y", name: null, body: "" }] }]',
    ),
    'mediaType: Use a media type',
  ],
  [
    'two policies of one name, which would share their counters',
    version(
      '        policies: [{ type: rate-limit, config: { limit: 1 } }, { type: rate-limit, config: { limit: 9 } }]',
    ),
    'site.yaml: apis/books/versions/v1/policies: "rate-limit" is there twice',
  ],
  [
    'a subscription to a plan that is not there',
    version('applications: [{ name: app, title: App, subscriptions: [{ product: p, plan: free }] }]'),
    'site.yaml: applications/app/subscriptions: there is no plan "p/free"',
  ],
])('says what is wrong with %s, and where', (_, text, message) => {
  expect(refusalOf(text)).toContain(message)
})

it('takes a manifest that is right', () => {
  expect(refusalOf(version(''))).toBeNull()
})
