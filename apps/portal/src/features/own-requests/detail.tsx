// One request by its id: what was answered, why, and what to do about it (J10).

import { type ErrorCode, errors } from '@gatewright/shared/errors'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowRight, CircleAlert, CircleCheck, Hourglass, RotateCw, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { asProblem } from '../../api/problem.ts'
import { TimeSplit } from '../../charts/time-split.tsx'
import { MethodBadge, StatusCode } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { CopyField } from '../../ui/copy.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link, LinkButton } from '../../ui/link.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { PlainButton } from '../../ui/plain-button.tsx'
import { EmptyState, ErrorState, PageLoading } from '../../ui/states.tsx'
import { fixOf } from './fixes.ts'

const route = getRouteApi('/p/$tenant/requests/$request')

type LoggedRequest = Awaited<ReturnType<typeof client.analytics.request>>

/** An id does not say where it was served: the environments are asked in turn until one knows it. */
const requestQuery = (tenant: string, request: string, environment: string | undefined) =>
  queryOptions({
    queryKey: ['request', tenant, request, environment],
    // A call is visible some seconds after it was made; a page opened at once waits for it.
    retry: (failures, error) => asProblem(error).status === 404 && failures < 6,
    retryDelay: 2_500,
    queryFn: async ({ signal }): Promise<{ request: LoggedRequest; environment: string }> => {
      const names = environment
        ? [environment]
        : (await client.environments.list({}, { signal })).data.map(({ name }) => name)
      let missing: unknown
      for (const name of names) {
        try {
          return {
            request: await client.analytics.request({ tenant, environment: name, request }, { signal }),
            environment: name,
          }
        } catch (error) {
          if (asProblem(error).status !== 404) throw error
          missing = error
        }
      }
      throw missing
    },
  })

