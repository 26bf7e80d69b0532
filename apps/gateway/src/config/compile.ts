// Snapshot → Generation: every decision that a request need not take is taken here, or the whole snapshot is refused.

import { isSecretName } from '@gatewright/shared/masking/secrets'
import { trafficFault } from '@gatewright/shared/model/traffic'
import { defaultUpstream, upstreamFault } from '@gatewright/shared/model/upstream'
import { parameterNames } from '@gatewright/shared/path-template'
import type { RouteFacts } from '@gatewright/shared/policies/policy'
import type { PolicyUse, RouteDocument, Snapshot, UpstreamDocument } from '@gatewright/shared/snapshot'
import type { SchemaText } from '@gatewright/shared/validation/operation-rules'
import { blocklistType } from '../runtime/blocks/block-steps.ts'
import type { SecretsOf } from '../runtime/secrets.ts'
import type { CertificateOpener } from '../tls/central-certificates.ts'
import type { ShownCertificate } from '../tls/certificate-shelf.ts'
import type { Guard, GuardFacts, Guards } from '../traffic/guards.ts'
import type { MirrorCounts } from '../traffic/mirror.ts'
import type { Admission } from '../traffic/overload.ts'
import { createTrafficSplit } from '../traffic/split.ts'
import type { Upstream } from '../upstream/call.ts'
import { demandCaller, protects } from './callers.ts'
import { CertificateHosts } from './certificate-hosts.ts'
import type { Chain, CompiledRoute, Generation, TrafficSplit } from './generation.ts'
import {
  type AttachmentPlace,
  createInstances,
  type InstanceMap,
  type Instances,
  type SharedDeps,
} from './instances.ts'
import { lifecycleFields, retiredStep, sunsetStep } from './lifecycle.ts'
import { createOwnPathTable, type OwnPathTable } from './own-paths.ts'
import {
  type HeadPart,
  type SnapshotHead,
  type SnapshotPart,
  SnapshotRefused,
  type VersionHead,
} from './parts.ts'
import { createRouterBuilder, type RouterBuilder } from './router.ts'
import { RouteConflict } from './router-slot.ts'
import {
  countRequests,
  countSteps,
  layOut,
  lookAgain,
  orderSteps,
  type Step,
  wantCertificate,
} from './steps.ts'

/** Pools, breakers and health of services: they outlive a generation and are shared by all that name the same one. */
interface UpstreamSource {
  /** `release` is called once, when no request can use the upstream through this acquisition any more. */
  acquire(
    document: UpstreamDocument,
    tenantId: string,
    tenantName: string,
  ): { readonly upstream: Upstream; release(): void }
}

export interface CompileDeps {
  readonly policies: SharedDeps
  readonly secrets: SecretsOf
  /** Opens certificates of hosts; null: nobody comes here over https. */
  readonly certificates: CertificateOpener | null
  readonly upstreams: UpstreamSource
  readonly guards: Guards
  readonly mirrors: MirrorCounts
  /** null: a worker that never refuses for being overloaded. */
  readonly admission: Admission | null
  /** Steps that stand on every route, outside of what is configured. */
  readonly always: readonly Step[]
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
  /** Version id → its upstreams, as far as requests can come to them. */
  readonly upstreams: ReadonlyMap<string, readonly Upstream[]>
  /** Version id → its guard. */
  readonly guards: ReadonlyMap<string, GuardFacts>
  /** What is shown to callers over https. */
  readonly certificates: readonly ShownCertificate[]
  /** Whether clients that name this host are asked for a certificate; null = none are. */
  readonly asksForCertificate: ((host: string | null) => boolean) | null
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
  const instances = createInstances(deps.policies, deps.secrets, previous?.instances ?? new Map())
  const releases: (() => void)[] = []
  const builder = createRouterBuilder()
  let environmentId = ''
  let routeCount = 0
  const upstreams = new Map<string, readonly Upstream[]>()
  const guards = new Map<string, GuardFacts>()
  const certificateHosts = new CertificateHosts()
  let certificates: readonly ShownCertificate[] = []
  let frame: Frame | null = null
  let version: VersionCompiler | null = null
  try {
    for (const part of parts) {
      switch (part.kind) {
        case 'head':
          environmentId = part.head.environment.id
          certificates = openCertificates(part.head, deps)
          frame = createFrame(part.head, instances, deps.always)
          declareNamed(part, deps.group, builder)
          break
        case 'version':
          version = frame && serves(part.version, deps.group) ? frame.version(part.version) : null
          if (version) {
            const { guard, upstreams: opened, release } = version.open(deps)
            releases.push(release)
            upstreams.set(part.version.id, opened)
            if (guard !== null) guards.set(part.version.id, guard.facts)
          }
          break
        case 'schemas':
          version?.define(part.schemas)
          break
        case 'routes':
          if (version) {
            for (const route of part.routes) {
              if (version.route(route, builder)) certificateHosts.add(version.hosts)
            }
            routeCount += part.routes.length
          }
          break
      }
      await deps.pause()
    }
    for (const _ of builder.seal()) await deps.pause()
  } catch (error) {
    for (const release of releases) release()
    if (error instanceof RouteConflict) throw new SnapshotRefused(error.message, { cause: error })
    throw error
  }
  const router = builder.build()
  return createGeneration(
    {
      revision,
      hash,
      router,
      environmentId,
      routeCount,
      upstreams,
      guards,
      instances: instances.used,
      certificates,
      asksForCertificate: certificateHosts.question,
    },
    releases,
  )
}

