// How one environment spreads the requests of a version over its upstreams; saved here it is live, without a publish.

import { traffic as trafficSchema } from 'virtual:model-schemas'
import type { ApiVersion } from '@gatewright/shared/model/api'
import type { Traffic } from '@gatewright/shared/model/traffic'
import type { Propagation } from '@gatewright/shared/model/wire'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Rocket, Split } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../../api/client.ts'
import { useMay } from '../../../api/session.ts'
import { DirtyGuard } from '../../../forms/dirty-guard.tsx'
import { errorsByPath } from '../../../forms/field-problems.ts'
import { SaveBar } from '../../../forms/save-bar.tsx'
import { SchemaField } from '../../../forms/schema-field.tsx'
import { type FieldNode, type Json, readSchema } from '../../../forms/schema-model.ts'
import { useFormat } from '../../../ui/format.ts'
import { LinkButton } from '../../../ui/link.tsx'
import { LiveNote, LiveWaiting } from '../../../ui/live-note.tsx'
import { Card, Section } from '../../../ui/page.tsx'
import { ProblemNote } from '../../../ui/problem-note.tsx'
import { EmptyState, Loaded } from '../../../ui/states.tsx'
import { TextField } from '../../../ui/text-field.tsx'
import { toast } from '../../../ui/toast.tsx'
import { useApiPlace } from '../place.ts'
import {
  environmentsQuery,
  forgetApis,
  liveUpstreamsQuery,
  type VersionPlace,
  versionQuery,
} from '../queries.ts'
import { LiveStrip } from '../upstreams/health-now.tsx'
import { guardNow, upstreamsNow } from '../upstreams/live.ts'
import { same, sharesOf, type TrafficChange, trafficChanges } from './changes.ts'
import { GuardChip, TrippedNote } from './guard-state.tsx'
import { isComplete, RulesCard } from './rules-card.tsx'
import { allTo } from './shares.ts'
import { SharesCard } from './shares-card.tsx'

const schemaRoot = readSchema(trafficSchema)

function nodeOf(name: 'stickiness' | 'guard' | 'mirror'): FieldNode {
  const found =
    schemaRoot.kind === 'object' ? schemaRoot.members.find((member) => member.name === name) : undefined
  if (!found) throw new Error(`the schema of traffic has no ${name}`)
  return found.node
}

/** A mirror goes to an upstream of this deployment: a choice, where the schema knows only names. */
function mirrorNode(names: readonly string[]): FieldNode {
  const node = nodeOf('mirror')
  if (node.kind !== 'object') return node
  return {
    ...node,
    members: node.members.map((member) =>
      member.name === 'upstream'
        ? {
            ...member,
            node: {
              ...member.node,
              kind: 'choice',
              options: names.map((value) => ({ value, label: value })),
            } as FieldNode,
          }
        : member,
    ),
  }
}

const plain: Traffic = { rules: [], shares: [], stickiness: { by: 'none' }, guard: null, mirror: null }

export function TrafficTab() {
  const { tenant, env, api, place, search } = useApiPlace()
  const { t } = useTranslation('admin')
  const version = useQuery(versionQuery(place))
  const environment =
    useQuery(environmentsQuery).data?.data.find((candidate) => candidate.name === env)?.title ?? env
  return (
    <Loaded query={version}>
      {(loaded) => {
        const deployment = loaded.deployments.find((candidate) => candidate.environment === env)
        if (!deployment) {
          return (
            <Card>
              <EmptyState
                icon={Rocket}
                title={t('traffic.notDeployed', { environment })}
                sentence={t('traffic.notDeployedSentence')}
                action={
                  <LinkButton
                    to="/admin/t/$tenant/$env/apis/$api"
                    params={{ tenant, env, api }}
                    search={search}
                  >
                    {t('traffic.toEnvironments')}
                  </LinkButton>
                }
              />
            </Card>
          )
        }
        return (
          <TrafficEditor
            key={`${loaded.id}/${env}`}
            version={loaded}
            stored={deployment.traffic ?? plain}
            place={place}
            env={env}
            environment={environment}
          />
        )
      }}
    </Loaded>
  )
}

interface EditorProps {
  version: ApiVersion
  stored: Traffic
  place: VersionPlace
  env: string
  environment: string
}

