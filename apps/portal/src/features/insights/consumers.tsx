// Journey J12: who calls, how much, and who runs into errors.

import { useTranslation } from 'react-i18next'
import { Page, PageHeader } from '../../ui/page.tsx'
import { useTopApplications } from './queries.ts'
import { RankedTable } from './ranked-table.tsx'
import { useScope } from './scope.ts'
import { Toolbar } from './toolbar.tsx'

export function ConsumersPage() {
  const { t } = useTranslation('insights')
  const scope = useScope()
  return (
    <Page>
      <PageHeader title={t('consumers.title')} sentence={t('consumers.sentence')} />
      <Toolbar />
      <RankedTable
        title={t('consumers.list')}
        head={t('consumers.application')}
        question="top-applications"
        scope={scope}
        query={useTopApplications(scope)}
        filter="application"
      />
    </Page>
  )
}
