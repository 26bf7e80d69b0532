// Pages that belong to no tenant: sign-in, sign-up, the account, the platform's tenants, and a word to those who have none.

import { createRoute } from '@tanstack/react-router'
import { i18n } from '../i18n/index.ts'
import { lazyPage, rootRoute } from '../root-route.tsx'
import { flag, oneOf, searchParams, text } from '../search-params.ts'
import { requirePlatformAdmin, requireSession } from './require-session.ts'

const loadTexts = () => i18n.loadNamespaces('sign-in')

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: searchParams({ return: text, tenant: text, problem: text, request: text }),
  beforeLoad: loadTexts,
  component: lazyPage(() => import('../features/identity/sign-in.tsx'), 'SignInPage'),
})

export const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-up',
  validateSearch: searchParams({ return: text, tenant: text, invitation: text }),
  beforeLoad: loadTexts,
  component: lazyPage(() => import('../features/identity/sign-up.tsx'), 'SignUpPage'),
})

export const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reset-password',
  beforeLoad: loadTexts,
  component: lazyPage(() => import('../features/identity/reset-password.tsx'), 'ResetPasswordPage'),
})

export const verifyEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verify-email',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await loadTexts()
  },
  component: lazyPage(() => import('../features/identity/verify-email.tsx'), 'VerifyEmailPage'),
})

export const authoriseRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/authorise/$tenant/$authorisation',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await loadTexts()
  },
  component: lazyPage(() => import('../features/identity/authorise.tsx'), 'AuthorisePage'),
})

export const welcomeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/welcome',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await loadTexts()
  },
  component: lazyPage(() => import('../features/identity/welcome.tsx'), 'WelcomePage'),
})

const tenantsSearch = searchParams({ search: text, create: flag })

export const tenantsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants',
  validateSearch: tenantsSearch,
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces('admin')
  },
  component: lazyPage(() => import('../features/tenants/page.tsx'), 'TenantsPage'),
})

export const identityProvidersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/identity-providers',
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces(['platform', 'admin'])
  },
  component: lazyPage(() => import('../features/identity-providers/page.tsx'), 'IdentityProvidersPage'),
})

export const eventSinksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/event-sinks',
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces(['platform', 'admin'])
  },
  component: lazyPage(() => import('../features/event-sinks/page.tsx'), 'EventSinksPage'),
})

export const platformBlocklistRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/blocklist',
  validateSearch: searchParams({ search: text, state: oneOf(['expired']) }),
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces(['platform', 'admin'])
  },
  component: lazyPage(() => import('../features/blocklist/platform-page.tsx'), 'PlatformBlocklistPage'),
})

const certificatesSearch = searchParams({ environment: text })

export const certificatesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/certificates',
  validateSearch: certificatesSearch,
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces(['platform', 'admin'])
  },
  component: lazyPage(() => import('../features/host-certificates/page.tsx'), 'HostCertificatesPage'),
})

export const signInRulesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in-rules',
  beforeLoad: async ({ context, location }) => {
    await requirePlatformAdmin(context.queryClient, location.href)
    await i18n.loadNamespaces('platform')
  },
  component: lazyPage(() => import('../features/sign-in-rules/page.tsx'), 'SignInRulesPage'),
})

export const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await i18n.loadNamespaces(['account', 'sign-in'])
  },
  component: lazyPage(() => import('../features/account/page.tsx'), 'AccountPage'),
})

export const signInTree = [
  signInRoute,
  signUpRoute,
  resetPasswordRoute,
  verifyEmailRoute,
  authoriseRoute,
  welcomeRoute,
  tenantsRoute,
  identityProvidersRoute,
  eventSinksRoute,
  certificatesRoute,
  platformBlocklistRoute,
  signInRulesRoute,
  accountRoute,
]