function TrafficEditor({ version, stored, place, env, environment }: EditorProps) {
  const { tenant, api, search } = useApiPlace()
  const { t } = useTranslation('admin')
  const may = useMay(place.tenant)
  const queryClient = useQueryClient()
  const isEditable = may('api:publish')
  const [draft, setDraft] = useState<Traffic>()
  const [note, setNote] = useState('')
  const value = draft ?? stored
  const shares = sharesOf(value)
  const changes = trafficChanges(stored, value)
  const isDirty = draft !== undefined && !same(tidy(draft), tidy(stored))
  const set = (part: Partial<Traffic>) => {
    save.reset()
    setDraft({ ...value, ...part })
  }

  const live = useQuery(liveUpstreamsQuery(place, env))
  const guard = live.data && stored.guard ? guardNow(live.data) : null
  const deployed = live.data ? [...upstreamsNow(live.data).keys()] : []
  // Gateways know best what the deployed revision has; the draft is the next best.
  const names = deployed.length > 0 ? deployed : version.upstreams.map(({ name }) => name)

  const save = useMutation({
    mutationFn: (next: { traffic: Traffic; note: string }) =>
      client.publishing.setTraffic({ ...place, environment: env, ...tidy(next.traffic), note: next.note }),
    onSuccess: async () => {
      setDraft(undefined)
      setNote('')
      await forgetApis(queryClient)
    },
  })
  const reset = useMutation({
    mutationFn: () => client.guards.reset({ ...place, environment: env, note: '' }),
    onSuccess: async () => {
      toast({ title: t('traffic.guard.resetDone') })
      await forgetApis(queryClient)
    },
  })
  const errors = errorsByPath(save.error)
  const isReturned = sharesOf(stored)[0]?.weight === 100
  const field = (name: 'stickiness' | 'guard' | 'mirror', node = nodeOf(name)) => (
    <SchemaField
      node={node}
      value={value[name] as Json}
      // The schema is that of the type: what a field of it writes is a value of it.
      onChange={(next) => set({ [name]: next ?? plain[name] })}
      path={[name]}
      errors={errors}
      isReadOnly={!isEditable}
    />
  )

  if (names.length < 2 && same(tidy(stored), plain) && !isDirty) {
    return (
      <div className="flex flex-col gap-3">
        <LiveStrip env={env} isDeployed query={live} />
        <Card>
          <EmptyState
            icon={Split}
            title={t('traffic.single', { name: names[0] ?? 'default' })}
            sentence={
              version.upstreams.length > 1 ? t('traffic.singlePublished') : t('traffic.singleSentence')
            }
            action={
              <LinkButton
                to="/admin/t/$tenant/$env/apis/$api/upstreams"
                params={{ tenant, env, api }}
                search={search}
              >
                {t('traffic.toUpstreams')}
              </LinkButton>
            }
          />
        </Card>
      </div>
    )
  }
  return (
    <div className="flex flex-col gap-6">
      <LiveStrip env={env} isDeployed query={live} />
      {guard?.state === 'tripped' ? (
        <TrippedNote
          guard={guard}
          first={sharesOf(stored)[0]?.upstream ?? 'default'}
          isEditable={isEditable}
          isResetting={reset.isPending}
          onReset={() => reset.mutate()}
        />
      ) : null}
      <ProblemNote problem={reset.error} />
      {save.data ? <Saved propagation={save.data} /> : null}
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <SharesCard
            shares={shares}
            onChange={(next) => set({ shares: next })}
            names={names}
            guard={guard}
            isEditable={isEditable}
            error={errors.get('/shares')}
            onReturn={
              isReturned
                ? undefined
                : () => {
                    const first = sharesOf(stored)[0]?.upstream ?? 'default'
                    save.mutate({
                      traffic: { ...stored, shares: allTo(sharesOf(stored), first) },
                      note: t('traffic.returnNote', { name: first }),
                    })
                  }
            }
            isReturning={save.isPending && !isDirty}
          />
          <RulesCard
            rules={value.rules}
            onChange={(rules) => set({ rules })}
            names={names}
            first={shares[0]?.upstream ?? 'default'}
            isEditable={isEditable}
            errors={errors}
          />
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <Section
            title={t('traffic.guard.title')}
            sentence={t('traffic.guard.sentence', { name: shares[0]?.upstream ?? 'default' })}
            actions={guard ? <GuardChip guard={guard} /> : null}
          >
            {field('guard', { ...nodeOf('guard'), title: t('traffic.guard.switch') })}
          </Section>
          <Section title={t('traffic.more')}>
            {field('stickiness')}
            {field('mirror', mirrorNode(names))}
            <p className="text-sm text-muted">{t('traffic.mirrorHelp')}</p>
          </Section>
        </div>
      </div>
      <ProblemNote problem={save.error} />
      {save.isPending ? <LiveWaiting /> : null}
      {isEditable && isDirty ? (
        <SaveBar
          discard={t('upstreams.discard')}
          save={t('traffic.save')}
          isPending={save.isPending}
          isDisabled={!value.rules.every(isComplete)}
          onDiscard={() => {
            setDraft(undefined)
            save.reset()
          }}
          onSave={() => save.mutate({ traffic: value, note })}
        >
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Changes changes={changes} environment={environment} />
            <TextField
              label={t('release.note')}
              labelHidden
              placeholder={t('traffic.notePlaceholder')}
              value={note}
              onChange={setNote}
              maxLength={1000}
              className="min-w-48 flex-1"
            />
          </div>
        </SaveBar>
      ) : null}
      <DirtyGuard isDirty={isDirty} />
    </div>
  )
}

function Saved({ propagation }: { propagation: Propagation }) {
  return (
    <div role="status">
      <LiveNote propagation={propagation} />
    </div>
  )
}

function Changes({ changes, environment }: { changes: readonly TrafficChange[]; environment: string }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const tell = (change: TrafficChange): ReactNode => {
    switch (change.kind) {
      case 'share':
        return (
          <>
            <code>{change.upstream}</code>{' '}
            <del className="text-muted decoration-danger">{format.percent(change.before / 100)}</del>
            {' → '}
            <ins className="font-medium no-underline">{format.percent(change.after / 100)}</ins>
          </>
        )
      case 'returnsTo':
        return t('traffic.change.returnsTo', { name: change.upstream })
      case 'rules':
        return t('traffic.change.rules', { before: change.before, after: change.after })
      case 'stickiness':
        return t('traffic.change.stickiness')
      case 'guard':
      case 'mirror':
        return t(`traffic.change.${change.kind}.${change.turned}`)
    }
  }
  return (
    <ul
      aria-label={t('traffic.changesIn', { environment })}
      className="tabular flex flex-wrap gap-x-4 gap-y-0.5 text-sm"
    >
      {changes.map((change) => (
        <li key={`${change.kind}${'upstream' in change ? change.upstream : ''}`}>{tell(change)}</li>
      ))}
    </ul>
  )
}

/** Everything to default, as it is written when nobody ever said anything. */
function tidy(traffic: Traffic): Traffic {
  const [only, ...others] = traffic.shares
  return only?.upstream === 'default' && others.length === 0 ? { ...traffic, shares: [] } : traffic
}
