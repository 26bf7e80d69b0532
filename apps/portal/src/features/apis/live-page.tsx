// After Publish: where it is live, and the first call with a key, one press away.

import type { Propagation } from '@gatewright/shared/model/wire'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity, BadgeCheck, BookOpen, Check, LoaderCircle, Play, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { StatusCode } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock, CopyField } from '../../ui/copy.tsx'
import { useFormat } from '../../ui/format.ts'
import { LifecycleChip } from '../../ui/lifecycle-chip.tsx'
import { Link, LinkButton } from '../../ui/link.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { Card, Page, PageHeader } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Loaded } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import {
  type CallStep,
  callablePath,
  callFirst,
  curlOf,
  type FirstCall,
  NoPlan,
  StillPending,
} from './first-call.ts'
import { apiQuery, routesQuery, versionQuery } from './queries.ts'
import { chosenVersion } from './versions.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/live')

export function LivePage() {
  const { tenant, env, api } = route.useParams()
  const { version } = route.useSearch()
  const apiResult = useQuery(apiQuery(tenant, api))
  return (
    <Loaded query={apiResult}>
      {(found) => {
        const chosen = chosenVersion(found, version)
        return (
          <Live
            tenant={tenant}
            env={env}
            api={found.name}
            title={found.title}
            versionName={chosen?.name ?? 'v1'}
          />
        )
      }}
    </Loaded>
  )
}

interface LiveProps {
  tenant: string
  env: string
  api: string
  title: string
  versionName: string
}

