// One upstream: its targets on top, everything with a good default folded below, how it is seen right now beside each target.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChevronLeft, PlugZap, SearchX, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../../api/client.ts'
import { useMay } from '../../../api/session.ts'
import { DirtyGuard } from '../../../forms/dirty-guard.tsx'
import { useEdited } from '../../../forms/edited.ts'
import { FormSections } from '../../../forms/form-sections.tsx'
import { SaveBar } from '../../../forms/save-bar.tsx'
import { SchemaForm } from '../../../forms/schema-form.tsx'
import type { Json } from '../../../forms/schema-model.ts'
import { isStale } from '../../../forms/stale-dialog.tsx'
import { AlertDialog } from '../../../ui/alert-dialog.tsx'
import { Button } from '../../../ui/button.tsx'
import { Link, LinkButton } from '../../../ui/link.tsx'
import { ProblemNote } from '../../../ui/problem-note.tsx'
import { EmptyState, Loaded } from '../../../ui/states.tsx'
import { toast } from '../../../ui/toast.tsx'
import { DraftConflict } from '../draft-conflict.tsx'
import { useApiPlace } from '../place.ts'
import { forgetApis, liveUpstreamsQuery, type VersionPlace, versionQuery } from '../queries.ts'
import { BreakerChip, DiscoveryNote, LiveStrip } from './health-now.tsx'
import { upstreamsNow } from './live.ts'
import { schema, settingsOf, type Upstream, whole } from './settings.ts'
import { type Part, useSummary } from './summary.ts'
import { type Target, TargetList } from './target-list.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/upstreams/$upstream')

const parts: ReadonlyArray<{ name: Exclude<Part, 'targets'>; members: readonly string[] }> = [
  { name: 'balancing', members: ['balancing', 'slowStartMs'] },
  { name: 'health', members: ['activeHealth', 'passiveHealth'] },
  { name: 'breaker', members: ['circuitBreaker'] },
  { name: 'retries', members: ['retries', 'hedging'] },
  {
    name: 'timeouts',
    members: ['connectTimeoutMs', 'firstByteTimeoutMs', 'idleTimeoutMs', 'totalTimeoutMs'],
  },
  { name: 'discovery', members: ['discovery'] },
  { name: 'connections', members: ['connections', 'hostHeader'] },
  { name: 'tls', members: ['tls'] },
]

export function UpstreamPage() {
  const { upstream: name } = route.useParams()
  const { tenant, env, api, place, search } = useApiPlace()
  const { t } = useTranslation('admin')
  const version = useQuery(versionQuery(place))
  return (
    <Loaded query={version}>
      {(loaded) => {
        const upstream = loaded.upstreams.find((candidate) => candidate.name === name)
        return upstream ? (
          <UpstreamEditor key={`${loaded.id}/${name}`} version={loaded} upstream={upstream} place={place} />
        ) : (
          <EmptyState
            icon={SearchX}
            title={t('upstreams.gone', { name })}
            sentence={t('upstreams.goneSentence', { version: loaded.name })}
            action={
              <LinkButton
                to="/admin/t/$tenant/$env/apis/$api/upstreams"
                params={{ tenant, env, api }}
                search={search}
              >
                {t('upstreams.all')}
              </LinkButton>
            }
          />
        )
      }}
    </Loaded>
  )
}

interface EditorProps {
  version: ApiVersion
  upstream: Upstream
  place: VersionPlace
}

