// What traffic says about the document of a version: where messages differ from it, what is called that it does not describe, and what nobody calls.

import { getRouteApi } from '@tanstack/react-router'
import { DaysChoice } from '../../usage/days.tsx'
import { DriftList } from '../../usage/drift.tsx'
import { UndocumentedList } from '../../usage/undocumented.tsx'
import { UnusedList } from '../../usage/unused.tsx'
import { useApiPlace } from './place.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/usage')

export function UsageTab() {
  const { tenant, env, place } = useApiPlace()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const days = search.days ?? '30'
  const shown = { tenant, env, days, api: place.api, apiVersion: place.apiVersion }
  return (
    <div className="flex flex-col gap-8">
      <DriftList place={shown} />
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
    </div>
  )
}
