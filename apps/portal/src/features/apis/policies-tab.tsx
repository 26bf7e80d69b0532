// The policies of a version: its own steps between those of the platform and the tenant.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMay } from '../../api/session.ts'
import { ChainEditor } from '../../pipeline/chain-editor.tsx'
import { readException } from '../../pipeline/proposed-exception.ts'
import { Loaded } from '../../ui/states.tsx'
import { useApiPlace } from './place.ts'
import { versionQuery } from './queries.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/policies')

export function PoliciesTab() {
  const search = route.useSearch()
  const { tenant, place } = useApiPlace()
  const may = useMay(tenant)
  const navigate = useNavigate({ from: '/admin/t/$tenant/$env/apis/$api/policies' })
  const version = useQuery(versionQuery(place))
  return (
    <Loaded query={version}>
      {(loaded) => (
        <ChainEditor
          tenant={tenant}
          scope="version"
          scopeId={loaded.id}
          isEditable={may('api:write') && loaded.lifecycle !== 'retired'}
          expectsIdentity={!loaded.public}
          proposed={readException(search)}
          onReview={
            may('api:publish')
              ? () => void navigate({ search: (old) => ({ ...old, publish: true as const }) })
              : undefined
          }
        />
      )}
    </Loaded>
  )
}
