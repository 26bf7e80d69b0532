// Routes of the admin face: /admin/t/{tenant}/{environment}/…; each page is a chunk of its feature.

import { createRoute } from '@tanstack/react-router'
import { i18n } from '../i18n/index.ts'
import { exceptionParams } from '../pipeline/proposed-exception.ts'
import { lazyPage, rootRoute } from '../root-route.tsx'
import { flag, instant, integer, oneOf, searchParams, text } from '../search-params.ts'
import { rememberPlace, sendToStage } from './home.ts'
import { requireFace } from './require-session.ts'

/** Without an environment: goes on to the one looked at last. */
export const adminEntryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/t/$tenant',
  beforeLoad: async ({ context, location, params }) => {
    await requireFace(context.queryClient, location.href, params.tenant, 'admin')
    await sendToStage(context.queryClient, 'admin', params.tenant)
  },
})

export const adminRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/t/$tenant/$env',
  beforeLoad: async ({ context, location, params }) => {
    await requireFace(context.queryClient, location.href, params.tenant, 'admin')
    await sendToStage(context.queryClient, 'admin', params.tenant, params.env)
    rememberPlace(params.tenant, params.env)
    await i18n.loadNamespaces(['admin', 'credentials', 'security'])
  },
  component: lazyPage(() => import('./admin.tsx'), 'AdminShell'),
})

const home = createRoute({
  getParentRoute: () => adminRoute,
  path: '/',
  component: lazyPage(() => import('../features/admin-home/page.tsx'), 'AdminHomePage'),
})

const apis = createRoute({
  getParentRoute: () => adminRoute,
  path: 'apis',
  validateSearch: searchParams({
    search: text,
    state: oneOf(['draft', 'published', 'deprecated', 'retired']),
    owner: oneOf(['me']),
    sort: oneOf(['name', '-updatedAt']),
  }),
  component: lazyPage(() => import('../features/apis/list.tsx'), 'ApisPage'),
})

const importApi = createRoute({
  getParentRoute: () => adminRoute,
  path: 'import',
  validateSearch: searchParams({ url: text }),
  component: lazyPage(() => import('../features/apis/import-page.tsx'), 'ImportPage'),
})

const live = createRoute({
  getParentRoute: () => adminRoute,
  path: 'apis/$api/live',
  validateSearch: searchParams({ version: text }),
  component: lazyPage(() => import('../features/apis/live-page.tsx'), 'LivePage'),
})

const api = createRoute({
  getParentRoute: () => adminRoute,
  path: 'apis/$api',
  validateSearch: searchParams({ version: text, publish: flag }),
  component: lazyPage(() => import('../features/apis/detail.tsx'), 'ApiPage'),
})

