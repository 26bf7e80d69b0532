// Routes of the developer portal: /p/{tenant}/…; the catalogue is public, the rest asks for a session.

import { createRoute } from '@tanstack/react-router'
import { sessionQuery } from '../api/session.ts'
import { i18n } from '../i18n/index.ts'
import { lazyPage, type RouterContext, rootRoute } from '../root-route.tsx'
import { flag, oneOf, searchParams, text } from '../search-params.ts'
import { requireSession } from './require-session.ts'

export const developerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/p/$tenant',
  beforeLoad: async ({ context }) => {
    await Promise.all([
      context.queryClient.ensureQueryData(sessionQuery),
      i18n.loadNamespaces(['developer', 'credentials']),
    ])
  },
  component: lazyPage(() => import('./developer.tsx'), 'DeveloperShell'),
})

const signedIn = async ({ context, location }: { context: RouterContext; location: { href: string } }) => {
  await requireSession(context.queryClient, location.href)
}

const catalogue = createRoute({
  getParentRoute: () => developerRoute,
  path: '/',
  validateSearch: searchParams({ q: text, tag: text }),
  component: lazyPage(() => import('../features/catalogue/list.tsx'), 'CataloguePage'),
})

const api = createRoute({
  getParentRoute: () => developerRoute,
  path: 'apis/$api',
  validateSearch: searchParams({ version: text, access: flag, plan: text }),
  component: lazyPage(() => import('../features/catalogue/detail.tsx'), 'ApiPage'),
})

const docs = createRoute({
  getParentRoute: () => developerRoute,
  path: 'apis/$api/docs',
  validateSearch: searchParams({ version: text, environment: text, application: text }),
  component: lazyPage(() => import('../features/catalogue/docs.tsx'), 'DocsPage'),
})

const applications = createRoute({
  getParentRoute: () => developerRoute,
  path: 'applications',
  validateSearch: searchParams({ search: text }),
  beforeLoad: signedIn,
  component: lazyPage(() => import('../features/applications/list.tsx'), 'ApplicationsPage'),
})

const application = createRoute({
  getParentRoute: () => developerRoute,
  path: 'applications/$application',
  validateSearch: searchParams({ tab: oneOf(['keys', 'subscriptions', 'settings']) }),
  beforeLoad: signedIn,
  component: lazyPage(() => import('../features/applications/detail.tsx'), 'ApplicationPage'),
})

const usage = createRoute({
  getParentRoute: () => developerRoute,
  path: 'usage',
  validateSearch: searchParams({
    environment: text,
    application: text,
    from: oneOf(['now-1h', 'now-24h', 'now-7d', 'now-30d']),
    search: text,
    status: oneOf(['2xx', '3xx', '4xx', '5xx']),
  }),
  beforeLoad: signedIn,
  component: lazyPage(() => import('../features/own-usage/page.tsx'), 'UsagePage'),
})

const request = createRoute({
  getParentRoute: () => developerRoute,
  path: 'requests/$request',
  validateSearch: searchParams({ environment: text }),
  beforeLoad: signedIn,
  component: lazyPage(() => import('../features/own-requests/detail.tsx'), 'RequestPage'),
})

export const developerTree = developerRoute.addChildren([
  catalogue,
  api,
  docs,
  applications,
  application,
  usage,
  request,
])
