// swagger-ui in our clothes: same-origin try-it through an interceptor, dark mode, and the fixes its accessibility needs.

import './swagger-docs.css'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import SwaggerUI from 'swagger-ui-react'
import { client } from '../../api/client.ts'
import { asProblem } from '../../api/problem.ts'
import { toast } from '../../ui/toast.tsx'
import { anchorOf, type DocsPlace, elementIdOf, placeAt } from './docs-place.ts'
import { type Environment } from './plans.ts'
import { labelControls, plugins } from './swagger-plugins.tsx'

export interface SwaggerDocsProps {
  tenant: string
  spec: Record<string, unknown>
  environment: Environment
  /** Whose access try-it uses; undefined = reading only. */
  application: string | undefined
  /** An operation to show: chosen in the sidebar. */
  go: DocsPlace | undefined
}

interface TrySession {
  session: string
  path: string
  expiresAt: string
}

/** swagger-client's request, of which only the address and the headers matter here. */
type SwaggerRequest = { [name: string]: unknown }

interface SwaggerSystem {
  layoutActions: { show(place: readonly string[], isShown: boolean): void }
}

export default function SwaggerDocs({
  tenant,
  spec,
  environment,
  application,
  go,
}: SwaggerDocsProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const system = useRef<SwaggerSystem>(undefined)
  // Props of swagger-ui are read once at mount, so what changes is reached through this ref.
  const current = useRef({
    tenant,
    environment,
    application,
    opened: undefined as { key: string; session: TrySession } | undefined,
  })
  current.current = { ...current.current, tenant, environment, application }

  useEffect(() => {
    if (!frame.current) return
    const root = frame.current
    labelControls(root)
    const observer = new MutationObserver(() => labelControls(root))
    observer.observe(root, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [])

  // Read before swagger-ui rewrites it.
  const [linked] = useState(() => placeAt(location.hash))
  useEffect(() => {
    if (go && system.current) show(system.current, go)
  }, [go])

  const intercept = async (request: SwaggerRequest): Promise<SwaggerRequest> => {
    if (request.loadSpec) return request
    const { opened, ...wish } = current.current
    if (!wish.application) return request
    const key = `${wish.tenant}/${wish.environment.name}/${wish.application}`
    let session =
      opened?.key === key && Date.parse(opened.session.expiresAt) > Date.now() + 5_000
        ? opened.session
        : undefined
    if (!session) {
      try {
        session = await client.tryIt.open({
          tenant: wish.tenant,
          application: wish.application,
          environment: wish.environment.name,
        })
      } catch (failure) {
        const problem = asProblem(failure)
        toast({ title: problem.title, detail: problem.detail, tone: 'danger' })
        throw failure
      }
      current.current.opened = { key, session }
    }
    const url = new URL(String(request.url), location.origin)
    return {
      ...request,
      url: `${location.origin}${session.path}${url.pathname}${url.search}`,
      headers: { ...(request.headers as Record<string, string>), 'x-try-session': session.session },
    }
  }

  return (
    <div ref={frame} className="gw-docs" data-testid="docs">
      <SwaggerUI
        spec={spec}
        requestInterceptor={intercept}
        showMutatedRequest={false}
        plugins={plugins}
        layout="BaseLayout"
        docExpansion="list"
        deepLinking
        persistAuthorization={false}
        withCredentials={false}
        displayRequestDuration
        tryItOutEnabled={application !== undefined}
        supportedSubmitMethods={
          application ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] : []
        }
        defaultModelsExpandDepth={-1}
        onComplete={(ready) => {
          system.current = ready as SwaggerSystem
          if (linked) show(system.current, linked)
        }}
      />
    </div>
  )
}

/** Opens an operation, scrolls to it and writes its address. */
function show({ layoutActions }: SwaggerSystem, place: DocsPlace): void {
  layoutActions.show(['operations-tag', place.tag], true)
  layoutActions.show(['operations', place.tag, place.operationId], true)
  requestAnimationFrame(() =>
    document.getElementById(elementIdOf(place))?.scrollIntoView({ behavior: 'smooth', block: 'start' }),
  )
  history.replaceState(history.state, '', `#${anchorOf(place)}`)
}