export function RequestPage() {
  const { tenant, request: id } = route.useParams()
  const search = route.useSearch()
  const query = useQuery(requestQuery(tenant, id, search.environment))
  if (query.data) return <Found tenant={tenant} {...query.data} />
  return (
    <Frame
      tenant={tenant}
      environment={search.environment}
      sentence={<code className="break-all">{id}</code>}
    >
      {query.isFetching ? (
        query.error || query.failureCount > 0 ? (
          <Waiting />
        ) : (
          <PageLoading onRetry={() => void query.refetch()} />
        )
      ) : query.error && asProblem(query.error).status === 404 ? (
        <Unknown tenant={tenant} onRetry={() => void query.refetch()} />
      ) : (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
    </Frame>
  )
}

/** The page of a request, found or not: where it belongs is the same. */
function Frame({
  tenant,
  environment,
  mark,
  sentence,
  children,
}: {
  tenant: string
  environment: string | undefined
  mark?: ReactNode
  sentence: ReactNode
  children: ReactNode
}) {
  const { t } = useTranslation('developer')
  return (
    <Page width="text">
      <PageHeader
        crumbs={[
          <Link key="usage" to="/p/$tenant/usage" params={{ tenant }} search={{ environment }}>
            {t('usage.title')}
          </Link>,
        ]}
        title={t('request.title')}
        mark={mark}
        sentence={sentence}
      />
      {children}
    </Page>
  )
}

function Waiting() {
  const { t } = useTranslation('developer')
  return (
    <Card>
      <div role="status">
        <EmptyState icon={Hourglass} title={t('request.waiting')} sentence={t('request.waitingDetail')} />
      </div>
    </Card>
  )
}

/** Why an id may lead nowhere, and the two ways on. */
function Unknown({ tenant, onRetry }: { tenant: string; onRetry(): void }) {
  const { t } = useTranslation('developer')
  return (
    <Card>
      <EmptyState
        icon={SearchX}
        title={t('request.unknown')}
        sentence={t('request.unknownDetail')}
        action={
          <>
            <PlainButton icon={RotateCw} onPress={onRetry}>
              {t('request.lookAgain')}
            </PlainButton>
            <LinkButton to="/p/$tenant/usage" params={{ tenant }}>
              {t('request.toLog')}
            </LinkButton>
          </>
        }
      />
    </Card>
  )
}

function Found({
  tenant,
  request,
  environment,
}: {
  tenant: string
  request: LoggedRequest
  environment: string
}) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const code = request.reason
  const fix = fixOf(code, { tenant, application: request.application?.name, api: request.api?.name })
  const isGood = request.status < 400
  const look = isGood ? 'good' : request.status < 500 ? 'refused' : 'failed'
  const Icon = isGood ? CircleCheck : CircleAlert
  return (
    <Frame
      tenant={tenant}
      environment={environment}
      mark={<StatusCode status={request.status} />}
      sentence={
        <span className="flex items-center font-mono text-sm">
          <MethodBadge method={request.method} className="w-auto! pr-2" />
          <span className="min-w-0 break-all text-ink">{request.path}</span>
        </span>
      }
    >
      <div className={cx('flex items-start gap-3 rounded-lg border p-4', looks[look].box)}>
        <Icon size={20} aria-hidden className={cx('mt-0.5 shrink-0', looks[look].icon)} />
        <div className="flex min-w-0 flex-col gap-1.5">
          <p className="font-semibold">
            {code && isCode(code)
              ? errors[code].title
              : t(isGood ? 'request.good' : 'request.byUpstream', { status: request.status })}
          </p>
          {fix ? <p>{t(`request.fixes.${fix.say}`)}</p> : null}
          {code || fix ? (
            <p className="flex flex-wrap gap-x-4 gap-y-1">
              {fix ? (
                <a
                  href={fix.href}
                  className="inline-flex items-center gap-1 font-medium text-accent-text underline-offset-4 hover:underline"
                >
                  {t(`request.goes.${fix.go}`)}
                  <ArrowRight size={14} aria-hidden />
                </a>
              ) : null}
              {code ? (
                <a
                  href={`/errors/${code}`}
                  className="font-medium text-accent-text underline-offset-4 hover:underline"
                >
                  {t('request.aboutCode', { code })}
                </a>
              ) : null}
            </p>
          ) : null}
        </div>
      </div>
      <Section title={t('request.time')}>
        <Card>
          <TimeSplit
            gatewayMs={request.gatewayMs}
            upstreamMs={request.upstreamMs}
            labels={{
              gateway: t('request.inGateway'),
              upstream: t('request.inUpstream'),
              total: t('request.inTotal'),
              notCalled: t('request.notCalled'),
            }}
          />
        </Card>
      </Section>
      <Section title={t('request.facts')}>
        <Card>
          <KeyValue
            facts={[
              { label: t('request.id'), value: <CopyField value={request.id} label={t('request.copyId')} /> },
              { label: t('request.at'), value: format.instant(request.at) },
              { label: t('request.environment'), value: environment },
              {
                label: t('request.api'),
                value: request.api ? (
                  <Link to="/p/$tenant/apis/$api" params={{ tenant, api: request.api.name }}>
                    {request.api.title} {request.apiVersion}
                  </Link>
                ) : (
                  '–'
                ),
              },
              { label: t('request.route'), value: request.route ? <code>{request.route}</code> : '–' },
              {
                label: t('request.application'),
                value: request.application?.id ? (
                  <Link
                    to="/p/$tenant/applications/$application"
                    params={{ tenant, application: request.application.name }}
                  >
                    {request.application.title}
                  </Link>
                ) : (
                  t('request.noApplication')
                ),
              },
              { label: t('request.plan'), value: request.plan?.title ?? '–' },
              {
                label: t('request.key'),
                value: request.credentialHint ? <code>{request.credentialHint}</code> : '–',
              },
              { label: t('request.policy'), value: request.policy ? <code>{request.policy}</code> : '–' },
              {
                label: t('request.size'),
                value: t('request.sizes', {
                  in: format.bytes(request.bytesIn),
                  out: format.bytes(request.bytesOut),
                }),
              },
              { label: t('request.client'), value: `${request.address} · ${request.agent}` },
            ]}
          />
        </Card>
      </Section>
    </Frame>
  )
}

/** As the status dots: a 4xx is the caller's to mend, a 5xx is not. */
const looks = {
  good: { box: 'border-success-line bg-success-soft', icon: 'text-success' },
  refused: { box: 'border-warning-line bg-warning-soft', icon: 'text-warning' },
  failed: { box: 'border-danger-line bg-danger-soft', icon: 'text-danger' },
}

function isCode(code: string): code is ErrorCode {
  return code in errors
}
