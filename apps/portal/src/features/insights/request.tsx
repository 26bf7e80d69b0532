// One request as a page: where a pasted id and every error's "find it in the log" lead.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Hourglass, SearchX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { asProblem } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { Link } from '../../ui/link.tsx'
import { Card, Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { RequestStory } from './request-story.tsx'

const route = getRouteApi('/insights/t/$tenant/$env/requests/$request')

export function RequestPage() {
  const { tenant, env, request } = route.useParams()
  const { t } = useTranslation('insights')
  // An event may still be on its way: a fresh id is asked for again for a while.
  const query = useQuery(
    orpc.analytics.request.queryOptions({
      input: { tenant, environment: env, request },
      staleTime: Number.POSITIVE_INFINITY,
      retry: (failures, error) => asProblem(error).status === 404 && failures < 5,
      retryDelay: 2_000,
    }),
  )
  return (
    <Page width="text">
      <PageHeader
        crumbs={[
          <Link key="log" to="/insights/t/$tenant/$env/requests" params={{ tenant, env }}>
            {t('request.crumb')}
          </Link>,
        ]}
        title={t('request.title', { id: request })}
      />
      {query.isFetching && (query.error || query.failureCount > 0) ? (
        <div role="status">
          <EmptyState icon={Hourglass} title={t('request.waiting')} sentence={t('request.waitingSentence')} />
        </div>
      ) : query.error && asProblem(query.error).status === 404 ? (
        <EmptyState
          icon={SearchX}
          title={t('request.notFound')}
          sentence={t('request.notFoundSentence')}
          action={<Button onPress={() => void query.refetch()}>{t('request.lookAgain')}</Button>}
        />
      ) : (
        <Loaded query={query}>
          {(found) => (
            <Card className="p-5!">
              <RequestStory request={found} tenant={tenant} env={env} />
            </Card>
          )}
        </Loaded>
      )}
    </Page>
  )
}
