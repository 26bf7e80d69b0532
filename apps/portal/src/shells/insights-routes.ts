// Routes of the insights face: /insights/t/{tenant}/{environment}/…; the URL holds range and filters, so a link reproduces the numbers.

import { createRoute } from '@tanstack/react-router'
import { i18n } from '../i18n/index.ts'
import { lazyPage, rootRoute } from '../root-route.tsx'
import { integer, oneOf, searchParams, text } from '../search-params.ts'
import { rememberPlace, sendToStage } from './home.ts'
import { requireFace } from './require-session.ts'

/** Without an environment: goes on to the one looked at last. */
export const insightsEntryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/insights/t/$tenant',
  beforeLoad: async ({ context, location, params }) => {
    await requireFace(context.queryClient, location.href, params.tenant, 'insights')
    await sendToStage(context.queryClient, 'insights', params.tenant)
  },
})

// What every question takes; each page inherits it.
const sliceSearch = searchParams({
  from: text,
  to: text,
  api: text,
  apiVersion: text,
  application: text,
  plan: text,
  route: text,
  method: text,
  statusClass: oneOf(['2xx', '3xx', '4xx', '5xx']),
})

export const insightsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/insights/t/$tenant/$env',
  validateSearch: sliceSearch,
  beforeLoad: async ({ context, location, params }) => {
    await requireFace(context.queryClient, location.href, params.tenant, 'insights')
    await sendToStage(context.queryClient, 'insights', params.tenant, params.env)
    rememberPlace(params.tenant, params.env)
    await i18n.loadNamespaces(['insights', 'security'])
  },
  component: lazyPage(() => import('./insights.tsx'), 'InsightsShell'),
})

const overview = createRoute({
  getParentRoute: () => insightsRoute,
  path: '/',
  component: lazyPage(() => import('../features/insights/overview.tsx'), 'OverviewPage'),
})

const traffic = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'traffic',
  component: lazyPage(() => import('../features/insights/traffic.tsx'), 'TrafficPage'),
})

const latency = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'latency',
  component: lazyPage(() => import('../features/insights/latency.tsx'), 'LatencyPage'),
})

const errors = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'errors',
  component: lazyPage(() => import('../features/insights/errors.tsx'), 'ErrorsPage'),
})

const apis = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'apis',
  component: lazyPage(() => import('../features/insights/apis.tsx'), 'ApiTrafficPage'),
})

const documents = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'documents',
  validateSearch: searchParams({
    of: oneOf(['apis', 'versions', 'operations', 'keys']),
    days: oneOf(['7', '30', '90']),
  }),
  component: lazyPage(() => import('../features/insights/documents.tsx'), 'DocumentsPage'),
})

const consumers = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'consumers',
  component: lazyPage(() => import('../features/insights/consumers.tsx'), 'ConsumersPage'),
})

const requests = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'requests',
  validateSearch: searchParams({ search: text, status: integer, reason: text, open: text }),
  component: lazyPage(() => import('../features/insights/requests.tsx'), 'RequestLogPage'),
})

const request = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'requests/$request',
  component: lazyPage(() => import('../features/insights/request.tsx'), 'RequestPage'),
})

const findings = createRoute({
  getParentRoute: () => insightsRoute,
  path: 'findings',
  validateSearch: searchParams({
    state: oneOf(['open', 'acknowledged', 'dismissed']),
    pattern: oneOf([
      'credential_stuffing',
      'distributed_guessing',
      'enumeration',
      'error_anomaly',
      'volume_anomaly',
    ]),
    open: text,
  }),
  component: lazyPage(() => import('../features/findings/page.tsx'), 'FindingsPage'),
})

export const insightsTree = insightsRoute.addChildren([
  overview,
  traffic,
  latency,
  errors,
  apis,
  consumers,
  documents,
  requests,
  request,
  findings,
])
