// What the schema of a manifest cannot say: names that must exist and must not repeat, each fault with its place.
import type { FieldError } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { permissionsFault } from './model/role.ts'
import { trafficFault } from './model/traffic.ts'
import { mostUpstreams, upstreamFault } from './model/upstream.ts'
import { conditionsKey, conditionsOf, routeName } from './route-conditions.ts'

/** Every fault at once; pointers are readable paths such as `apis/books/versions/v1/routes`. */
export function manifestFaults(manifest: Manifest): FieldError[] {
  const faults: FieldError[] = []
  const versions = new Set(
    manifest.apis.flatMap((api) => api.versions.map((version) => `${api.name}/${version.name}`)),
  )
  const plans = new Set(
    manifest.products.flatMap((product) => product.plans.map((plan) => `${product.name}/${plan.name}`)),
  )

  repeats(
    manifest.apis.map(({ name }) => name),
    'apis',
  )
  repeats(
    manifest.products.map(({ name }) => name),
    'products',
  )
  repeats(
    manifest.applications.map(({ name }) => name),
    'applications',
  )
  repeats(
    (manifest.policies ?? []).map(({ name }) => name),
    'policies',
  )
  repeats(
    (manifest.roles ?? []).map(({ name }) => name),
    'roles',
  )
  for (const { name, permissions } of manifest.roles ?? []) {
    const wrong = permissionsFault(permissions)
    if (wrong) fault(`roles/${name}/permissions`, 'invalid', wrong)
  }
  for (const api of manifest.apis) {
    repeats(
      api.versions.map(({ name }) => name),
      `apis/${api.name}/versions`,
    )
    for (const version of api.versions) {
      const at = `apis/${api.name}/versions/${version.name}`
      repeats(
        version.policies.map(({ name }) => name),
        `${at}/policies`,
      )
      repeats(version.routes, `${at}/routes`, routeName, routeKey)
      const upstreams = Object.keys(version.upstreams)
      if (upstreams.length > mostUpstreams) {
        fault(`${at}/upstreams`, 'too_many', `a version has at most ${mostUpstreams} upstreams`)
      }
      for (const [name, settings] of Object.entries(version.upstreams)) {
        const wrong = upstreamFault(settings)
        if (wrong)
          fault(`${at}/upstreams/${name}/${wrong.path.replaceAll('.', '/')}`, 'invalid', wrong.message)
      }
      for (const [environment, deployment] of Object.entries(version.deployments)) {
        const wrong = deployment.traffic && trafficFault(deployment.traffic, upstreams)
        if (wrong) {
          const pointer = `${at}/deployments/${environment}/traffic/${wrong.path.replaceAll('.', '/')}`
          fault(pointer, 'invalid', wrong.message)
        }
      }
      for (const route of version.routes) {
        if (route.upstream !== null && !upstreams.includes(route.upstream)) {
          const pointer = `${at}/routes/${routeName(route)}/upstream`
          fault(pointer, 'unknown', `the version has no upstream "${route.upstream}"`)
        }
        repeats(
          route.policies.map(({ name }) => name),
          `${at}/routes/${routeName(route)}/policies`,
        )
      }
      if (version.successor !== null && !versions.has(`${api.name}/${version.successor}`)) {
        fault(`${at}/successor`, 'unknown', `the API ${api.name} has no version "${version.successor}"`)
      }
      if (version.lifecycle === 'draft' && Object.keys(version.deployments).length > 0) {
        fault(`${at}/deployments`, 'state', 'a draft runs nowhere: set its lifecycle to published')
      }
    }
  }
  for (const product of manifest.products) {
    const at = `products/${product.name}`
    repeats(
      product.plans.map(({ name }) => name),
      `${at}/plans`,
    )
    for (const plan of product.plans)
      repeats(
        plan.policies.map(({ name }) => name),
        `${at}/plans/${plan.name}/policies`,
      )
    for (const version of product.versions) {
      if (!versions.has(version)) fault(`${at}/versions`, 'unknown', `there is no API version "${version}"`)
    }
  }
  for (const application of manifest.applications) {
    const at = `applications/${application.name}`
    repeats(
      application.subscriptions.map(({ product }) => product),
      `${at}/subscriptions`,
    )
    for (const { product, plan } of application.subscriptions) {
      if (!plans.has(`${product}/${plan}`)) {
        fault(`${at}/subscriptions`, 'unknown', `there is no plan "${product}/${plan}"`)
      }
    }
  }
  repeats(
    manifest.applications.flatMap(({ keys }) => keys.map(({ sha256 }) => sha256)),
    'applications/keys',
  )
  repeats(
    manifest.applications.flatMap(({ oauthClients }) => oauthClients.map(oauthClientKey)),
    'applications/oauthClients',
  )
  return faults

  function fault(pointer: string, code: string, detail: string): void {
    faults.push({ pointer, code, detail })
  }

  function repeats<Item = string>(
    items: readonly Item[],
    pointer: string,
    nameOf: (item: Item) => string = String,
    keyOf: (item: Item) => string = nameOf,
  ): void {
    const seen = new Set<string>()
    for (const item of items) {
      const key = keyOf(item)
      if (seen.has(key)) fault(pointer, 'duplicate', `"${nameOf(item)}" is there twice`)
      seen.add(key)
    }
  }
}

/** What one OAuth client of a tenant has and no other. */
export const oauthClientKey = ({
  environment,
  issuer,
  clientId,
}: Pick<Manifest['applications'][number]['oauthClients'][number], 'environment' | 'issuer' | 'clientId'>) =>
  `${environment} ${issuer} ${clientId}`

type Route = Manifest['apis'][number]['versions'][number]['routes'][number]

/** Equal for routes that answer the same requests by their very words: the order of conditions says nothing. */
const routeKey = ({ method, path, when }: Route) => `${method} ${path} ${conditionsKey(conditionsOf(when))}`
