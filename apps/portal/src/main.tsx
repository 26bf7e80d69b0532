// Entry of the portal: tokens, texts, query client, router; the shells come lazily from here on.

import './styles/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient, whenSignedOut } from './api/query-client.ts'
import { sessionQuery } from './api/session.ts'
import './i18n/index.ts'
import { createAppRouter } from './router.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

const router = createAppRouter(queryClient)

// The guards of the page at hand run again: one that needs a session leads to sign-in, and back here from there.
whenSignedOut(() => {
  queryClient.setQueryData(sessionQuery.queryKey, null)
  void router.invalidate()
})

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Suspense>
        <RouterProvider router={router} />
      </Suspense>
    </QueryClientProvider>
  </StrictMode>,
)
