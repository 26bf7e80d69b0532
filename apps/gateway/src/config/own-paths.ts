// Paths of a version that its policies answer themselves (a login's callback): routes that nobody declared, and nobody else may have.
import type { OwnPaths, RouteFacts } from '@gatewright/shared/policies/policy'
import type { CompiledRoute } from './generation.ts'
import { SnapshotRefused } from './parts.ts'
import type { RouterBuilder } from './router.ts'
import { RouteConflict } from './router-slot.ts'
import { countRequests, layOut, orderSteps, type Step } from './steps.ts'

interface OwnPathsOf {
  /** For people: "tenant acme, API books v1". */
  readonly place: string
  readonly basePath: string
  /** As versions name their base path: `/` when it is empty. */
  readonly declaredBasePath: string
  readonly hosts: readonly string[]
  /** Of a route of the version: what these have in common with it. */
  readonly facts: Omit<
    RouteFacts,
    'id' | 'method' | 'template' | 'operationId' | 'public' | 'mocks' | 'operation'
  >
  /** Steps around all routes: those of the edge stand before these paths, too. */
  readonly outer: readonly Step[]
  readonly preflightCount: (steps: readonly Step[]) => number
}

export interface OwnPathTable {
  /** Adds what these steps answer themselves. Throws `SnapshotRefused` where two of them, or a route, want the same path. */
  offer(steps: readonly Step[], builder: RouterBuilder): void
  /** A route is there. Throws `SnapshotRefused` when its path is taken. */
  note(path: string, place: string): void
}

export function createOwnPathTable(version: OwnPathsOf): OwnPathTable {
  /** Path → who answers it, and the name of the first attachment that does. */
  const taken = new Map<string, { readonly owner: string; readonly policy: string }>()
  const routes = new Set<string>()
  const edge = version.outer.filter(({ stage }) => stage === 'edge')

  function offerOne(step: Step, own: OwnPaths, builder: RouterBuilder): void {
    const { policy } = step.facts
    for (const { path, methods } of own.paths) {
      const first = taken.get(path)
      if (first?.owner === own.owner) continue
      if (first !== undefined)
        throw new SnapshotRefused(
          `${version.place}: ${path} is the own path of both ${first.policy} and ${policy}: give one of them another one`,
        )
      if (routes.has(path)) throw shadowed(version.place, path, policy)
      taken.set(path, { owner: own.owner, policy })
      for (const method of methods) addRoute(step, own, path, method, builder)
    }
  }

  function addRoute(step: Step, own: OwnPaths, path: string, method: string, builder: RouterBuilder): void {
    const answering = { ...step, phases: { request: (ctx) => own.answer(ctx, path) } } satisfies Step
    const steps = orderSteps([...edge, answering])
    const chain = layOut(steps)
    const route: CompiledRoute = Object.freeze({
      kind: 'route',
      facts: Object.freeze({
        ...version.facts,
        id: '',
        method,
        template: version.basePath + path,
        operationId: null,
        public: true,
        mocks: [],
        operation: null,
      }),
      chain,
      edgeCount: version.preflightCount(edge),
      identifiedAt: countRequests(steps, 'edge', 'identify'),
      plans: null,
      priority: chain.priority,
      basePathLength: version.basePath.length,
      lifecycleFields: [],
      vary: null,
      hasSecretInPath: false,
      strippedParameter: null,
      upstream: null,
      traffic: null,
    })
    try {
      builder.add({ hosts: version.hosts, basePath: version.declaredBasePath, route, when: null })
    } catch (error) {
      if (error instanceof RouteConflict)
        throw new SnapshotRefused(`${version.place}, policy ${step.facts.policy}: ${error.message}`, {
          cause: error,
        })
      throw error
    }
  }

  return {
    offer(steps, builder) {
      for (const step of steps) if (step.phases.own) offerOne(step, step.phases.own, builder)
    },
    note(path, place) {
      const first = taken.get(path)
      if (first !== undefined) throw shadowed(place, path, first.policy)
      routes.add(path)
    },
  }
}

const shadowed = (place: string, path: string, policy: string) =>
  new SnapshotRefused(`${place}: the policy ${policy} answers at ${path} itself: no route may have this path`)
