// Why a request is answered as it is, in the gateway's own words: routes considered, policies in order, upstream.

import type { Explanation } from '@gatewright/shared/contract/publishing'
import { ArrowRight, CircleCheck, CircleMinus, CircleSlash, Reply } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { SecurityReports } from '../security/reports.tsx'
import { Badge, StatusCode, type Tone } from '../ui/badge.tsx'
import { cx } from '../ui/class-names.ts'
import { useFormat } from '../ui/format.ts'

const verdicts = {
  passed: { icon: CircleCheck, tone: 'success' },
  refused: { icon: CircleSlash, tone: 'danger' },
  replied: { icon: Reply, tone: 'info' },
  'not-reached': { icon: CircleMinus, tone: 'neutral' },
} as const satisfies Record<string, { icon: typeof CircleCheck; tone: Tone }>

const textTone = { success: 'text-success', danger: 'text-danger', info: 'text-info', neutral: 'text-faint' }

export function ExplanationView({
  explanation,
  look = 'whole',
}: {
  explanation: Explanation
  look?: 'whole' | 'routes'
}) {
  const { t } = useTranslation('admin')
  // Explaining calls nothing; a request that no policy answered is one that would be forwarded.
  const isForwarded =
    explanation.upstream.called || (explanation.route !== null && explanation.status === null)
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        {explanation.route ? (
          <code className="font-medium break-all">{explanation.route}</code>
        ) : (
          <span className="font-medium">{t('explain.noRoute')}</span>
        )}
        {explanation.status === null ? (
          <Badge tone="success">{t('explain.pass')}</Badge>
        ) : (
          <span className="inline-flex items-center gap-2">
            <StatusCode status={explanation.status} />
            {explanation.code ? (
              <a
                href={`/errors/${explanation.code}`}
                className="text-accent-text underline-offset-4 hover:underline"
                target="_blank"
                rel="noreferrer"
              >
                {explanation.code}
              </a>
            ) : null}
          </span>
        )}
        <span className="ml-auto text-sm text-faint">
          {t('explain.revision', { gateway: explanation.gatewayId, revision: explanation.revision })}
        </span>
      </div>
      <Candidates candidates={explanation.candidates} />
      {look === 'whole' ? (
        <>
          <Verdicts policies={explanation.policies} />
          <SecurityReports reports={explanation.security} />
          <section className="flex flex-col gap-1.5">
            <h3 className="text-sm font-medium">{t('explain.upstream')}</h3>
            <p className="flex flex-wrap items-center gap-2">
              <Badge tone={isForwarded ? 'success' : 'neutral'}>
                {isForwarded ? t('explain.called') : t('explain.notCalled')}
              </Badge>
              <span className="break-words text-muted">{explanation.upstream.detail}</span>
            </p>
          </section>
        </>
      ) : null}
    </div>
  )
}

function Candidates({ candidates }: { candidates: Explanation['candidates'] }) {
  const { t } = useTranslation('admin')
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">{t('explain.candidates')}</h3>
      {candidates.length === 0 ? <p className="text-muted">{t('explain.noCandidates')}</p> : null}
      <ul className="flex flex-col">
        {candidates.map((candidate, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: one answer, in the order of trial; routes of one path share their name
            key={index}
            className="grid grid-cols-[1.25rem_minmax(0,1fr)] items-baseline gap-x-2 py-1 sm:grid-cols-[1.25rem_minmax(0,1fr)_minmax(0,1fr)]"
          >
            {candidate.won ? (
              <ArrowRight size={14} aria-label={t('explain.won')} className="self-center text-success" />
            ) : (
              <span />
            )}
            <code className={cx('break-all', candidate.won ? 'font-medium' : 'text-muted')}>
              {candidate.route}
            </code>
            <span className="text-sm text-muted max-sm:col-start-2">{candidate.because}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Verdicts({ policies }: { policies: Explanation['policies'] }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">{t('explain.policies')}</h3>
      {policies.length === 0 ? <p className="text-muted">{t('explain.noPolicies')}</p> : null}
      <ol className="divide-y divide-line rounded-lg border border-line">
        {policies.map((policy, index) => {
          const { icon: Icon, tone } = verdicts[policy.verdict]
          return (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: policies run in a fixed order and may share names across scopes
              key={index}
              className={cx(
                'flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2',
                policy.verdict === 'not-reached' && 'text-faint',
              )}
            >
              <Icon size={16} aria-hidden className={cx('shrink-0', textTone[tone])} />
              <span className="font-medium">{policy.name}</span>
              <Badge>{t(`pipeline.stage.${stage(policy.stage)}.title`)}</Badge>
              <span className="text-sm text-muted">{policy.scope}</span>
              <span className="ml-auto flex items-center gap-3 text-sm">
                <span className={textTone[tone]}>{t(`explain.verdict.${policy.verdict}`)}</span>
                {policy.verdict === 'not-reached' ? null : (
                  <span className="tabular text-faint">{format.duration(policy.microseconds / 1000)}</span>
                )}
              </span>
              {policy.code || policy.detail ? (
                <span className="basis-full pl-7 text-sm text-muted">
                  {policy.code ? <code className="mr-2">{policy.code}</code> : null}
                  {policy.detail}
                </span>
              ) : null}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function stage(name: string): 'edge' | 'identify' | 'admit' | 'shape' | 'upstream' {
  return name === 'edge' || name === 'identify' || name === 'admit' || name === 'upstream' ? name : 'shape'
}
