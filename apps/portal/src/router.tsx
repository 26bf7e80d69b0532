// The route tree: sign-in pages and three faces, each a subtree of its own that loads with its shell.

import type { QueryClient } from '@tanstack/react-query'
import { createRoute, createRouter, redirect } from '@tanstack/react-router'
import { sessionQuery } from './api/session.ts'
import { lazyPage, rootRoute } from './root-route.tsx'
import { parseSearch, stringifySearch } from './search-params.ts'
import { adminEntryRoute, adminTree } from './shells/admin-routes.ts'
import { developerTree } from './shells/developer-routes.ts'
import { ErrorPage, NotFoundPage } from './shells/error-pages.tsx'
import { homeOf } from './shells/home.ts'
import { insightsEntryRoute, insightsTree } from './shells/insights-routes.ts'
import { signInTree } from './shells/sign-in-routes.ts'
import { PageLoading } from './ui/states.tsx'

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: async ({ context }) => {
    const me = await context.queryClient.ensureQueryData(sessionQuery)
    throw redirect({ href: homeOf(me), replace: true })
  },
})

const hasGallery = !import.meta.env.PROD || Boolean(import.meta.env.VITE_STATES)

// Every component in every state; a page for those who build the portal, left out of production builds.
const statesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/__states',
  component: lazyPage(
    () => (hasGallery ? import('./states/gallery.tsx') : Promise.resolve({ Gallery: NotFoundPage })),
    'Gallery',
  ),
})

const routeTree = rootRoute.addChildren([
  homeRoute,
  statesRoute,
  ...signInTree,
  developerTree,
  adminEntryRoute,
  adminTree,
  insightsEntryRoute,
  insightsTree,
])

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    // TanStack Query decides what is fresh; the router always asks it.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingMinMs: 300,
    defaultPendingComponent: () => <PageLoading />,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