function openCertificates({ certificates }: SnapshotHead, { certificates: open }: CompileDeps) {
  try {
    return open?.(certificates ?? []) ?? []
  } catch (error) {
    throw new SnapshotRefused((error as Error).message, { cause: error })
  }
}

/** Versions that requests name are known before any route, so that each route knows whom it has beside it. */
function declareNamed({ head, named }: HeadPart, group: string, builder: RouterBuilder): void {
  for (const version of named) {
    if (!serves(version, group)) continue
    try {
      builder.declare(version)
    } catch (error) {
      const tenant = head.tenants.find(({ id }) => id === version.tenantId)
      throw new SnapshotRefused(`tenant ${tenant?.name}, ${(error as Error).message}`, { cause: error })
    }
  }
}

function serves(version: Pick<VersionHead, 'groups'>, group: string): boolean {
  return version.groups.length === 0 || version.groups.includes(group)
}

function createGeneration(
  parts: Pick<
    CompiledGeneration,
    | 'revision'
    | 'hash'
    | 'router'
    | 'environmentId'
    | 'routeCount'
    | 'upstreams'
    | 'guards'
    | 'instances'
    | 'certificates'
    | 'asksForCertificate'
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

function createFrame(head: SnapshotHead, instances: Instances, always: readonly Step[]): Frame {
  const globalSteps = head.policies.map((use) =>
    instances.step(use, { scope: 'global', tenantId: null, timeZone: 'UTC', place: 'all tenants' }),
  )
  const tenants = new Map(
    head.tenants.map((tenant) => {
      const at = { tenantId: tenant.id, timeZone: tenant.timeZone, place: `tenant ${tenant.name}` }
      checkTimeZone(tenant.timeZone, at.place)
      const steps = tenant.policies.map((use) => instances.step(use, { ...at, scope: 'tenant' }))
      return [tenant.id, { name: tenant.name, at, steps }]
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
        tenantName: tenant.name,
        outer: [...always, ...globalSteps, ...tenant.steps, ...document.policies.map(step)],
        plans: plans.filter(({ plan }) => plan.versionIds.includes(document.id)),
        at,
        instances,
      })
    },
  }
}

interface VersionContext {
  readonly document: VersionHead
  readonly tenantName: string
  /** Steps of the scopes around a route. */
  readonly outer: readonly Step[]
  readonly plans: readonly { readonly plan: Plan; readonly steps: readonly Step[] }[]
  readonly at: Omit<AttachmentPlace, 'scope'>
  readonly instances: Instances
}

interface VersionCompiler {
  /** Acquires what stands behind the version. */
  open(deps: CompileDeps): {
    readonly guard: Guard | null
    readonly upstreams: readonly Upstream[]
    release(): void
  }
  /** Definitions that the schemas of routes refer to; before these. */
  define(schemas: Readonly<Record<string, SchemaText>>): void
  /** Answers whether clients are to be asked for a certificate because of it. */
  route(document: RouteDocument, builder: RouterBuilder): boolean
  readonly hosts: readonly string[]
}