const apiTabs = [
  createRoute({
    getParentRoute: () => api,
    path: '/',
    component: lazyPage(() => import('../features/apis/overview-tab.tsx'), 'OverviewTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'routes',
    validateSearch: searchParams({ search: text, route: text, test: text, ...exceptionParams }),
    component: lazyPage(() => import('../features/apis/routes-tab.tsx'), 'RoutesTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'upstreams',
    component: lazyPage(() => import('../features/apis/upstreams/list.tsx'), 'UpstreamsTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'upstreams/$upstream',
    component: lazyPage(() => import('../features/apis/upstreams/editor.tsx'), 'UpstreamPage'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'traffic',
    component: lazyPage(() => import('../features/apis/traffic/page.tsx'), 'TrafficTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'policies',
    validateSearch: searchParams(exceptionParams),
    component: lazyPage(() => import('../features/apis/policies-tab.tsx'), 'PoliciesTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'document',
    validateSearch: searchParams({ line: integer }),
    component: lazyPage(() => import('../features/apis/document-tab.tsx'), 'DocumentTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'usage',
    validateSearch: searchParams({ days: oneOf(['7', '30', '90']) }),
    component: lazyPage(() => import('../features/apis/usage-tab.tsx'), 'UsageTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'settings',
    component: lazyPage(() => import('../features/apis/settings-tab.tsx'), 'SettingsTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'sharing',
    component: lazyPage(() => import('../features/apis/sharing-tab.tsx'), 'SharingTab'),
  }),
  createRoute({
    getParentRoute: () => api,
    path: 'revisions',
    component: lazyPage(() => import('../features/apis/revisions-tab.tsx'), 'RevisionsTab'),
  }),
] as const

const policies = createRoute({
  getParentRoute: () => adminRoute,
  path: 'policies',
  validateSearch: searchParams({ scope: oneOf(['tenant', 'global']), ...exceptionParams }),
  component: lazyPage(() => import('../features/policies/page.tsx'), 'PoliciesPage'),
})

const products = createRoute({
  getParentRoute: () => adminRoute,
  path: 'products',
  validateSearch: searchParams({ search: text, create: flag }),
  component: lazyPage(() => import('../features/products/list.tsx'), 'ProductsPage'),
})

const product = createRoute({
  getParentRoute: () => adminRoute,
  path: 'products/$product',
  validateSearch: searchParams({ plan: text, tab: oneOf(['terms', 'policies']) }),
  component: lazyPage(() => import('../features/products/detail.tsx'), 'ProductPage'),
})

const approvals = createRoute({
  getParentRoute: () => adminRoute,
  path: 'approvals',
  validateSearch: searchParams({ search: text, api: text, request: text }),
  component: lazyPage(() => import('../features/approvals/page.tsx'), 'ApprovalsPage'),
})

const subscriptions = createRoute({
  getParentRoute: () => adminRoute,
  path: 'subscriptions',
  validateSearch: searchParams({
    search: text,
    state: oneOf(['pending', 'active', 'rejected', 'suspended', 'cancelled']),
    api: text,
    plan: text,
    team: text,
    open: text,
  }),
  component: lazyPage(() => import('../features/subscriptions/page.tsx'), 'SubscriptionsPage'),
})

const applications = createRoute({
  getParentRoute: () => adminRoute,
  path: 'applications',
  validateSearch: searchParams({ search: text }),
  component: lazyPage(() => import('../features/application-directory/list.tsx'), 'ApplicationDirectoryPage'),
})

const application = createRoute({
  getParentRoute: () => adminRoute,
  path: 'applications/$application',
  component: lazyPage(() => import('../features/application-directory/detail.tsx'), 'ApplicationRecordPage'),
})

const gateways = createRoute({
  getParentRoute: () => adminRoute,
  path: 'gateways',
  validateSearch: searchParams({ gateway: text }),
  component: lazyPage(() => import('../features/gateways/page.tsx'), 'GatewaysPage'),
})

const revisions = createRoute({
  getParentRoute: () => adminRoute,
  path: 'revisions',
  validateSearch: searchParams({ revision: integer, rollback: flag }),
  component: lazyPage(() => import('../features/revisions/page.tsx'), 'RevisionsPage'),
})

const explain = createRoute({
  getParentRoute: () => adminRoute,
  path: 'explain',
  validateSearch: searchParams({ method: text, url: text }),
  component: lazyPage(() => import('../features/explain/page.tsx'), 'ExplainPage'),
})

const members = createRoute({
  getParentRoute: () => adminRoute,
  path: 'members',
  validateSearch: searchParams({
    search: text,
    tab: oneOf(['members', 'invitations', 'roles']),
    invite: flag,
    // The role that is edited, or that a new one is made, perhaps from another.
    role: text,
    make: flag,
    from: text,
  }),
  component: lazyPage(() => import('../features/members/page.tsx'), 'MembersPage'),
})

const blocklist = createRoute({
  getParentRoute: () => adminRoute,
  path: 'blocklist',
  validateSearch: searchParams({
    search: text,
    kind: oneOf(['address', 'credential', 'application']),
    state: oneOf(['expired']),
  }),
  component: lazyPage(() => import('../features/blocklist/page.tsx'), 'BlocklistPage'),
})

const audit = createRoute({
  getParentRoute: () => adminRoute,
  path: 'audit',
  validateSearch: searchParams({
    search: text,
    actor: text,
    action: text,
    resource: text,
    from: instant,
    to: instant,
    event: text,
  }),
  component: lazyPage(() => import('../features/audit/page.tsx'), 'AuditPage'),
})

const settings = createRoute({
  getParentRoute: () => adminRoute,
  path: 'settings',
  component: lazyPage(() => import('../features/settings/page.tsx'), 'SettingsPage'),
})

const authorisationServer = createRoute({
  getParentRoute: () => adminRoute,
  path: 'settings/authorisation-server',
  component: lazyPage(() => import('../features/authorisation-server/page.tsx'), 'AuthorisationServerPage'),
})

export const adminTree = adminRoute.addChildren([
  home,
  apis,
  importApi,
  live,
  api.addChildren(apiTabs),
  policies,
  products,
  product,
  approvals,
  subscriptions,
  applications,
  application,
  gateways,
  revisions,
  explain,
  blocklist,
  members,
  audit,
  settings,
  authorisationServer,
])
