// One finding: what was counted, the calls that show it, and what somebody decides about it.

import type { Finding, FindingFacts } from '@gatewright/shared/contract/findings'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Fact, KeyValue } from '../../ui/key-value.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextArea } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'

interface Props {
  finding: Finding
  tenant: string
  env: string
}

export function FindingStory({ finding, tenant, env }: Props) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const may = useMay(tenant)
  const shown = useFacts(finding.facts)
  const { succeeded } = finding.facts
  return (
    <div className="flex flex-col gap-6">
      <p className="text-muted">{t(`findings.help.${finding.pattern}`)}</p>
      {succeeded ? (
        <p role="note" className="rounded-lg border border-danger-line bg-danger-soft px-3 py-2.5">
          {t('findings.succeeded', { when: format.dateTime(succeeded.at) })}{' '}
          <Link
            to="/insights/t/$tenant/$env/requests/$request"
            params={{ tenant, env, request: succeeded.request }}
          >
            {t('findings.succeededCall')}
          </Link>
        </p>
      ) : null}
      <KeyValue
        facts={[
          { label: t('findings.client'), value: <code className="text-sm">{finding.client.id}</code> },
          { label: t('findings.column.severity'), value: t(`findings.severity.${finding.severity}`) },
          { label: t('findings.column.count'), value: format.count(finding.count) },
          ...shown,
          { label: t('findings.first'), value: <Time at={finding.firstAt} look="instant" /> },
          { label: t('findings.column.last'), value: <Time at={finding.lastAt} look="instant" /> },
          ...(finding.closedAt === null
            ? []
            : [{ label: t('findings.closed'), value: <Time at={finding.closedAt} look="instant" /> }]),
        ]}
      />
      <section className="flex flex-col gap-2">
        <h3 className="font-medium">{t('findings.calls')}</h3>
        <ul className="grid grid-cols-2 gap-x-6 gap-y-1.5 max-sm:grid-cols-1">
          {finding.requests.map((request) => (
            <li key={request} className="truncate">
              <Link
                to="/insights/t/$tenant/$env/requests/$request"
                params={{ tenant, env, request }}
                className="font-mono text-sm font-normal"
              >
                {request}
              </Link>
            </li>
          ))}
        </ul>
      </section>
      {may('block:write') && finding.closedAt === null && finding.client.kind !== 'application' ? (
        <BlockButton finding={finding} tenant={tenant} />
      ) : null}
      {/* A new version starts with what was said in it. */}
      {may('api:write') ? (
        <Decision key={finding.version} finding={finding} tenant={tenant} />
      ) : finding.comment === '' ? null : (
        <p>{finding.comment}</p>
      )}
    </div>
  )
}

function useFacts(facts: FindingFacts): Fact[] {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const { credentials, networks, notFound, walk, value, median, score } = facts
  const counted = Object.entries({ credentials, networks, notFound }).flatMap(([name, count]) =>
    count === undefined
      ? []
      : [
          {
            label: t(`findings.fact.${name as 'credentials' | 'networks' | 'notFound'}`),
            value: format.count(count),
          },
        ],
  )
  // Shares of errors are below 1, and numbers of calls are not.
  const number = (given: number) => (given < 1 && given > 0 ? format.percent(given) : format.count(given))
  return [
    ...counted,
    ...(walk
      ? [
          {
            label: t('findings.fact.walk'),
            value: t('findings.walk', {
              ids: format.count(walk.ids),
              route: walk.route,
              from: walk.from,
              to: walk.to,
            }),
          },
        ]
      : []),
    ...(value !== undefined && median !== undefined && score !== undefined
      ? [
          {
            label: t('findings.fact.history'),
            value: t('findings.history', { value: number(value), median: number(median), score }),
          },
        ]
      : []),
  ]
}

const blockedMs = 3_600_000

/** For an hour: long enough to decide, and short enough for a mistake. Not of an application: that is whom others attack. */
function BlockButton({ finding, tenant }: { finding: Finding; tenant: string }) {
  const { t } = useTranslation('insights')
  const queryClient = useQueryClient()
  const { id } = finding.client
  const kind = finding.client.kind === 'credential' ? 'credential' : 'network'
  const block = useMutation({
    mutationFn: () =>
      client.blocks.write({
        tenant,
        blocks: [
          {
            kind: kind === 'network' ? 'address' : 'credential',
            value: id,
            reason: t('findings.blockReason', {
              pattern: t(`findings.pattern.${finding.pattern}`),
              id: finding.id,
            }),
            expiresAt: new Date(Date.now() + blockedMs).toISOString(),
          },
        ],
      }),
    onSuccess: () => {
      toast({ title: t('findings.blocked') })
      return queryClient.invalidateQueries({ queryKey: orpc.blocks.key() })
    },
  })
  return (
    <div className="flex flex-col items-start gap-2">
      <ProblemNote problem={block.error} />
      <Button
        variant="danger"
        icon={Ban}
        isPending={block.isPending}
        isDisabled={block.isSuccess}
        onPress={() => block.mutate()}
      >
        {t(`findings.block.${kind}`)}
      </Button>
    </div>
  )
}

const decisions = ['acknowledged', 'dismissed', 'open'] as const

function Decision({ finding, tenant }: { finding: Finding; tenant: string }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const queryClient = useQueryClient()
  const [comment, setComment] = useState(finding.comment)
  const decide = useMutation({
    mutationFn: (state: Finding['state']) =>
      client.findings.decide(
        { tenant, finding: finding.id, state, comment },
        { context: { ifMatch: finding.version } },
      ),
    onSuccess: (decided) => {
      toast({ title: t(`findings.decided.${decided.state}`) })
      return queryClient.invalidateQueries({ queryKey: orpc.findings.key() })
    },
  })
  return (
    <section className="flex flex-col gap-3">
      <h3 className="font-medium">{t('findings.decision')}</h3>
      {finding.decidedBy && finding.decidedAt ? (
        <p className="text-sm text-muted">
          {t('findings.decidedBy', {
            state: t(`findings.state.${finding.state}`),
            who: finding.decidedBy,
            when: format.dateTime(finding.decidedAt),
          })}
        </p>
      ) : null}
      <TextArea
        label={t('findings.comment')}
        value={comment}
        onChange={setComment}
        maxLength={2000}
        rows={3}
      />
      <ProblemNote problem={decide.error} />
      <div className="flex flex-wrap gap-2">
        {decisions
          .filter((state) => state !== finding.state)
          .map((state, i) => (
            <Button
              key={state}
              variant={i === 0 ? 'primary' : 'secondary'}
              isDisabled={decide.isPending}
              onPress={() => decide.mutate(state)}
            >
              {t(`findings.decide.${state}`)}
            </Button>
          ))}
      </div>
    </section>
  )
}
