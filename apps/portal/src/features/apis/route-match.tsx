// Which requests a route takes beyond its method and path, and where it sends them.

import type { Route } from '@gatewright/shared/model/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useEdited } from '../../forms/edited.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { isStale } from '../../forms/stale-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { toast } from '../../ui/toast.tsx'
import { ConditionRows, UpstreamChoice } from './condition-rows.tsx'
import { conditionsOf, isComplete, rowsOf } from './conditions.ts'
import { DraftConflict } from './draft-conflict.tsx'
import { forgetApis, type VersionPlace } from './queries.ts'

interface RouteMatchProps {
  route: Route
  place: VersionPlace
  upstreams: readonly string[]
  isEditable: boolean
}

function matchOf({ when, upstream }: Route) {
  return { rows: rowsOf(when), upstream }
}

export function RouteMatch({ route, place, upstreams, isEditable }: RouteMatchProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const edited = useEdited(matchOf(route), route.version)
  const { rows, upstream } = edited.value
  const save = useMutation({
    mutationFn: (ifMatch: number) =>
      client.routes.update(
        { ...place, route: route.id, when: conditionsOf(rows), upstream },
        { context: { ifMatch } },
      ),
    onSuccess: async (saved) => {
      edited.saved(matchOf(saved))
      toast({ title: t('routes.drawer.saved') })
      await forgetApis(queryClient)
    },
  })
  const errors = errorsByPath(save.error)
  return (
    <section aria-label={t('routes.conditions.title')} className="flex flex-col gap-4">
      <div className="flex flex-col gap-2">
        <h3 className="font-medium">{t('routes.conditions.title')}</h3>
        <ConditionRows
          rows={rows}
          onChange={(next) => edited.set({ rows: next })}
          isEditable={isEditable}
          errors={errors}
        />
      </div>
      <UpstreamChoice
        names={upstreams}
        value={upstream}
        onChange={(name) => edited.set({ upstream: name })}
        isEditable={isEditable}
        error={errors.get('/upstream')}
      />
      <ProblemNote problem={isStale(save.error) ? null : save.error} />
      {isEditable && edited.isDirty ? (
        <div className="flex gap-2">
          <Button
            variant="primary"
            isPending={save.isPending}
            isDisabled={!rows.every(isComplete)}
            onPress={() => save.mutate(edited.version)}
          >
            {t('routes.drawer.save')}
          </Button>
          <Button
            onPress={() => {
              edited.discard()
              save.reset()
            }}
          >
            {t('upstreams.discard')}
          </Button>
        </div>
      ) : null}
      <DraftConflict save={save} discard={edited.discard} version={route.version} />
    </section>
  )
}