function UpstreamEditor({ version, upstream, place }: EditorProps) {
  const { tenant, env, api, search } = useApiPlace()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const may = useMay(place.tenant)
  const queryClient = useQueryClient()
  const { sum } = useSummary()
  const isEditable = may('api:write') && version.lifecycle !== 'retired'
  const edited = useEdited({ settings: settingsOf(upstream) as unknown as Json }, version.version)
  const { isDirty } = edited
  const settings = whole(edited.value.settings)
  const [isInvalid, setInvalid] = useState(false)
  const [isRemoving, setRemoving] = useState(false)
  const { name } = upstream

  const save = useMutation({
    mutationFn: (ifMatch: number) =>
      client.upstreams.set({ ...place, upstream: name, ...settings }, { context: { ifMatch } }),
    onSuccess: async (saved) => {
      const kept = saved.upstreams.find((candidate) => candidate.name === name)
      if (kept) edited.saved({ settings: settingsOf(kept) as unknown as Json })
      toast({ title: t('upstreams.saved', { name }), detail: t('pipeline.savedDraftDetail') })
      await forgetApis(queryClient)
    },
  })
  const check = useMutation({ mutationFn: () => client.upstreams.check({ ...place, upstream: name }) })
  const leave = () =>
    navigate({ to: '/admin/t/$tenant/$env/apis/$api/upstreams', params: { tenant, env, api }, search })
  const remove = useMutation({
    mutationFn: () =>
      client.upstreams.remove({ ...place, upstream: name }, { context: { ifMatch: version.version } }),
    onSuccess: async () => {
      toast({ title: t('upstreams.removed', { name }), detail: t('pipeline.savedDraftDetail') })
      await leave()
      await forgetApis(queryClient)
    },
  })

  const isDeployed = version.deployments.some(({ environment }) => environment === env)
  const live = useQuery({ ...liveUpstreamsQuery(place, env), enabled: isDeployed })
  const now = live.data ? upstreamsNow(live.data).get(name) : undefined
  const summaryOf = sum(settings)
  const setTargets = (targets: readonly Target[]) =>
    edited.set({
      settings: {
        ...(settings as unknown as Record<string, Json>),
        targets: [...targets] as unknown as Json,
      },
    })

  return (
    <section aria-labelledby="upstream-name" className="flex min-w-0 flex-col gap-3">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="flex min-w-0 flex-col gap-0.5">
          <Link
            to="/admin/t/$tenant/$env/apis/$api/upstreams"
            params={{ tenant, env, api }}
            search={search}
            className="inline-flex w-fit items-center gap-1 text-sm font-normal text-muted hover:text-ink"
          >
            <ChevronLeft size={14} aria-hidden />
            {t('upstreams.all')}
          </Link>
          <h2 id="upstream-name" className="font-mono text-md font-semibold break-all">
            {name}
          </h2>
        </div>
        <div className="flex items-center gap-2">
          {isEditable ? (
            <Button variant="danger-quiet" icon={Trash2} onPress={() => setRemoving(true)}>
              {t('upstreams.remove')}
            </Button>
          ) : null}
          {may('api:write') ? (
            <Button
              icon={PlugZap}
              isPending={check.isPending}
              isDisabled={isDirty}
              onPress={() => check.mutate()}
            >
              {t('upstreams.test')}
            </Button>
          ) : null}
        </div>
      </header>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <LiveStrip env={env} isDeployed={isDeployed} query={live} />
        {now?.breaker ? <BreakerChip breaker={now.breaker} /> : null}
        {now?.discovery ? <DiscoveryNote discovery={now.discovery} /> : null}
      </div>
      <ProblemNote problem={check.error} />
      <SchemaForm
        schema={schema}
        value={edited.value.settings}
        onChange={(next) => edited.set({ settings: next })}
        problem={isStale(save.error) ? null : save.error}
        isReadOnly={!isEditable}
        onInvalid={setInvalid}
        layout={(fields) => (
          <div className="flex flex-col gap-4">
            <TargetList
              targets={settings.targets}
              onChange={setTargets}
              isOptional={settings.discovery !== null}
              isEditable={isEditable}
              errors={fields.errors}
              now={now}
              checked={isDirty ? undefined : check.data?.targets}
            />
            <FormSections
              fields={fields}
              sections={parts.map((part) => ({
                title: t(`upstreams.part.${part.name}`),
                summary: summaryOf(part.name),
                members: part.members,
              }))}
            />
          </div>
        )}
      />
      {isEditable && isDirty ? (
        <SaveBar
          discard={t('upstreams.discard')}
          save={t('upstreams.save')}
          isPending={save.isPending}
          isDisabled={isInvalid}
          onDiscard={() => {
            edited.discard()
            save.reset()
          }}
          onSave={() => save.mutate(edited.version)}
        >
          <span className="text-sm text-muted">{t('upstreams.draftHint')}</span>
        </SaveBar>
      ) : null}
      <DraftConflict save={save} discard={edited.discard} version={version.version} />
      <AlertDialog
        isOpen={isRemoving}
        onClose={() => {
          remove.reset()
          setRemoving(false)
        }}
        title={t('upstreams.removeTitle', { name })}
        action={t('upstreams.remove')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        problem={remove.error}
      >
        {t('upstreams.removeDetail')}
      </AlertDialog>
      <DirtyGuard isDirty={isDirty && !remove.isSuccess} />
    </section>
  )
}
