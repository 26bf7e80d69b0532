// Snapshot → Generation: every decision that a request need not take is taken here, or the whole snapshot is refused.
import type { PolicyDeps, RouteFacts } from '@gatewright/shared/policies/policy'
import type { PolicyUse, RouteDocument, Snapshot, UpstreamDocument } from '@gatewright/shared/snapshot'
import type { Upstream } from '../upstream/call.ts'
import type { Chain, CompiledRoute, Generation } from './generation.ts'
import { type AttachmentPlace, createInstances, type InstanceMap, type Instances } from './instances.ts'
import { lifecycleFields, retiredStep } from './lifecycle.ts'
import { type SnapshotHead, type SnapshotPart, SnapshotRefused, type VersionHead } from './parts.ts'
import { createRouterBuilder, RouteConflict, type RouterBuilder } from './router.ts'
import { countRequests, layOut, orderSteps, type Step } from './steps.ts'

/** Pools, breakers and health of services: they outlive a generation and are shared by all that name the same one. */
interface UpstreamSource {
  /** `release` is called once, when no request can use the upstream through this acquisition any more. */
  acquire(document: UpstreamDocument): { readonly upstream: Upstream; release(): void }
}

export interface CompileDeps {
  readonly policies: PolicyDeps
  readonly upstreams: UpstreamSource
  /** Gateway group: versions of other groups do not exist here. */
  readonly group: string
  /** Called between the pieces; a worker that serves lets requests through. */
  readonly pause: () => Promise<void> | undefined
}

/** A generation with what the next one needs of it. */
export interface CompiledGeneration extends Generation {
  readonly environmentId: string
  readonly instances: InstanceMap
  readonly routeCount: number
  /** Called when another generation is live, or when this one never will be: frees everything after the last request. */
  retire(): void
}

export interface Identity {
  readonly revision: number
  readonly hash: string
}

/** Throws `SnapshotRefused`, and then nothing of the snapshot stays behind. */
export async function compileSnapshot(
  { revision, hash }: Identity,
  parts: Iterable<SnapshotPart>,
  deps: CompileDeps,
  previous: CompiledGeneration | null,
): Promise<CompiledGeneration> {
  const instances = createInstances(deps.policies, previous?.instances ?? new Map())
  const releases: (() => void)[] = []
  const builder = createRouterBuilder()
  let environmentId = ''
  let routeCount = 0
  let frame: Frame | null = null
  let version: VersionCompiler | null = null
  try {
    for (const part of parts) {
      switch (part.kind) {
        case 'head':
          environmentId = part.head.environment.id
          frame = createFrame(part.head, instances)
          break
        case 'version':
          version = frame && serves(part.version, deps.group) ? frame.version(part.version) : null
          if (version) releases.push(version.open(deps.upstreams))
          break
        case 'routes':
          if (version) {
            for (const route of part.routes) version.route(route, builder)
            routeCount += part.routes.length
          }
          break
      }
      await deps.pause()
    }
  } catch (error) {
    for (const release of releases) release()
    if (error instanceof RouteConflict) throw new SnapshotRefused(error.message, { cause: error })
    throw error
  }
  const router = builder.build()
  return createGeneration(
    { revision, hash, router, environmentId, routeCount, instances: instances.used },
    releases,
  )
}

function serves(version: VersionHead, group: string): boolean {
  return version.groups.length === 0 || version.groups.includes(group)
}

function createGeneration(
  parts: Pick<
    CompiledGeneration,
    'revision' | 'hash' | 'router' | 'environmentId' | 'routeCount' | 'instances'
  >,
  releases: readonly (() => void)[],
): CompiledGeneration {
  let leases = 0
  let retired = false
  function releaseWhenDrained() {
    if (retired && leases === 0) for (const release of releases) release()
  }
  return {
    ...parts,
    acquire() {
      leases++
    },
    release() {
      leases--
      releaseWhenDrained()
    },
    retire() {
      if (retired) return
      retired = true
      releaseWhenDrained()
    },
  }
}

type Plan = Snapshot['plans'][number]

/** What all versions of a snapshot share. */
interface Frame {
  version(document: VersionHead): VersionCompiler
}

function createFrame(head: SnapshotHead, instances: Instances): Frame {
  const globalSteps = head.policies.map((use) =>
    instances.step(use, { scope: 'global', tenantId: null, timeZone: 'UTC', place: 'all tenants' }),
  )
  const tenants = new Map(
    head.tenants.map((tenant) => {
      const at = { tenantId: tenant.id, timeZone: tenant.timeZone, place: `tenant ${tenant.name}` }
      checkTimeZone(tenant.timeZone, at.place)
      const steps = tenant.policies.map((use) => instances.step(use, { ...at, scope: 'tenant' }))
      return [tenant.id, { at, steps }]
    }),
  )
  // A plan belongs to the tenant that sells it; its limits are instances of its own, shared by all versions it covers.
  const plans = head.plans.map((plan) => {
    const tenant = tenants.get(plan.tenantId)
    if (!tenant)
      throw new SnapshotRefused(`plan ${plan.name}: its tenant ${plan.tenantId} is not in the snapshot`)
    const at: AttachmentPlace = {
      ...tenant.at,
      scope: 'plan',
      place: `${tenant.at.place}, plan ${plan.name}`,
    }
    return { plan, steps: plan.policies.map((use) => instances.step(use, at)) }
  })

  return {
    version(document) {
      const tenant = tenants.get(document.tenantId)
      const label = `API ${document.apiName} ${document.name}`
      if (!tenant)
        throw new SnapshotRefused(`${label}: its tenant ${document.tenantId} is not in the snapshot`)
      const at = { ...tenant.at, place: `${tenant.at.place}, ${label}` }
      const step = (use: PolicyUse) => instances.step(use, { ...at, scope: 'version' })
      return createVersionCompiler({
        document,
        outer: [...globalSteps, ...tenant.steps, ...document.policies.map(step)],
        plans: plans.filter(({ plan }) => plan.versionIds.includes(document.id)),
        at,
        instances,
      })
    },
  }
}

