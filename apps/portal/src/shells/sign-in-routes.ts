// Sign-in, sign-up, the account, and the page of those who belong to no tenant yet.

import { createRoute } from '@tanstack/react-router'
import { i18n } from '../i18n/index.ts'
import { lazyPage, rootRoute } from '../root-route.tsx'
import { searchParams, text } from '../search-params.ts'
import { requireSession } from './require-session.ts'

const loadTexts = () => i18n.loadNamespaces('sign-in')

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: searchParams({ return: text, tenant: text }),
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

export const welcomeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/welcome',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await loadTexts()
  },
  component: lazyPage(() => import('../features/identity/welcome.tsx'), 'WelcomePage'),
})

export const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account',
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.queryClient, location.href)
    await i18n.loadNamespaces('account')
  },
  component: lazyPage(() => import('../features/account/page.tsx'), 'AccountPage'),
})

export const signInTree = [signInRoute, signUpRoute, welcomeRoute, accountRoute]
