// A manifest read without a control plane: ids that are stable and never the same twice.
import { expect, test } from 'vitest'
import { type ManifestInput, manifestSchema } from './manifest.ts'
import { manifestToSnapshot } from './standalone.ts'

const when = (value: string) => ({ headers: [{ name: 'x-client', values: [value] }] })

test('A3: routes that differ by conditions alone have ids of their own, whatever their order', () => {
  const routes = [
    { method: 'GET', path: '/a' },
    { method: 'GET', path: '/a', when: when('ios') },
    { method: 'GET', path: '/a', when: when('tv') },
  ]
  const idsOf = (order: typeof routes) => {
    const manifest: ManifestInput = {
      gatewright: 1,
      apis: [
        {
          name: 'books',
          title: 'Books',
          versions: [{ name: 'v1', basePath: '/books', routes: order, deployments: { prod: {} } }],
        },
      ],
    }
    const snapshot = manifestToSnapshot(manifestSchema.parse(manifest), 'prod')
    return snapshot.versions.flatMap((version) => version.routes.map(({ id }) => id))
  }
  expect(new Set(idsOf(routes)).size).toBe(3)
  expect(idsOf(routes.toReversed())).toEqual(idsOf(routes).toReversed())
})