/** The part of a compiled route that routes without policies of their own have in common. */
type Pipeline = Pick<CompiledRoute, 'chain' | 'edgeCount' | 'identifiedAt' | 'plans' | 'priority'> & {
  readonly identifies: boolean
  readonly wantsCertificate: boolean
}

function createVersionCompiler({
  document,
  tenantName,
  outer,
  plans,
  at,
  instances,
}: VersionContext): VersionCompiler {
  const { id: versionId, name: versionName, tenantId, apiId, apiName, hosts, lifecycle, selector } = document
  const basePath = document.basePath === '/' ? '' : document.basePath
  const fields = lifecycleFields(lifecycle)
  const isRetired = lifecycle.state === 'retired'
  const sunset = sunsetStep(apiName, versionName, lifecycle)
  const upstreams = new Map<string, Upstream>()
  let admission: Admission | null = null
  let traffic: TrafficSplit | null = null
  let shared: Pipeline | null = null
  const definitions = new Map<string, SchemaText>()
  let ownPaths: OwnPathTable | null = null

  /** What stands on all routes has its paths once; what stands on one route, with that route. */
  function reservePaths(path: string, place: string, own: readonly Step[], builder: RouterBuilder): void {
    if (isRetired) return
    if (ownPaths === null) {
      const facts = { tenantId, apiId, apiName, versionId, versionName, basePath }
      const declaredBasePath = document.basePath
      ownPaths = createOwnPathTable({
        ...{ place: at.place, basePath, declaredBasePath, hosts, facts, outer, preflightCount },
      })
      ownPaths.offer(outer, builder)
    }
    ownPaths.note(path, place)
    ownPaths.offer(own, builder)
  }

  function pipeline(own: readonly Step[]): Pipeline {
    const steps = orderSteps([...outer, ...own])
    if (isRetired) return layOutRetired(steps, retiredStep(apiName, versionName, lifecycle))
    if (sunset) steps.splice(countSteps(steps, 'edge'), 0, sunset)
    const isMocked = steps.some((step) => step.facts.type === 'mock')
    // An API that has nothing behind it answers from its examples without being told to.
    return layOutPipeline(
      upstreams.size > 0 || isMocked ? steps : [...steps, implicitMock()],
      plans,
      admission,
    )
  }

  function implicitMock(): Step {
    const use = { id: `${versionId}:mock`, type: 'mock', name: 'mock', config: {} }
    return instances.step(use, { ...at, scope: 'version' })
  }

  function upstreamOf(route: RouteDocument, place: string): Upstream | null {
    // Where shares decide, the first of them stands for all.
    const name = route.upstream ?? document.traffic?.shares[0]?.upstream ?? defaultUpstream
    const upstream = upstreams.get(name)
    if (upstream === undefined && (route.upstream !== null || upstreams.size > 0)) {
      throw new SnapshotRefused(`${place}: the version has no upstream called ${name}`)
    }
    return upstream ?? null
  }

  return {
    hosts,
    open(deps) {
      admission = deps.admission
      if (isRetired) return { guard: null, upstreams: [], release: () => undefined }
      let guard: Guard | null = null
      const releases: (() => void)[] = []
      const releaseAll = () => {
        for (const release of releases) release()
      }
      try {
        for (const settings of document.upstreams) {
          const fault = upstreamFault(settings)
          if (fault) throw new Error(`upstream ${settings.name}, ${fault.path}: ${fault.message}`)
          const acquired = deps.upstreams.acquire(settings, tenantId, tenantName)
          releases.push(acquired.release)
          upstreams.set(settings.name, acquired.upstream)
        }
        if (document.traffic) {
          const fault = trafficFault(document.traffic, [...upstreams.keys()])
          if (fault) throw new Error(`traffic, ${fault.path}: ${fault.message}`)
          const watched = deps.guards.acquire(versionId, document.traffic)
          if (watched) releases.push(watched.release)
          guard = watched?.guard ?? null
          traffic = createTrafficSplit({
            versionId,
            basePath,
            traffic: document.traffic,
            upstreams,
            guard,
            mirrors: deps.mirrors,
          })
        }
      } catch (error) {
        releaseAll()
        if (error instanceof SnapshotRefused) throw error
        throw new SnapshotRefused(`${at.place}: ${(error as Error).message}`, { cause: error })
      }
      return { guard, upstreams: [...upstreams.values()], release: releaseAll }
    },
    define(schemas) {
      for (const [name, schema] of Object.entries(schemas)) definitions.set(name, schema)
    },
    route(route, builder) {
      const place = `${at.place}, route ${route.method} ${route.path}`
      const template = basePath + route.path
      const own = route.policies.map((use) => instances.step(use, { ...at, scope: 'route', place, template }))
      reservePaths(route.path, place, own, builder)
      if (own.length === 0) shared ??= pipeline([])
      const { identifies, wantsCertificate, ...phases } = own.length === 0 && shared ? shared : pipeline(own)
      if (!identifies && !route.public && !isRetired) {
        throw new SnapshotRefused(
          `${place}: nothing asks who is calling; attach a policy such as api-key or jwt, or mark it public`,
        )
      }
      const facts: RouteFacts = Object.freeze({
        id: route.id,
        method: route.method,
        template,
        basePath,
        operationId: route.operationId,
        tenantId,
        apiId,
        apiName,
        versionId,
        versionName,
        public: route.public,
        mocks: route.mocks,
        operation:
          route.operation === undefined
            ? null
            : { key: `${route.method} ${route.path}`, rules: route.operation, definitions },
      })
      const upstream = isRetired ? null : upstreamOf(route, place)
      const compiled: CompiledRoute = Object.freeze({
        kind: 'route',
        facts,
        ...phases,
        basePathLength: basePath.length,
        lifecycleFields: fields,
        vary: null,
        hasSecretInPath: parameterNames(template).some(isSecretName),
        strippedParameter: selector?.by === 'query' && selector.strip ? selector.name : null,
        upstream,
        traffic: route.upstream === null ? traffic : null,
      })
      const entry = { hosts, basePath: document.basePath, route: compiled, when: route.when }
      builder.add(entry)
      // The path `/` of an API is its base path, which people write with and without the final slash.
      if (route.path === '/' && basePath !== '') builder.add({ ...entry, template: basePath })
      return wantsCertificate
    },
  }
}

