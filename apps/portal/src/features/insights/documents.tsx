// What can go, and what documents lack, of all APIs: what nobody uses, and what is called that no document describes.

import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Segmented } from '../../ui/choice.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { DaysChoice } from '../../usage/days.tsx'
import { DriftList } from '../../usage/drift.tsx'
import { UndocumentedList } from '../../usage/undocumented.tsx'
import { UnusedList, type UnusedOf } from '../../usage/unused.tsx'

const route = getRouteApi('/insights/t/$tenant/$env/documents')
const things = ['apis', 'versions', 'operations', 'keys'] as const

export function DocumentsPage() {
  const { t } = useTranslation('insights')
  const { t: tUsage } = useTranslation('usage')
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const of: UnusedOf = search.of ?? 'operations'
  const days = search.days ?? '30'
  const place = { tenant, env, days }
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  return (
    <Page>
      <PageHeader
        title={t('documents.title')}
        sentence={t('documents.sentence')}
        actions={<DaysChoice value={days} onChange={(next) => set({ days: next })} />}
      />
      <UnusedList
        key={of}
        place={place}
        of={of}
        filters={
          <Segmented
            label={tUsage('unused.what')}
            options={things.map((value) => ({ value, label: tUsage(`unused.of.${value}`) }))}
            value={of}
            onChange={(next) => set({ of: next })}
          />
        }
      />
      <UndocumentedList place={place} />
      <DriftList place={place} />
    </Page>
  )
}