function Live({ tenant, env, api, title, versionName }: LiveProps) {
  const { t } = useTranslation('admin')
  const place = { tenant, api, apiVersion: versionName }
  const version = useQuery(versionQuery(place))
  const propagation = useQueryClient().getQueryData<Propagation>(['published', tenant, api])
  const deployment = version.data?.deployments.find((candidate) => candidate.environment === env)
  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="apis" to="/admin/t/$tenant/$env/apis" params={{ tenant, env }}>
            {t('import.crumb')}
          </Link>,
          <Link key="api" to="/admin/t/$tenant/$env/apis/$api" params={{ tenant, env, api }}>
            {title}
          </Link>,
        ]}
        title={t('live.title', { title })}
        mark={version.data ? <LifecycleChip lifecycle={version.data.lifecycle} /> : null}
        sentence={version.data?.public ? t('live.sentencePublic') : t('live.sentence')}
        actions={
          <>
            <LinkButton
              to="/admin/t/$tenant/$env/apis/$api"
              params={{ tenant, env, api }}
              search={{ version: versionName }}
            >
              {t('live.manage')}
            </LinkButton>
            <LinkButton icon={BookOpen} to="/p/$tenant/apis/$api" params={{ tenant, api }}>
              {t('live.docs')}
            </LinkButton>
          </>
        }
      />
      <Loaded query={version}>
        {(loaded) => (
          <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)]">
            <div className="flex min-w-0 flex-col gap-4">
              {propagation ? <LiveNote propagation={propagation} /> : null}
              <div className="flex flex-col gap-1.5">
                <span className="text-sm font-medium">{t('live.baseUrl')}</span>
                {deployment ? (
                  <CopyField value={deployment.url} label={t('live.baseUrl')} />
                ) : (
                  <p className="text-muted">{t('live.notDeployed', { environment: env })}</p>
                )}
              </div>
              <NextSteps tenant={tenant} env={env} api={api} version={versionName} />
            </div>
            {deployment ? (
              <CallCard
                {...{ tenant, env, api }}
                versionName={versionName}
                versionId={loaded.id}
                isPublic={loaded.public}
                baseUrl={deployment.url}
              />
            ) : null}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function NextSteps({
  tenant,
  env,
  api,
  version,
}: {
  tenant: string
  env: string
  api: string
  version: string
}) {
  const { t } = useTranslation('admin')
  const params = { tenant, env }
  const steps = [
    {
      icon: ShieldCheck,
      name: 'policies',
      link: (
        <Link to="/admin/t/$tenant/$env/apis/$api/policies" params={{ ...params, api }} search={{ version }}>
          {t('live.next.policies')}
        </Link>
      ),
    },
    {
      icon: BadgeCheck,
      name: 'plans',
      link: (
        <Link to="/admin/t/$tenant/$env/products" params={params}>
          {t('live.next.plans')}
        </Link>
      ),
    },
    {
      icon: Activity,
      name: 'traffic',
      link: (
        <Link to="/insights/t/$tenant/$env" params={params} search={{ api }}>
          {t('live.next.traffic')}
        </Link>
      ),
    },
  ] as const
  return (
    <Card pad={false}>
      <h2 className="px-4 pt-3 pb-1 text-sm font-medium text-muted">{t('live.next.title')}</h2>
      <ul className="divide-y divide-line">
        {steps.map((step) => (
          <li key={step.name} className="flex items-center gap-3 px-4 py-2.5">
            <step.icon size={16} aria-hidden className="shrink-0 text-faint" />
            <span className="flex flex-col">
              {step.link}
              <span className="text-sm text-muted">{t(`live.next.${step.name}Detail`)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

interface CallCardProps {
  tenant: string
  env: string
  api: string
  versionName: string
  versionId: string
  isPublic: boolean
  baseUrl: string
}

const keyedSteps: readonly CallStep[] = ['plan', 'application', 'subscription', 'key', 'call']

function CallCard({ tenant, env, api, versionName, versionId, isPublic, baseUrl }: CallCardProps) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const routes = useInfiniteQuery(routesQuery({ tenant, api, apiVersion: versionName }, undefined))
  const [typedPath, setTypedPath] = useState<string>()
  const path = typedPath ?? callablePath(routes.data?.pages.flatMap((page) => page.data) ?? []) ?? '/'
  const [done, setDone] = useState<Partial<Record<CallStep, string>>>({})
  const [key, setKey] = useState<string | null>(null)
  const call = useMutation({
    mutationFn: () => {
      setDone({})
      return callFirst({
        tenant,
        environment: env,
        versionId,
        isPublic,
        baseUrl,
        path,
        applicationTitle: t('live.application'),
        mayDecide: may('subscription:decide'),
        key,
        onKey: setKey,
        onStep: (step, name) => setDone((old) => ({ ...old, [step]: name })),
      })
    },
  })
  const steps = isPublic ? (['call'] as const) : keyedSteps
  const isBlocked = call.error instanceof NoPlan || call.error instanceof StillPending

  return (
    <Card pad={false} className="flex flex-col">
      <div className="flex flex-col gap-4 p-5">
        <div className="flex flex-col">
          <h2 className="text-md font-semibold">{t('live.callTitle')}</h2>
          <p className="text-muted">{isPublic ? t('live.callSentencePublic') : t('live.callSentence')}</p>
        </div>
        <form
          className="flex items-end gap-2 max-sm:flex-col max-sm:items-stretch"
          onSubmit={(event) => {
            event.preventDefault()
            call.mutate()
          }}
        >
          <TextField
            label={t('live.path')}
            value={path}
            onChange={(next) => setTypedPath(next.startsWith('/') ? next : `/${next}`)}
            mono
            className="min-w-0 flex-1"
          />
          <Button
            variant="primary"
            type="submit"
            icon={Play}
            isPending={call.isPending}
            isDisabled={routes.isPending}
          >
            {call.data ? t('live.again') : t('live.call')}
          </Button>
        </form>
        {call.isPending || call.data || call.error ? (
          <ol aria-label={t('live.steps')} className="flex flex-col gap-1.5">
            {steps.map((step, index) => {
              const name = done[step]
              const isNow =
                call.isPending &&
                name === undefined &&
                steps.slice(0, index).every((before) => done[before] !== undefined)
              if (name === undefined && !call.isPending) return null
              return (
                <li
                  key={step}
                  className={`flex items-center gap-2 ${name === undefined && !isNow ? 'text-faint' : ''}`}
                >
                  {name !== undefined ? (
                    <Check size={16} aria-hidden className="text-success" />
                  ) : isNow ? (
                    <LoaderCircle size={16} aria-hidden className="animate-spin text-muted" />
                  ) : (
                    <span className="mx-1 size-2 rounded-full border border-line-strong" />
                  )}
                  {t(`live.step.${step}`, { name: name ?? t('live.application'), plan: done.plan ?? '' })}
                </li>
              )
            })}
          </ol>
        ) : null}
        {call.error instanceof NoPlan ? (
          <p className="text-warning">
            {t('live.noPlan')}{' '}
            <Link to="/admin/t/$tenant/$env/products" params={{ tenant, env }}>
              {t('live.noPlanAction')}
            </Link>
          </p>
        ) : null}
        {call.error instanceof StillPending ? <p className="text-warning">{t('live.pending')}</p> : null}
        <ProblemNote problem={isBlocked ? null : call.error} />
      </div>
      {call.data ? (
        <AnswerView made={call.data} tenant={tenant} env={env} curl={curlOf(baseUrl, path, call.data.key)} />
      ) : null}
    </Card>
  )
}

function AnswerView({
  made,
  tenant,
  env,
  curl,
}: {
  made: FirstCall
  tenant: string
  env: string
  curl: string
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const { answer } = made
  return (
    <div className="flex flex-col gap-4 border-t border-line p-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span data-testid="answer-status" className="text-md font-semibold">
          <StatusCode status={answer.status} />
        </span>
        <span className="tabular text-muted">{format.duration(answer.milliseconds)}</span>
        {answer.requestId ? (
          <Link
            to="/insights/t/$tenant/$env/requests/$request"
            params={{ tenant, env, request: answer.requestId }}
            className="ml-auto"
          >
            {t('live.log')}
          </Link>
        ) : null}
      </div>
      <CodeBlock
        title={
          answer.isTruncated
            ? t('live.truncated', { size: format.bytes(4_000) })
            : answer.mediaType || t('live.answer')
        }
        code={answer.body || t('live.emptyBody')}
        maxHeight="16rem"
      />
      <div className="flex flex-col gap-1.5">
        <CodeBlock title={t('live.shell')} code={curl} wrap />
        {made.key ? <p className="text-sm text-warning">{t('live.keyOnce')}</p> : null}
      </div>
    </div>
  )
}
