// The root of every route tree, and how a lazy page is named without tying its types to the tree.

import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
} from '@tanstack/react-router'
import { NotFoundPage } from './shells/error-pages.tsx'
import { ProofDoor } from './shells/proof-door.tsx'

export interface RouterContext {
  queryClient: QueryClient
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Root,
  notFoundComponent: NotFoundPage,
})

/**
 * A page in its own chunk. The module is taken as unknown on purpose: pages read their own route's types,
 * and a typed import here would make the tree's type depend on itself.
 */
export function lazyPage(load: () => Promise<object>, name: string): RouteComponent {
  return lazyRouteComponent(async () => {
    const module = (await load()) as Record<string, RouteComponent | undefined>
    const page = module[name]
    if (!page) throw new Error(`no page ${name} in its module`)
    return { default: page }
  }, 'default')
}

function Root() {
  return (
    <>
      <Outlet />
      <ProofDoor />
    </>
  )
}