function layOutPipeline(
  merged: readonly Step[],
  plans: VersionContext['plans'],
  admission: Admission | null,
): Pipeline {
  const steps = demandCaller(merged)
  const chain = layOut(steps)
  const before = steps.filter((step) => step.stage === 'edge' || step.stage === 'identify')
  const after = steps.slice(before.length)
  const identifiedAt = countRequests(steps, 'edge', 'identify')
  const ofPlans = plans.some(({ steps: own }) => own.length > 0) ? planChains() : null
  const chains = [chain, ...(ofPlans?.values() ?? [])]
  const priority = Math.min(...chains.map((it) => it.priority))
  const look = (it: Chain) => (admission === null ? it : lookAgain(it, identifiedAt, priority, admission))
  return {
    chain: look(chain),
    edgeCount: preflightCount(steps),
    identifiedAt,
    plans: ofPlans && new Map(Array.from(ofPlans, ([id, it]) => [id, look(it)])),
    priority,
    identifies: steps.some(protects),
    wantsCertificate: wantCertificate(steps),
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

/** Where nothing but the blocklist stands at the edge, nobody answers a preflight: it is an OPTIONS request like any other. */
function preflightCount(steps: readonly Step[]): number {
  const isConfigured = steps.some(({ stage, facts }) => stage === 'edge' && facts.type !== blocklistType)
  return isConfigured ? countRequests(steps, 'edge') : 0
}

function layOutRetired(steps: readonly Step[], refusal: Step): Pipeline {
  const edge = steps.filter((step) => step.stage === 'edge')
  const edgeCount = countRequests(edge, 'edge')
  const chain = layOut([...edge, refusal])
  return {
    chain,
    priority: chain.priority,
    edgeCount: preflightCount(edge),
    identifiedAt: edgeCount + 1,
    plans: null,
    identifies: true,
    wantsCertificate: false,
  }
}

function checkTimeZone(timeZone: string, place: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new SnapshotRefused(`${place}: "${timeZone}" is not a time zone`)
  }
}