interface VersionContext {
  readonly document: VersionHead
  /** Steps of the scopes around a route. */
  readonly outer: readonly Step[]
  readonly plans: readonly { readonly plan: Plan; readonly steps: readonly Step[] }[]
  readonly at: Omit<AttachmentPlace, 'scope'>
  readonly instances: Instances
}

interface VersionCompiler {
  /** Acquires the service behind the version; the answer frees it. */
  open(upstreams: UpstreamSource): () => void
  route(document: RouteDocument, builder: RouterBuilder): void
}

/** The part of a compiled route that routes without policies of their own have in common. */
type Pipeline = Pick<CompiledRoute, 'chain' | 'edgeCount' | 'identifiedAt' | 'plans'> & {
  readonly identifies: boolean
}

function createVersionCompiler({ document, outer, plans, at, instances }: VersionContext): VersionCompiler {
  const { id: versionId, name: versionName, tenantId, apiId, apiName, hosts, lifecycle } = document
  const basePath = document.basePath === '/' ? '' : document.basePath
  const fields = lifecycleFields(lifecycle)
  const isRetired = lifecycle.state === 'retired'
  let upstream: Upstream | null = null
  let shared: Pipeline | null = null

  function pipeline(own: readonly Step[]): Pipeline {
    const steps = orderSteps([...outer, ...own])
    if (isRetired) return layOutRetired(steps, retiredStep(apiName, versionName, lifecycle))
    const isMocked = steps.some((step) => step.facts.type === 'mock')
    // An API that has nothing behind it answers from its examples without being told to.
    return layOutPipeline(document.upstream || isMocked ? steps : [...steps, implicitMock()], plans)
  }

  function implicitMock(): Step {
    const use = { id: `${versionId}:mock`, type: 'mock', name: 'mock', config: {} }
    return instances.step(use, { ...at, scope: 'version' })
  }

  return {
    open(upstreams) {
      if (!document.upstream || isRetired) return () => undefined
      const acquired = upstreams.acquire(document.upstream)
      upstream = acquired.upstream
      return acquired.release
    },
    route(route, builder) {
      const place = `${at.place}, route ${route.method} ${route.path}`
      const own = route.policies.map((use) => instances.step(use, { ...at, scope: 'route', place }))
      if (own.length === 0) shared ??= pipeline([])
      const { identifies, ...phases } = own.length === 0 && shared ? shared : pipeline(own)
      if (!identifies && !route.public && !isRetired) {
        throw new SnapshotRefused(
          `${place}: nothing asks who is calling; attach an API key policy or mark it public`,
        )
      }
      const template = basePath + route.path
      const facts: RouteFacts = Object.freeze({
        id: route.id,
        method: route.method,
        template,
        operationId: route.operationId,
        tenantId,
        apiId,
        apiName,
        versionId,
        versionName,
        public: route.public,
        mocks: route.mocks,
      })
      const compiled: CompiledRoute = Object.freeze({
        kind: 'route',
        facts,
        ...phases,
        basePathLength: basePath.length,
        lifecycleFields: fields,
        upstream,
      })
      builder.add({ hosts, route: compiled })
      // The path `/` of an API is its base path, which people write with and without the final slash.
      if (route.path === '/' && basePath !== '') builder.add({ hosts, route: compiled, template: basePath })
    },
  }
}

function layOutPipeline(steps: readonly Step[], plans: VersionContext['plans']): Pipeline {
  const chain = layOut(steps)
  const before = steps.filter((step) => step.stage === 'edge' || step.stage === 'identify')
  const after = steps.slice(before.length)
  return {
    chain,
    edgeCount: countRequests(steps, 'edge'),
    identifiedAt: countRequests(steps, 'edge', 'identify'),
    plans: plans.some(({ steps: own }) => own.length > 0) ? planChains() : null,
    identifies: steps.some((step) => step.stage === 'identify'),
  }

  // A plan is known only after the caller is: whatever the stage of its policies, they come after that.
  function planChains(): ReadonlyMap<string, Chain> {
    return new Map(
      plans.map(({ plan, steps: own }) => [
        plan.id,
        own.length === 0 ? chain : layOut([...before, ...orderSteps([...after, ...own])]),
      ]),
    )
  }
}

function layOutRetired(steps: readonly Step[], refusal: Step): Pipeline {
  const edge = steps.filter((step) => step.stage === 'edge')
  const edgeCount = countRequests(edge, 'edge')
  return {
    chain: layOut([...edge, refusal]),
    edgeCount,
    identifiedAt: edgeCount + 1,
    plans: null,
    identifies: true,
  }
}

function checkTimeZone(timeZone: string, place: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new SnapshotRefused(`${place}: "${timeZone}" is not a time zone`)
  }
}
