// Journey J10: what happened to one request, in an order that answers "why did my call fail?"

import type { LoggedRequest, RequestStory as Story } from '@gatewright/shared/contract/analytics'
import { BookOpen, CircleCheck, CircleSlash, Cloud } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { TimeSplit } from '../../charts/time-split.tsx'
import { SecurityReports } from '../../security/reports.tsx'
import { Badge, MethodBadge, StatusCode } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link } from '../../ui/link.tsx'
import { Time } from '../../ui/time.tsx'
import { ExceptionLink } from './exception-link.tsx'

interface RequestStoryProps {
  request: Story
  tenant: string
  env: string
  /** Offers the story as a page of its own. */
  withLink?: boolean
}

export function RequestStory({ request, tenant, env, withLink }: RequestStoryProps) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const may = useMay(tenant)
  const params = { tenant, env }
  const facts: { label: string; value: ReactNode }[] = [
    { label: t('request.at'), value: <Time at={request.at} look="instant" /> },
    {
      label: t('request.route'),
      value: request.route ? <code className="break-all">{request.route}</code> : t('request.noRoute'),
    },
    {
      label: t('request.api'),
      value: request.api ? (
        may('api:read') ? (
          <Link to="/admin/t/$tenant/$env/apis/$api" params={{ ...params, api: request.api.name }}>
            {request.api.title} {request.apiVersion}
          </Link>
        ) : (
          `${request.api.title} ${request.apiVersion ?? ''}`
        )
      ) : (
        '–'
      ),
    },
    {
      label: t('request.application'),
      value: request.application?.title ?? <span className="text-muted">{t('request.anonymous')}</span>,
    },
    ...(request.plan ? [{ label: t('request.plan'), value: request.plan.title }] : []),
    ...(request.credentialHint
      ? [{ label: t('request.key'), value: <code>{request.credentialHint}</code> }]
      : []),
    { label: t('request.address'), value: <code>{request.address}</code> },
    { label: t('request.agent'), value: request.agent },
    {
      label: t('request.bytes'),
      value: `${format.bytes(request.bytesIn)} / ${format.bytes(request.bytesOut)}`,
    },
    { label: t('request.gatewayId'), value: <code>{request.gatewayId}</code> },
    {
      label: t('request.revision'),
      value: may('gateway:read') ? (
        <Link to="/admin/t/$tenant/$env/revisions" params={params} search={{ revision: request.revision }}>
          {request.revision}
        </Link>
      ) : (
        request.revision
      ),
    },
    {
      label: t('request.id'),
      value: (
        <span className="flex items-center gap-1">
          <code className="min-w-0 break-all">{request.id}</code>
          <CopyButton text={request.id} className="-my-1" />
        </span>
      ),
    },
  ]
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-md font-semibold">
          <StatusCode status={request.status} />
        </span>
        <span className="flex min-w-0 items-baseline">
          <MethodBadge method={request.method} className="w-auto! pr-2" />
          <code className="min-w-0 break-all">{request.path}</code>
        </span>
        {request.tryIt ? <Badge tone="info">{t('request.tryIt')}</Badge> : null}
      </div>
      <Verdict request={request} />
      <SecurityReports
        reports={request.security}
        actionFor={(firewall, match) => <ExceptionLink {...{ request, tenant, env, firewall, match }} />}
      />
      <section className="flex flex-col gap-2">
        <h3 className="font-medium">{t('request.timings')}</h3>
        <TimeSplit
          gatewayMs={request.gatewayMs}
          upstreamMs={request.upstreamMs}
          labels={{
            gateway: t('request.gatewayTime'),
            upstream: t('request.upstreamTime'),
            total: t('request.total'),
            notCalled: t('request.noUpstream'),
          }}
        />
      </section>
      <div className="flex flex-wrap gap-x-5 gap-y-1">
        {withLink ? (
          <Link to="/insights/t/$tenant/$env/requests/$request" params={{ ...params, request: request.id }}>
            {t('request.link')}
          </Link>
        ) : null}
        <Link
          to="/insights/t/$tenant/$env/requests"
          params={params}
          search={{
            status: request.status,
            ...(request.reason ? { reason: request.reason } : {}),
            ...(request.api?.id ? { api: request.api.id } : {}),
            ...(request.route ? { route: request.route } : {}),
          }}
        >
          {t('request.similar')}
        </Link>
        {may('explain:use') ? (
          <Link
            to="/admin/t/$tenant/$env/explain"
            params={params}
            search={{ method: request.method, url: request.path }}
          >
            {t('request.explain')}
          </Link>
        ) : null}
      </div>
      <section className="flex flex-col">
        <h3 className="font-medium">{t('request.facts')}</h3>
        <KeyValue facts={facts} />
      </section>
    </div>
  )
}

/** The one sentence a person came for, and the page that says how to mend it. */
function Verdict({ request }: { request: LoggedRequest }) {
  const { t } = useTranslation('insights')
  const isGood = request.status < 400
  const Icon = isGood ? CircleCheck : request.reason ? CircleSlash : Cloud
  const sentence = request.reason
    ? request.policy
      ? t('request.refused', { policy: request.policy })
      : t('request.gateway')
    : t(isGood ? 'request.passed' : 'request.passedBad', { status: request.status })
  return (
    <div
      className={cx(
        'flex items-start gap-2.5 rounded-lg border px-3 py-2.5',
        isGood
          ? 'border-success-line bg-success-soft'
          : request.status >= 500
            ? 'border-danger-line bg-danger-soft'
            : 'border-warning-line bg-warning-soft',
      )}
    >
      <Icon
        size={16}
        aria-hidden
        className={cx(
          'mt-0.5 shrink-0',
          isGood ? 'text-success' : request.status >= 500 ? 'text-danger' : 'text-warning',
        )}
      />
      <div className="flex min-w-0 flex-col gap-0.5">
        <p className="font-medium">{sentence}</p>
        {request.reason ? (
          <a
            href={`/errors/${request.reason}`}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1.5 font-medium text-accent-text underline-offset-4 hover:underline"
          >
            <BookOpen size={14} aria-hidden />
            {t('request.meaning', { reason: request.reason })}
          </a>
        ) : null}
      </div>
    </div>
  )
}
