// Which APIs and operations carry the traffic, and which give trouble.

import { useTranslation } from 'react-i18next'
import { Page, PageHeader } from '../../ui/page.tsx'
import { useTopApis, useTopRoutes } from './queries.ts'
import { RankedTable } from './ranked-table.tsx'
import { useScope } from './scope.ts'
import { Toolbar } from './toolbar.tsx'

export function ApiTrafficPage() {
  const { t } = useTranslation('insights')
  const scope = useScope()
  return (
    <Page>
      <PageHeader title={t('apis.title')} sentence={t('apis.sentence')} />
      <Toolbar />
      <RankedTable
        title={t('apis.list')}
        head={t('apis.api')}
        question="top-apis"
        scope={scope}
        query={useTopApis(scope)}
        filter="api"
      />
      <RankedTable
        title={t('apis.routes')}
        head={t('apis.route')}
        question="top-routes"
        scope={scope}
        query={useTopRoutes(scope)}
        filter="route"
        mono
      />
    </Page>
  )
}
