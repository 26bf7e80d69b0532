// What traffic says about the document of a version: where messages differ from it, what is called that it does not describe, and what nobody calls.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { FilePen } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { DaysChoice } from '../../usage/days.tsx'
import { DriftList } from '../../usage/drift.tsx'
import { UndocumentedList } from '../../usage/undocumented.tsx'
import { UnusedList } from '../../usage/unused.tsx'
import { useApiPlace } from './place.ts'
import { versionQuery } from './queries.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/usage')

const ProposalDialog = lazy(async () => ({ default: (await import('./proposal-dialog.tsx')).ProposalDialog }))

export function UsageTab() {
  const { tenant, env, place } = useApiPlace()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const days = search.days ?? '30'
  const { t } = useTranslation('usage')
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place)).data
  const [isProposing, setProposing] = useState(false)
  const shown = { tenant, env, days, api: place.api, apiVersion: place.apiVersion }
  return (
    <div className="flex flex-col gap-8">
      <DriftList
        place={shown}
        actions={
          may('api:write') && version?.document && version.lifecycle !== 'retired' ? (
            <Button size="sm" icon={FilePen} onPress={() => setProposing(true)}>
              {t('proposal.open')}
            </Button>
          ) : null
        }
      />
      <UndocumentedList place={shown} />
      <UnusedList
        place={shown}
        of="operations"
        filters={
          <DaysChoice
            value={days}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, days: next }), replace: true })}
          />
        }
      />
      <Suspense>
        {isProposing && version ? (
          <ProposalDialog version={version} place={place} env={env} onClose={() => setProposing(false)} />
        ) : null}
      </Suspense>
    </div>
  )
}
